"""What is made of a secret, and which secrets can be guessed."""

from __future__ import annotations

import base64
import re
import secrets
import uuid

import pytest
from assay.evidence.expect import Unmet
from assay.SecretLibrary import SecretLibrary
from robot.api.types import Secret

LIBRARY = SecretLibrary()


def test_a_fresh_password_has_the_length_asked_for_and_comes_once() -> None:
    one, two = LIBRARY.fresh_password(100), LIBRARY.fresh_password(100)
    assert len(one.value) == 100 and one.value != two.value


def test_a_fresh_password_holds_the_text_at_its_start_middle_and_end() -> None:
    made = LIBRARY.fresh_password_with(" ü ").value
    assert made.startswith(" ü ") and made.endswith(" ü ") and made.count(" ü ") == 3


def test_no_unlike_form_of_a_password_is_the_password_and_one_control_is() -> None:
    password = LIBRARY.fresh_password(100)
    rows = LIBRARY.unlike_forms_of_password(password, email="a@b.test")
    controls = [row for row in rows if row.accepted]
    assert [row.request["password"].value for row in controls] == [password.value]
    assert all(row.request["email"] == "a@b.test" for row in rows) and len(rows) == 15
    assert all(row.request["password"].value != password.value for row in rows if not row.accepted)
    assert rows[-1].accepted, "what the right one changes would answer for the others"


def test_unlike_forms_go_into_the_field_that_is_named() -> None:
    rows = LIBRARY.unlike_forms_of_password(LIBRARY.fresh_password(100), field="current_password")
    assert all(set(row.request) == {"current_password"} for row in rows)


def test_every_unlike_form_of_a_password_can_be_a_password() -> None:
    rows = LIBRARY.unlike_forms_of_password(LIBRARY.fresh_password(100))
    assert all(8 <= len(row.request["password"].value) <= 128 for row in rows if row.name != "cut at 72")


def test_unlike_forms_of_an_address_are_addresses_and_texts_around_it_are_not_by_every_rule() -> None:
    address = "user-ab12-cd34@mail.people.test"
    forms = [row.request["email"] for row in LIBRARY.unlike_forms_of_address(address)]
    assert all(re.fullmatch(r"[\w.+*%'-]+@[a-z.]+", form, re.ASCII) for form in forms)
    tries = LIBRARY.log_ins_by_texts_around_an_address(address, Secret("any"))
    texts = {str(one["email"]) for one in tries}
    assert address not in texts and not texts & set(forms)


def test_a_longer_secret_begins_with_it() -> None:
    assert LIBRARY.longer_secret(Secret("abc"), "\0x").value == "abc\0x"
    assert LIBRARY.longer_secret(Secret("abc"), before="Bearer ").value == "Bearer abc"


def test_no_altered_form_is_the_secret_itself() -> None:
    live, other = Secret(secrets.token_urlsafe(32)), Secret("other")
    rows = LIBRARY.altered_forms_of_secret(live, "refresh_token", accepted=other)
    assert all(row.request["refresh_token"].value != live.value for row in rows)
    assert [row.request["refresh_token"] for row in rows if row.accepted] == [other]
    assert len({row.request["refresh_token"].value for row in rows}) == len(rows)
    others = LIBRARY.altered_forms_of_secret(live, "token", accepted=other, new_password="new")
    assert all(row.request["new_password"] == "new" for row in others)


def test_random_secrets_pass_and_with_a_common_start_too() -> None:
    LIBRARY.secrets_should_be_unguessable(*(Secret(secrets.token_urlsafe(32)) for _ in range(20)))
    LIBRARY.secrets_should_be_unguessable(*(f"rt_{secrets.token_hex(16)}" for _ in range(20)), bits=120)


@pytest.mark.parametrize(
    "values",
    [
        ["same"] * 10,
        [f"{number:032d}" for number in range(10)],
        [secrets.token_hex(4) for _ in range(10)],
        [secrets.token_hex(16) for _ in range(7)] + ["ab" * 16, "ab" * 15 + "ac"],
        [f"2026-11-21T07:00:{number:02d}.{number * 997:06d}-session-of-ann" for number in range(10)],
    ],
    ids=["equal", "counted", "short", "two alike", "times"],
)
def test_secrets_that_can_be_guessed_are_found(values: list[str]) -> None:
    with pytest.raises(Unmet):
        LIBRARY.secrets_should_be_unguessable(*values)


def test_too_few_secrets_prove_nothing() -> None:
    with pytest.raises(ValueError, match="at least 8"):
        LIBRARY.secrets_should_be_unguessable("a", "b")


def test_rows_of_values_begin_with_their_control() -> None:
    rows = LIBRARY.rows_of_values("limit", "100", 0, "x" * 400, token="t")
    assert [row.accepted for row in rows] == [True, False, False]
    assert [row.request for row in rows[:2]] == [
        {"token": "t", "limit": "100"},
        {"token": "t", "limit": 0},
    ]
    assert max(len(row.name) for row in rows) < 50
    assert LIBRARY.a_row("valid", accepted=True, name="a").accepted


def test_what_is_secret_of_a_key_is_what_follows_its_prefix() -> None:
    assert LIBRARY.without_the_beginning(Secret("abc_def"), "abc_").value == "def"
    with pytest.raises(Unmet, match="begins with xyz"):
        LIBRARY.without_the_beginning(Secret("abc_def"), "xyz")


def test_altered_forms_for_a_header_are_those_that_a_header_can_carry() -> None:
    secret = LIBRARY.fresh_password(40)
    rows = LIBRARY.altered_forms_of_secret_in_a_header(secret, "api_key", accepted=secret)
    texts = [row.request["api_key"].value for row in rows]
    assert len(rows) >= 10 and [row.accepted for row in rows].count(True) == 1
    assert all(text == text.strip() and text.isprintable() for text in texts)
    assert LIBRARY.altered_forms_of_secret("a-cursor-as-text", "cursor")[0].request["cursor"].value[0] != "a"


def test_of_signed_tokens_the_signature_is_judged() -> None:
    head = "eyJhbGciOiJIUzUxMiJ9." + "A" * 200
    LIBRARY.secrets_should_be_unguessable(*(f"{head}.{secrets.token_urlsafe(64)}" for _ in range(8)))
    with pytest.raises(Unmet, match="room for 128 bits"):
        LIBRARY.secrets_should_be_unguessable(*(f"{head}.abc{number}" for number in range(8)))


SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "secret",
    [
        "0f8fad5b" + "x" * 40,
        "x" * 30 + "D9CB469F" + "y",
        base64.urlsafe_b64encode(b"s=" + SESSION.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(uuid.UUID(SESSION).bytes + secrets.token_bytes(20)).decode(),
        "r1." + base64.b64encode(SESSION.encode()).decode() + "." + "x" * 20,
        "rt_" + base64.urlsafe_b64encode(b"\xff\xff\xff" + SESSION.encode()).decode(),
        "refresh_" + base64.b64encode(b"}" + SESSION.encode()).decode(),
    ],
)
def test_a_secret_that_tells_what_is_known_is_found_in_any_form(secret: str) -> None:
    with pytest.raises(Unmet, match="parts of its session"):
        LIBRARY.secret_should_say_nothing_of(Secret(secret), account="42", session=SESSION)


def test_a_secret_by_chance_says_nothing_and_of_a_signed_token_the_signature_is_judged() -> None:
    claims = base64.urlsafe_b64encode(f'{{"sid":"{SESSION}"}}'.encode()).decode().rstrip("=")
    for value in (secrets.token_urlsafe(32), f"eyJhbGciOiJFUzI1NiJ9.{claims}.{secrets.token_urlsafe(64)}"):
        LIBRARY.secret_should_say_nothing_of(Secret(value), session=SESSION)


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("0190a3b4-c5d6-7001-8a2b-3c4d5e6f7081", "0190a3b4-c5d6-7999-9a2b-111122223333"),
        ("01J2ZQX8Y9ABCDEFGHJKMNPQRS", "01J2ZQX8Y9TVWXYZ0123456789"),
    ],
)
def test_the_time_that_ids_begin_with_says_nothing(known: str, other: str) -> None:
    LIBRARY.secret_should_say_nothing_of(Secret(other), session=known)
    with pytest.raises(Unmet):
        LIBRARY.secret_should_say_nothing_of(Secret(known[14:] + "x" * 20), session=known)
