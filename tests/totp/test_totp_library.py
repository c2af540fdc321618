"""Codes against the vectors of the standards, and what an app can read."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest
from assay import TotpLibrary as module
from assay.evidence.expect import Unmet
from assay.totp import codes
from assay.TotpLibrary import TotpLibrary
from robot.api.types import Secret

RAW = b"12345678901234567890"
SECRET = Secret(base64.b32encode(RAW).decode())
URI = f"otpauth://totp/Assay:a%40assay.test?secret={SECRET.value}&issuer=Assay"


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A present moment that passes by waiting alone, in the middle of a step."""
    present = SimpleNamespace(seconds=1_000_005.0, ahead={}, waited=[])

    def let_pass(seconds: float, _: str) -> None:
        present.waited.append(max(0.0, seconds))
        present.seconds += max(0.0, seconds)

    clock = SimpleNamespace(time=lambda: present.seconds)
    platform = SimpleNamespace(clocks_ahead=present.ahead)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "let_pass", let_pass)
    monkeypatch.setattr(module, "current", lambda: SimpleNamespace(platform_if_started=platform))
    return present


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert codes.code(RAW, seconds // 30, digits=8) == code
    assert codes.code(RAW, seconds // 30) == code[2:]


def test_secrets_are_read_as_people_type_them() -> None:
    assert codes.decoded("gezd gnbv GY3TQOJQ") == codes.decoded("GEZDGNBVGY3TQOJQ") == b"1234567890"
    with pytest.raises(ValueError, match="base32"):
        codes.decoded("0189")


def test_each_fresh_code_is_of_a_later_step(moment: SimpleNamespace) -> None:
    app = TotpLibrary()
    step = int(moment.seconds) // 30
    shown = [app.fresh_code(SECRET).value for _ in range(3)]
    assert shown == [codes.code(RAW, step + number) for number in range(3)]
    assert moment.waited[:2] == [0, 0]
    assert moment.waited[2] == pytest.approx(30 - moment.seconds % 30, abs=30)
    assert int(moment.seconds) // 30 == step + 1


def test_the_app_goes_by_the_clock_that_was_moved(moment: SimpleNamespace) -> None:
    step = int(moment.seconds) // 30
    moment.ahead["auth"] = 60
    assert TotpLibrary().code_of_step(SECRET, -1).value == codes.code(RAW, step + 1)


def test_the_end_of_a_step_is_waited_for(moment: SimpleNamespace) -> None:
    moment.seconds = 30 * 33_333 - 1.0
    assert TotpLibrary().code_of_step(SECRET).value == codes.code(RAW, 33_333)


def test_wrong_codes_are_wrong_for_a_long_time(moment: SimpleNamespace) -> None:
    wrong = [one.value for one in TotpLibrary().wrong_codes(SECRET, 5)]
    step = int(moment.seconds) // 30
    assert len(set(wrong)) == 5
    assert not {codes.code(RAW, step + away) for away in range(-15, 16)} & set(wrong)


def test_an_enrolment_that_apps_read_is_accepted() -> None:
    TotpLibrary().enrolment_should_fit_apps(SECRET, Secret(URI), "a@assay.test")


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        (URI.replace("totp/", "hotp/"), "it begins with otpauth://hotp"),
        (URI.replace("otpauth", "https"), "it begins with https://totp"),
        (URI.replace("secret=", "secret=AAAA"), "it has another secret"),
        (URI.replace("a%40", "b%40"), "it names another account"),
        (URI.replace("issuer=Assay", "issuer="), "it names no issuer"),
        (URI.replace("issuer=Assay", "issuer=Other"), "its two issuers differ"),
        (URI + "&algorithm=SHA256", "another algorithm"),
        (URI + "&digits=8", "other than six digits"),
        (URI + "&period=60", "other than 30 seconds"),
    ],
)
def test_an_enrolment_that_apps_read_otherwise_is_told(uri: str, told: str) -> None:
    with pytest.raises(Unmet, match=told):
        TotpLibrary().enrolment_should_fit_apps(SECRET, Secret(uri), "a@assay.test")


@pytest.mark.parametrize("secret", ["MFRGGZDF", "not base32 at all!"])
def test_a_secret_that_is_too_short_or_none_is_told(secret: str) -> None:
    with pytest.raises(Unmet, match="of 128 bits at least"):
        TotpLibrary().enrolment_should_fit_apps(Secret(secret), Secret(URI), "a@assay.test")
