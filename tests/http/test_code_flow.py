"""A log-in by authorization code and proof key through the pages of a provider, spelled as data alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from assay.core import dialect
from assay.core.contract import contract
from assay.core.errors import AssayError
from assay.core.spelling import Capture, Spelling
from assay.evidence.expect import Unmet
from assay.http import calls
from assay.http.client import Answer
from assay.http.operations import Operation, Rules, Service
from assay.http.requests import _captured
from assay.HttpLibrary import HttpLibrary
from robot.api.types import Secret

from tests.http.doubles import Handler, Server, serving

DIALECT = """\
service: auth
operations:
  logIn:
    steps:
      - method: GET
        path: /authorize
        send:
          query:client_id: assay
          query:redirect_uri: https://client.assay.test/back
          query:state: "{random.state}"
          query:code_challenge: "{pkce.challenge}"
          query:code_challenge_method: S256
        follow: true
        capture: {page: 'html:<form action="([^"]+)"', hidden: 'html:name="hidden" value="([^"]+)"'}
      - method: POST
        path: "{page}"
        fields: {email: "form:login", password: "form:password"}
        send: {form:hidden: "{hidden}"}
        follow: true
        capture: {"consent?": 'html:action="(/consent[^"]*)"', "code?": location:code}
      - method: POST
        path: "{consent}"  # only who never gave it is asked for consent
        send: {form:agreed: "yes"}
        follow: true
        capture: {code: location:code}
      - method: POST
        path: /token
        send:
          form:code: "{code}"
          form:code_verifier: "{pkce.verifier}"
          basic:assay: "{secret.client}"
    answer: {access_token: /access_token, user/email: "field:email"}
    problems:
      invalid-credentials: {status: 200, matches: Wrong e-mail or password}
"""


class Provider(Handler):
    """A provider that redirects, keeps a cookie, hides a value in its page and asks those for consent who never gave it."""

    def echo(self, sent: bytes) -> None:
        seen: dict[str, Any] = self.server.seen  # type: ignore[attr-defined]
        at = urlsplit(self.path)
        form = {name: values[0] for name, values in parse_qs(sent.decode()).items()}
        if at.path == "/authorize":
            seen["asked"] = {name: values[0] for name, values in parse_qs(at.query).items()}
            self.answer(
                302, {}, Location="/interaction?a=1&b=2", Set_Cookie="interaction=cookie-of-it; Path=/"
            )
        elif "interaction=cookie-of-it" not in self.headers.get("Cookie", "") and at.path != "/token":
            self.answer(400, {"error": "no cookie"})
        elif at.path == "/interaction":
            page = '<form action="/login?a=1&amp;b=2"><input name="hidden" value="h&quot;i"></form>'
            self.page(page)
        elif at.path == "/login":
            if (
                form.get("password") != "right-password-1"
                or form.get("hidden") != 'h"i'
                or at.query != "a=1&b=2"
            ):
                self.page("<p>Wrong e-mail or password</p>")
            elif form["login"].startswith("odd"):
                self.page("<p>This page is under construction</p>")
            elif form["login"].startswith("new"):
                self.page('<form action="/consent/1">')
            else:
                self.back()
        elif at.path == "/consent/1":
            seen["consented"] = form
            self.answer(303, {}, Location="/consented")
        elif at.path == "/consented":
            self.back()
        elif at.path == "/token":
            seen["token"] = {**form, "authorization": self.headers.get("Authorization")}
            self.answer(200, {"access_token": "an-opaque-access-token"})

    def page(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def back(self) -> None:
        state = self.server.seen["asked"]["state"]  # type: ignore[attr-defined]
        self.answer(
            302,
            {},
            Location=f"https://client.assay.test/back?{urlencode({'code': 'the-code-1', 'state': state})}",
        )


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "provider.yaml").write_text(DIALECT)
    spelling: Spelling = dialect.named("auth", "provider.yaml", tmp_path).spelling("logIn")
    rules = Rules(contract("auth"), contract("auth").operations["logIn"])
    with serving(Provider) as server:
        server.seen = {}  # type: ignore[attr-defined]
        monkeypatch.setattr(
            calls, "operation_of", lambda name: Operation(Service("auth", server.url), spelling, rules)
        )
        monkeypatch.setattr(calls, "run_id", lambda: "run1")
        monkeypatch.setattr(calls, "secret_named", {"client": "a secret/of the client"}.__getitem__)
        yield server


def _log_in(email: str, password: str = "right-password-1") -> Any:
    return HttpLibrary().call("auth.logIn", email=email, password=Secret(password))


def test_a_code_is_fetched_and_proven(provider: Server) -> None:
    response = _log_in("known@assay.test")
    assert response.problem is None
    assert response.body["access_token"].value == "an-opaque-access-token"
    assert response.body["user"] == {"email": "known@assay.test"}
    seen = provider.seen  # type: ignore[attr-defined]
    digest = hashlib.sha256(seen["token"]["code_verifier"].encode()).digest()
    assert seen["asked"]["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert len(seen["asked"]["state"]) >= 20
    assert seen["token"]["code"] == "the-code-1"
    assert (
        base64.b64decode(seen["token"]["authorization"].split()[1]) == b"assay:a%20secret%2Fof%20the%20client"
    )
    assert "consented" not in seen


def test_a_page_that_comes_only_once_is_met_when_it_comes(provider: Server) -> None:
    assert _log_in("new@assay.test").problem is None
    assert provider.seen["consented"] == {"agreed": "yes"}  # type: ignore[attr-defined]


def test_every_log_in_has_a_proof_of_its_own(provider: Server) -> None:
    asked = []
    for _ in range(2):
        _log_in("known@assay.test")
        asked.append(provider.seen["asked"])  # type: ignore[attr-defined]
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]


def test_a_page_that_refuses_is_a_refusal(provider: Server) -> None:
    refused = _log_in("known@assay.test", "wrong-password-1")
    HttpLibrary().should_be_refused_as(refused, "invalid-credentials")
    with pytest.raises(Unmet, match="to succeed"):
        HttpLibrary().should_succeed(refused)
    assert "token" not in provider.seen  # type: ignore[attr-defined]


def test_a_page_that_is_not_as_the_dialect_says_is_told(provider: Server) -> None:
    with pytest.raises(
        AssayError,
        match=r"auth.logIn ended after 2 of its 4 steps, with 200 to POST /login: there is no 'code'",
    ):
        _log_in("odd@assay.test")


def test_a_number_that_is_kept_stays_a_number() -> None:
    answer = Answer(200, [], b'{"expires_in": 900, "token": "a-token-1"}', 0.1)
    assert _captured(Capture("body", "/expires_in"), answer) == 900
    assert _captured(Capture("body", "/token"), answer) == "a-token-1"
