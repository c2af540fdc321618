"""Requests by hand: what RequestsLibrary sends for them, what it is kept from sending, what is seen of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from assay import ByHandLibrary as module
from assay.ByHandLibrary import ByHandLibrary
from assay.core.errors import AssayError, NoAnswer
from assay.core.spelling import Spelling, Step
from assay.evidence import live, redact
from assay.evidence.expect import Unmet
from assay.http import byhand, calls
from assay.http.answers import Headers, Response
from assay.http.operations import Service
from RequestsLibrary import RequestsLibrary
from robot.api import logger
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn

from tests.http.doubles import Server
from tests.http.small_platform import TOKEN, platform


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch, platform(patch) as running:
        service = Service("small", running.url)
        patch.setattr(byhand, "operation_of", vars(calls)["operation_of"])
        for place in (byhand, module):
            patch.setattr(place, "service_named", lambda name: service)
        patch.setattr(module, "run_id", lambda: "run1")
        yield running


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    written: list[str] = []
    monkeypatch.setattr(logger, "write", lambda text, *rest: written.append(text))
    return written


class Hand:
    """What `resources/http.resource` does, in Python."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.requests = RequestsLibrary()
        self.keywords = ByHandLibrary()
        patch.setattr(BuiltIn, "get_library_instance", lambda *_: self.requests)

    def send(self, method: str, what: str, **given: Any) -> Response:
        request = self.keywords.prepare_request(method, what, **given)
        keyword = getattr(self.requests, f"{method.lower()}_on_session")
        got = keyword(
            request.alias, request.path, expected_status="any", allow_redirects=False, **request.arguments
        )
        return self.keywords.answer_to_request(request, got)

    def echo(self, method: str, path: str, **given: Any) -> Any:
        """What the service says that it was sent."""
        return self.send(method, path, service="small", **given).document


@pytest.fixture
def tester(server: Server, log: list[str], monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(monkeypatch)


def test_an_operation_is_answered_in_the_contracts_words(tester: Hand, log: list[str]) -> None:
    answer = tester.send("POST", "small.logIn", email="a@assay.test", password=Secret("right-password-1"))
    assert answer.status == 200
    assert isinstance(answer.body["access_token"], Secret)
    tester.keywords.field_should_be(answer, "expires_in", 900)
    tables = [text for text in log if "<table" in text]
    assert len(tables) == 1
    assert "/login" in tables[0] and "a@assay.test" in tables[0]
    assert TOKEN not in tables[0] and "right-password-1" not in tables[0]


def test_a_refusal_has_its_problem(tester: Hand) -> None:
    assert tester.send("POST", "small.logIn", email="a@assay.test", password="wrong").problem == (
        "invalid-credentials"
    )


def test_fields_go_where_the_method_has_them(tester: Hand) -> None:
    assert tester.echo("GET", "/x", a=1)["path"] == "/x?a=1"
    sent = tester.echo("POST", "/x", a=1, b=[Secret("listed secret 1")])
    assert json.loads(sent["body"]) == {"a": 1, "b": ["listed secret 1"]}
    assert tester.echo("PUT", "/x/{one}", one="a b")["path"] == "/x/a%20b"


def test_secrets_are_opened_in_every_argument(tester: Hand) -> None:
    secret = Secret("opened-secret-1")
    sent = tester.echo("GET", "/x", headers={"X-Key": secret}, params={"k": secret}, cookies={"c": secret})
    assert sent["headers"]["x-key"] == "opened-secret-1"
    assert sent["path"] == "/x?k=opened-secret-1"
    assert sent["headers"]["cookie"] == "c=opened-secret-1"
    assert tester.echo("POST", "/x", data={"k": secret})["body"] == "k=opened-secret-1"
    assert (
        "Basic bmFtZTpvcGVuZWQtc2VjcmV0LTE="
        in tester.echo("GET", "/x", auth=("name", secret))["headers"].values()
    )
    assert "opened-secret-1" not in redact.redact("what was opened: opened-secret-1")


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"Authorization": f"Bearer {Secret('x')}"}},
        {"params": {"q": str(Secret("x"))}},
        {"json": {"password": f"{Secret('x')}!"}},
        {"data": {"password": str(Secret("x"))}},
        {"headers": {"X-Key": redact.mask("a masked secret")}},
    ],
)
def test_what_stands_for_a_secret_is_not_sent(tester: Hand, server: Server, given: dict[str, Any]) -> None:
    with pytest.raises(AssayError, match=r"<secret>|redacted secret"):
        tester.echo("POST", "/x", **given)


def test_the_sender_is_known_until_the_test_ends(
    tester: Hand, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = SimpleNamespace(test=SimpleNamespace(full_name="S.One"), suite=None)
    monkeypatch.setattr("assay.http.platform.EXECUTION_CONTEXTS", SimpleNamespace(current=now))
    tester.keywords.send_as({"access_token": Secret(TOKEN), "email": "owner@assay.test"})
    assert tester.send("GET", "small.getMe").succeeded
    assert "owner@assay.test" in "".join(log)
    assert tester.echo("GET", "/x", headers={"authorization": "own"})["headers"]["authorization"] == "own"
    tester.keywords.as_nobody()
    assert tester.send("GET", "small.getMe").problem == "invalid-token"
    tester.keywords.send_as({"access_token": Secret(TOKEN)})
    now.test = SimpleNamespace(full_name="S.Two")
    assert tester.send("GET", "small.getMe").problem == "invalid-token"


def test_whoever_is_not_logged_in_cannot_send(tester: Hand) -> None:
    with pytest.raises(AssayError, match="logged in"):
        tester.keywords.send_as({"email": "a@assay.test"})


def test_each_test_calls_from_its_own_address_and_is_counted(tester: Hand) -> None:
    live.take_counts()
    assert tester.echo("GET", "/x")["from"] == tester.echo("GET", "/x")["from"]
    assert not tester.echo("GET", "/x")["from"].startswith("127.0.0.")
    assert live.take_counts().exchanges == 3


def test_no_answer_names_service_and_request(tester: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Service("small", "http://127.0.0.1:9")
    monkeypatch.setattr(module, "service_named", lambda name: nobody)
    monkeypatch.setattr(byhand, "service_named", lambda name: nobody)
    with pytest.raises(NoAnswer, match=r"small at http://127.0.0.1:9 did not answer: .*connection refused"):
        tester.echo("GET", "/x")


def test_a_missing_part_of_the_path_is_told(tester: Hand) -> None:
    with pytest.raises(AssayError, match="needs the field thing_id"):
        tester.send("DELETE", "small.endThing")


def test_fields_and_a_body_of_ones_own_are_too_much(tester: Hand) -> None:
    with pytest.raises(AssayError, match="either json= or fields"):
        tester.send("POST", "small.logIn", email="a@assay.test", json={})


def _answer(body: Any, **headers: str) -> Response:
    return Response("auth.x", 200, Headers(list(headers.items())), body, json.dumps(body), None, 0.1, body)


def test_fields_are_judged_by_value_and_kind() -> None:
    keywords, answer = ByHandLibrary(), _answer({"user": {"id": "u-1", "on": True}})
    keywords.field_should_be(answer, "user/on", True)
    keywords.field_should_match(answer, "/user/id", r"u-\d")
    keywords.field_should_be_absent(answer, "user/password")
    with pytest.raises(Unmet, match="to be 1"):
        keywords.field_should_be(answer, "user/on", 1)
    with pytest.raises(Unmet, match="'user/name' in the answer"):
        keywords.field_should_be(answer, "user/name", "x")
    with pytest.raises(Unmet, match="to be like"):
        keywords.field_should_match(answer, "user/id", "u")
    with pytest.raises(Unmet, match="no 'user/id'"):
        keywords.field_should_be_absent(answer, "user/id")


def _at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(url={"auth": url}.__getitem__))
    monkeypatch.setattr(module, "current", lambda: run)


@pytest.mark.parametrize(
    "place", ["/auth/me", "me", "?a=b", "http://service.test/auth/me", "http://service.test:80/auth/me"]
)
def test_another_path_of_the_service_is_no_other_place(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    _at(monkeypatch, "http://service.test")
    ByHandLibrary().should_lead_nowhere_else(_answer({}, Location=place))


@pytest.mark.parametrize(
    "place",
    [
        "//elsewhere.test",
        "https://service.test/auth/me",
        "http://service.test:81/",
        "http://service.test.elsewhere.test/",
    ],
)
def test_another_origin_is_another_place(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    _at(monkeypatch, "http://service.test")
    with pytest.raises(Unmet, match="no Location, or one at"):
        ByHandLibrary().should_lead_nowhere_else(_answer({}, Location=place))


def test_an_answer_that_leads_or_names_elsewhere_is_told() -> None:
    keywords, answer = ByHandLibrary(), _answer({"at": "https://Elsewhere.test/"})
    keywords.should_lead_nowhere_else(answer)
    keywords.answer_should_not_hold(answer, "other.test")
    with pytest.raises(Unmet, match=r"no 'elsewhere\.test' in the answer"):
        keywords.answer_should_not_hold(answer, "elsewhere.test")


def test_the_path_of_an_operation_is_the_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    spelling = Spelling("auth.getMe", (Step("GET", "/v4/me"),))
    run = SimpleNamespace(platform=SimpleNamespace(spelling={"auth.getMe": spelling}.__getitem__))
    monkeypatch.setattr(module, "current", lambda: run)
    assert ByHandLibrary().path_of_operation("auth.getMe") == "/v4/me"
