"""The keywords against a small service."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assay.core.contract import Contract
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import Proxy, Way
from assay.core.rows import Row
from assay.core.spelling import KeyHeader
from assay.evidence import redact
from assay.evidence.expect import Unmet
from assay.http import calls
from assay.HttpLibrary import HttpLibrary
from assay.TimingLibrary import TimingLibrary
from robot.api import SkipExecution, logger
from robot.api.types import Secret

from tests.http.doubles import Server
from tests.http.small_platform import TOKEN, platform


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch, platform(patch) as running:
        yield running


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    written: list[str] = []
    monkeypatch.setattr(logger, "write", lambda text, *rest: written.append(text))
    return written


@pytest.fixture
def http(server: Server, log: list[str]) -> HttpLibrary:
    return HttpLibrary()


GOOD = Secret(TOKEN)


def _rows(*more: Row) -> list[Row]:
    return [
        Row("the valid token", {"token": GOOD}, accepted=True),
        Row("one letter changed", {"token": Secret(TOKEN[:-1] + "A")}),
        Row("no token"),
        *more,
    ]


def test_a_call_answers_in_the_contracts_words_and_wraps_credentials(
    http: HttpLibrary, log: list[str]
) -> None:
    response = http.call("small.logIn", email="a@assay.test", password=Secret("right-password-1"))
    http.should_succeed(response, status=200)
    http.should_match_the_contract(response)
    assert http.response_field(response, "/access_token").value == TOKEN
    assert response.body["expires_in"] == 900
    assert len(log) == 1
    assert "small.logIn" in log[0] and "/login" in log[0] and "a@assay.test" in log[0]
    assert TOKEN not in log[0] and "right-password-1" not in log[0]


def test_a_token_is_shown_with_the_account_it_was_given_to(http: HttpLibrary, log: list[str]) -> None:
    response = http.call("small.logIn", email="a@assay.test", password=Secret("right-password-1"))
    http.call("small.getMe", token=response.body["access_token"])
    http.call("small.getMe", token=Secret("another-token-of-nobody"))
    http.call("small.getMe")
    assert "a@assay.test" in log[1]
    assert "an unknown credential" in log[2]
    assert "nobody" in log[3]
    assert "a@assay.test" in log[0]


def test_a_refusal_has_its_problem(http: HttpLibrary) -> None:
    response = http.call("small.logIn", email="a@assay.test", password="wrong")
    http.should_be_refused_as(response, "invalid-credentials", status=401)
    http.should_match_the_contract(response)
    assert http.should_have_header(response, "www-authenticate", "Bearer.*") == "Bearer"
    for check in (
        lambda: http.should_succeed(response),
        lambda: http.should_be_refused_as(response, "invalid-token"),
        lambda: http.should_be_refused_as(response, "invalid-credentials", status=403),
        lambda: http.should_have_header(response, "Retry-After"),
        lambda: http.should_have_header(response, "WWW-Authenticate", "Basic.*"),
        lambda: http.response_field(response, "/access_token"),
    ):
        with pytest.raises(Unmet):
            check()


def test_a_success_is_not_a_refusal(http: HttpLibrary) -> None:
    with pytest.raises(Unmet, match="saw 200"):
        http.should_be_refused_as(http.call("small.getMe", token=GOOD), "invalid-token")


def test_fields_go_where_the_contract_says(http: HttpLibrary, server: Server) -> None:
    fields: dict[str, Any] = {"thing_id": "a b/c", "why": "no & more", "X-Mode": "soft"}
    response = http.call("small.endThing", **fields)
    assert response.status == 204
    assert server.deleted == ("/things/a%20b%2Fc?why=no+%26+more", "soft")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("told", "url", "holds"),
    [
        ("203.0.113.7", "http://proxied.localhost:9", True),
        ("0.0.0.0", "http://proxied.localhost:9", False),
        ("own", "http://127.0.0.1:9", True),
        ("127.0.0.1", "http://127.0.0.1:9", False),
        ("0.0.0.0", "http://auth.localhost:9", False),
        ("203.0.113.7", "http://192.0.2.1", True),
        ("0.0.0.0", "http://192.0.2.1", False),
        ("unknown", "http://192.0.2.1", False),
    ],
)
def test_the_address_of_the_caller_is_judged_by_where_the_service_is(
    http: HttpLibrary, monkeypatch: pytest.MonkeyPatch, told: str, url: str, holds: bool
) -> None:
    way = Way((), Proxy("http://proxy.example:3128") if "proxied" in url else None)
    run = SimpleNamespace(platform=SimpleNamespace(url=lambda _: url, way=lambda _: way))
    monkeypatch.setattr("assay.HttpLibrary.current", lambda: run)
    seen = http.own_address() if told == "own" else told
    with contextlib.nullcontext() if holds else pytest.raises(Unmet, match="address"):
        http.should_be_the_address_of_the_caller(seen)


def test_a_call_from_another_address_comes_from_there_and_only_that_one(
    http: HttpLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(url=lambda _: "http://127.0.0.1:5"))
    monkeypatch.setattr("assay.HttpLibrary.current", lambda: run)
    one, two = http.another_address(), http.another_address(2)
    assert len({http.own_address(), one, two, "127.0.0.1"}) == 4
    assert one == http.another_address(1)
    assert http.call_from(one, "small.echo").body["from"] == one
    assert http.call("small.echo").body["from"] == http.own_address()


def test_there_is_no_other_address_to_call_another_machine_from(
    http: HttpLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(url=lambda _: "http://192.0.2.1:5"))
    monkeypatch.setattr("assay.HttpLibrary.current", lambda: run)
    with pytest.raises(SkipExecution, match="can be called from one address only"):
        http.another_address()


def test_a_secret_in_an_answer_is_found_by_name_and_not_told(http: HttpLibrary) -> None:
    response = http.call("small.echo", extra=Secret("repeated-by-it"))
    http.answer_should_hold_no_secret(response, password=Secret("kept-to-itself"))
    with pytest.raises(Unmet, match="saw the password") as error:
        http.answer_should_hold_no_secret(
            response, the_password=Secret("repeated-by-it"), other="kept-to-itself"
        )
    assert "repeated" not in str(error.value)


def test_an_api_key_goes_into_the_header_that_the_contract_names(
    http: HttpLibrary, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    response = http.call("small.echo", api_key=Secret("the-key-of-a-program"))
    assert response.body["headers"]["x-key"] == "the-key-of-a-program"
    assert "the-key-of-a-program" not in log[0]
    monkeypatch.setattr(Contract, "key_header", KeyHeader("X-Other", "Key "))
    response = http.call("small.echo", api_key=Secret("the-key-of-a-program"))
    assert response.body["headers"]["x-other"] == "Key the-key-of-a-program"
    assert "the-key-of-a-program" not in log[-1]
    monkeypatch.setattr(Contract, "key_header", None)
    with pytest.raises(AssayError, match=r"contract of small\.echo names no header for API keys"):
        http.call("small.echo", api_key=Secret("the-key-of-a-program"))


def test_unknown_fields_headers_and_raw_authorization_are_sent_as_given(http: HttpLibrary) -> None:
    response = http.call(
        "small.echo",
        extra={"deep": [1, None]},
        headers={"X-A": Secret("hidden-value")},
        authorization="Odd  x",
    )
    seen = response.body
    assert seen["body"] == '{"extra":{"deep":[1,null]}}'
    assert seen["headers"]["x-a"] == "hidden-value"
    assert seen["headers"]["authorization"] == "Odd  x"
    assert seen["from"] == http.own_address() != "127.0.0.1"


def test_a_header_that_is_always_sent_is_left_out_where_it_is_none(http: HttpLibrary) -> None:
    assert http.call("small.echo").body["headers"]["user-agent"] == "assay"
    assert "user-agent" not in http.call("small.echo", headers={"User-Agent": None}).body["headers"]


@pytest.mark.parametrize(
    "request_", [{"field": "Bearer <secret>"}, {"headers": {"X": str(GOOD)}}, {"authorization": f"Bearer {GOOD}"},
                 {"field": redact.mask("some-secret-value")}]
)  # fmt: skip
def test_what_a_log_shows_in_the_place_of_a_secret_is_never_sent(
    http: HttpLibrary, request_: dict[str, Any]
) -> None:
    with pytest.raises(AssayError, match="<secret>|mark of a redacted secret"):
        http.call("small.echo", **request_)


def test_a_token_and_an_authorization_cannot_both_be_given(http: HttpLibrary) -> None:
    with pytest.raises(AssayError, match="not both"):
        http.call("small.getMe", token=GOOD, authorization="x")


def test_a_silent_service_is_named_and_then_waited_for_less(
    http: HttpLibrary, server: Server, monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 0.5)
    monkeypatch.setattr(calls, "SILENT_PATIENCE", 0.1)
    for patience in (0.5, 0.1):
        started = time.monotonic()
        with pytest.raises(
            NoAnswer, match=rf"small at {server.url} did not answer within {patience} s: GET /hanging"
        ):
            http.call("small.hang")
        assert time.monotonic() - started < patience + 0.3
    assert len(log) == 2 and "no answer" in log[0]
    http.call("small.getMe", token=GOOD)
    with pytest.raises(NoAnswer, match="within 0.5 s"):
        http.call("small.hang")
    http.service_is_back()
    with pytest.raises(NoAnswer, match="within 0.5 s"):
        http.call("small.hang")


def test_what_differs_from_the_contract_is_told(http: HttpLibrary) -> None:
    with pytest.raises(Unmet, match="content type application/json, saw text/plain"):
        http.should_match_the_contract(http.call("small.wrongType"))
    response = http.call("small.logIn", email="a", password=Secret("right-password-1"))
    del response.body["expires_in"]
    with pytest.raises(Unmet, match="'expires_in' is a required property"):
        http.should_match_the_contract(response)


def test_every_row_is_sent_and_all_hold(http: HttpLibrary, log: list[str]) -> None:
    http.call_each_row("small.getMe", _rows(), refused_as="invalid-token", status=401)
    assert len(log) == 1
    assert "all 3 rows held" in log[0] and "one letter changed" in log[0]


def test_a_value_in_the_body_can_be_what_is_expected(http: HttpLibrary) -> None:
    http.call_each_row("small.validate", _rows(), refused_as="/valid=false")


def test_rows_that_do_not_hold_are_all_named(http: HttpLibrary, log: list[str]) -> None:
    rows = _rows(
        Row("first leak", {"token": Secret("x-let-in")}), Row("second leak", {"authorization": "y-let-in"})
    )
    with pytest.raises(Unmet, match="2 of 5 rows otherwise: first leak: 200; second leak: 200"):
        http.call_each_row("small.getMe", rows)
    assert log[0].index("first leak") < log[0].index("second leak") < log[0].index("one letter changed")
    assert "let-in" not in log[0]


def test_a_row_that_makes_the_service_hang_does_not_hold(
    http: HttpLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 0.3)
    with pytest.raises(
        NoAnswer, match="1 of 4 rows of small.getMe got no answer: hangs: small at .* did not"
    ):
        http.call_each_row("small.getMe", _rows(Row("hangs", {"authorization": "z-hang"})))


def test_a_refused_control_is_told_first(http: HttpLibrary) -> None:
    rows = [Row("control", {"token": Secret("not-this")}, accepted=True), Row("no token")]
    with pytest.raises(
        Unmet, match="control rows of small.getMe to be accepted, saw control: 401 invalid-token"
    ):
        http.call_each_row("small.getMe", rows)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [({"id": "bob"}, "saw told: id 'alice'"), ({"name": "alice"}, "saw told: an object with id")],
)
def test_what_a_control_is_answered_with_can_be_expected(
    http: HttpLibrary, answer: dict[str, str], seen: str
) -> None:
    right = Row("told", {"token": GOOD}, accepted=True, answer={"id": "alice"})
    http.call_each_row("small.getMe", [right, Row("no token")])
    with pytest.raises(Unmet, match=seen):
        http.call_each_row("small.getMe", [replace(right, answer=answer), Row("no token")])
    with pytest.raises(AssayError, match="row 'told' is to be refused"):
        replace(right, accepted=False)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no rows"),
        ([Row("a")], "no control row"),
        ([Row("a", accepted=True)], "control rows only"),
        ([Row("a", accepted=True), Row("b"), Row("b")], "same name: b"),
        ([Row("a", accepted=True), *(Row(str(number)) for number in range(150))], "split it"),
    ],
)
def test_a_table_that_shows_nothing_fails(http: HttpLibrary, rows: list[Row], reason: str) -> None:
    with pytest.raises(AssayError, match=reason):
        http.call_each_row("small.getMe", rows)


def test_calls_together_are_many_and_shown_once(http: HttpLibrary, log: list[str]) -> None:
    responses = http.call_together("small.getMe", times=8, token=GOOD)
    assert [response.status for response in responses] == [200] * 8
    mixed = http.call_together("small.getMe", each=[{"token": GOOD}, {"token": Secret("not-this")}])
    assert [response.status for response in mixed] == [200, 401]
    assert len(log) == 2


def test_one_call_is_made_while_others_go_on(http: HttpLibrary, log: list[str]) -> None:
    responses = http.call_during("small.getMe", {"token": GOOD}, "small.getMe", token=Secret("not-this"))
    assert responses[0].status == 200
    assert len(responses) > 3 and {one.status for one in responses[1:]} == {401}
    assert len(log) == 1


def test_an_error_while_others_go_on_is_told(http: HttpLibrary) -> None:
    with pytest.raises(AssayError, match="nothing"):
        http.call_during("small.nothing", {}, "small.getMe", token=GOOD)


def test_raw_bytes_get_through(http: HttpLibrary, log: list[str]) -> None:
    answer = http.call_raw(
        "small", r"GET /me HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer ", GOOD, r"\r\n\r\n"
    )
    assert answer.status == 200
    assert TOKEN not in log[0]


def test_times_that_tell_are_told(server: Server) -> None:
    fast = Row("an unknown address", {"email": "a@assay.test", "password": "x"})
    slow = Row("a known address", {"email": "slow@assay.test", "password": "x"})
    same = Row("another unknown address", {"email": "b@assay.test", "password": "x"})
    margin = timedelta(milliseconds=10)
    TimingLibrary().response_times_should_not_differ(
        "small.logIn", [fast, same], "invalid-credentials", margin
    )
    with pytest.raises(Unmet, match="'a known address' in"):
        TimingLibrary().response_times_should_not_differ(
            "small.logIn", [fast, slow], "invalid-credentials", margin
        )


def test_times_of_another_refusal_show_nothing(server: Server) -> None:
    rows = [Row(name, {"email": f"{name}@assay.test", "password": "x"}) for name in ("a", "b")]
    with pytest.raises(Unmet, match="too-many-requests"):
        TimingLibrary().response_times_should_not_differ("small.logIn", rows, "too-many-requests")


def test_times_of_what_is_accepted_can_be_compared(server: Server) -> None:
    good = [Row(name, {"token": GOOD}) for name in ("a", "b")]
    TimingLibrary().response_times_should_not_differ(
        "small.getMe", good, "accepted", timedelta(milliseconds=50), rounds=5
    )
    bad = [Row(name, {"token": Secret("not-this")}) for name in ("a", "b")]
    with pytest.raises(Unmet, match="to succeed"):
        TimingLibrary().response_times_should_not_differ("small.getMe", bad, "accepted")
