"""Operations in other words: forms, several steps, cookies, captures, answers and problems translated."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from assay.core.contract import Contract
from assay.core.spelling import Capture, Place, Refusal, Spelling, Step
from assay.http import calls, requests
from assay.http.client import Answer
from assay.http.operations import Operation, Rules, Service
from assay.HttpLibrary import HttpLibrary
from robot.api.types import Secret

from tests.http.doubles import Handler, Server, serving

FORM = "application/x-www-form-urlencoded"
CODE = "authorization-code-12345"


class Provider(Handler):
    """A log-in in three requests, as OpenID providers have it."""

    def echo(self, sent: bytes) -> None:
        path = urlsplit(self.path).path
        form = {name: values[0] for name, values in parse_qs(sent.decode()).items()}
        cookies = self.headers.get("Cookie", "")
        proof = self.headers.get("Authorization", "")
        self.server.seen.append((self.command, self.path, form, cookies, proof))  # type: ignore[attr-defined]
        if path == "/authorize":
            self.answer(
                302, {}, Location="/interaction", Set_Cookie="session=abc-123-cookie; Path=/; HttpOnly"
            )
        elif path == "/login":
            right = form.get("password") == "right-password-1" and "session=abc-123-cookie" in cookies
            place = f"http://client.test/back?code={CODE}&state=s" if right else "/interaction?error=wrong"
            self.answer(303, {}, Location=place)
        elif path == "/token" and form.get("code") == CODE:
            self.answer(
                200, {"token": {"access": "opaque-access-token", "seconds": 60}, "noise": 1}, X_Rate="9"
            )
        else:
            self.answer(400, {"error": "invalid_grant"})


FIRST = Step("GET", "/authorize", constants=((Place("query", "response_type"), "code"),))
SECOND = Step(
    "POST", "/login", {"email": Place("form", "username"), "password": Place("form", "password")},
    captures={"code": Capture("location", "code")}, media=FORM, bodied=True,
)  # fmt: skip
THIRD = Step(
    "POST", "/token",
    constants=(
        (Place("form", "grant_type"), "authorization_code"), (Place("form", "code"), "{code}"),
        (Place("basic", "client"), "words-of-the-client"),
    ),
    media=FORM, bodied=True,
)  # fmt: skip
SPELLING = Spelling(
    "provider.logIn",
    (FIRST, SECOND, THIRD),
    frozenset({"email", "password"}),
    {"/access_token": "/token/access", "/expires_in": "/token/seconds", "/rate": "header:X-Rate"},
    {"/token_type": "Bearer"},
    (Refusal("invalid-credentials", 303), Refusal("invalid-grant", 400, "/error", "invalid_grant")),
    {"/access_token": "access token"},
)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Provider) as server:
        server.seen = []  # type: ignore[attr-defined]
        operation = Operation(Service("provider", server.url), SPELLING, Rules(Contract("provider", {}), {}))
        monkeypatch.setattr(calls, "operation_of", lambda name: operation)
        monkeypatch.setattr(calls, "run_id", lambda: "run1")
        yield server


def _call(**fields: Any) -> Any:
    return HttpLibrary().call("provider.logIn", email="a@assay.test", **fields)


def test_several_steps_are_one_operation(provider: Server) -> None:
    response = _call(password=Secret("right-password-1"))
    assert response.problem is None
    assert response.body["access_token"].value == "opaque-access-token"
    assert response.body | {"access_token": None} == {
        "access_token": None, "expires_in": 60, "rate": "9", "token_type": "Bearer",
    }  # fmt: skip
    first, second, third = provider.seen  # type: ignore[attr-defined]
    assert first[:2] == ("GET", "/authorize?response_type=code")
    assert second[2] == {"username": "a@assay.test", "password": "right-password-1"}
    assert second[3] == "session=abc-123-cookie"
    assert third[2] == {"grant_type": "authorization_code", "code": CODE}


def test_what_a_caller_brings_along_takes_nothing_from_the_steps(provider: Server) -> None:
    brought = {"Cookie": "session=brought-along; theme=dark"}
    response = _call(password=Secret("right-password-1"), token=Secret("brought-token"), headers=brought)
    assert response.problem is None
    first, second, third = provider.seen  # type: ignore[attr-defined]
    assert first[3:] == ("session=brought-along; theme=dark", "Bearer brought-token")
    assert second[3:] == ("session=abc-123-cookie; theme=dark", "Bearer brought-token")
    assert third[4] == "Basic " + base64.b64encode(b"client:words-of-the-client").decode()


def test_steps_are_shown_together_without_their_secrets(
    provider: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr("robot.api.logger.write", lambda text, *rest: written.append(text))
    _call(password=Secret("right-password-1"))
    assert len(written) == 1
    for secret in ("right-password-1", "abc-123-cookie", CODE, "opaque-access-token"):
        assert secret not in written[0]
    assert "/authorize" in written[0] and "/token" in written[0]


def test_a_step_that_does_not_lead_on_is_the_answer(provider: Server) -> None:
    response = _call(password=Secret("wrong-password-1"))
    assert len(provider.seen) == 2  # type: ignore[attr-defined]
    assert response.problem == "invalid-credentials"
    HttpLibrary().should_be_refused_as(response, "invalid-credentials")


def test_an_answer_in_other_words_is_a_known_problem(
    provider: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.http.test_dialects.CODE", "another-code")
    service = Service("provider", provider.url)
    spelling = Spelling("provider.renew", (THIRD,), frozenset({"code"}), refusals=SPELLING.refusals)
    monkeypatch.setattr(
        calls, "operation_of", lambda name: Operation(service, spelling, Rules(Contract("p", {}), {}))
    )
    response = HttpLibrary().call("provider.renew", code="old-code")
    assert (response.status, response.problem) == (400, "invalid-grant")
    assert json.loads(response.text) == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "ending",
    [
        "session=; Path=/",
        "session=x; Max-Age=0",
        "session=x; Max-Age=-1",
        "session=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_a_cookie_that_has_ended_goes_along_no_more(ending: str) -> None:
    jar = {"session": "abc", "other": "kept"}
    requests._take_cookies(jar, Answer(200, [("Set-Cookie", ending)], b"", 0.0))
    assert jar == {"other": "kept"}


def test_a_cookie_goes_along_whatever_else_is_said_of_it() -> None:
    jar: dict[str, str] = {}
    requests._take_cookies(
        jar, Answer(200, [("set-cookie", "a@b=1=2; Path=/; Unknown; SameSite=Lax")], b"", 0.0)
    )
    assert jar == {"a@b": "1=2"}
