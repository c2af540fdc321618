"""A platform that stays when a run has ended: accounts and sessions in memory, behind the paths of the contract."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assay.totp import codes

from tests.http.doubles import Handler, Server, serving


class Staying(Handler):
    """The few operations that make things and take them away. The state is the server's."""

    def echo(self, sent: bytes) -> None:
        self.state["asked"].append(f"{self.command} {self.path}")
        name = self.path.replace("/auth/", "").replace("/", "_").replace("-", "_")
        getattr(self, f"answer_{name}")(json.loads(sent or b"{}"))

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.state  # type: ignore[attr-defined]
        return found

    @property
    def session(self) -> str:
        """The address whose session the presented token belongs to."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return next((one["email"] for one in self.state["sessions"] if one["access"] == token), "")

    def problem(self, status: int, name: str) -> None:
        document = {"type": f"urn:assay:problem:{name}", "title": name, "status": status}
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_signup(self, sent: dict[str, Any]) -> None:
        if "@" not in sent["email"]:
            return self.problem(400, "invalid-request")
        self.state["accounts"][sent["email"]] = sent["password"]
        self.answer(202, {})

    def answer_login(self, sent: dict[str, Any]) -> None:
        if self.state["accounts"].get(sent["email"]) != sent["password"]:
            return self.problem(401, "invalid-credentials")
        if sent["email"] in self.state["factors"]:
            return self.answer(
                202, {"challenge_token": f"waits for a code of {sent['email']}", "expires_in": 9}
            )
        self.tokens(sent["email"])

    def answer_login_second_factor(self, sent: dict[str, Any]) -> None:
        email = sent["challenge_token"].rpartition(" ")[2]
        now, used = int(time.time()) // codes.STEP, self.state["used"]
        right = [codes.code(codes.decoded(self.state["factors"][email]), now + away) for away in (-1, 0, 1)]
        if sent["code"] not in right or sent["code"] in used:
            return self.problem(401, "wrong-code")
        used.append(sent["code"])
        self.tokens(email)

    def answer_second_factor(self, sent: dict[str, Any]) -> None:
        """Each secret is another one; it is not in use before it is confirmed."""
        self.state["enrolled"] = base64.b32encode(secrets.token_bytes(20)).decode()
        self.answer(200, {"secret": self.state["enrolled"], "uri": "otpauth://totp/A:b?secret=c"})

    def answer_second_factor_confirm(self, sent: dict[str, Any]) -> None:
        self.state["factors"][self.session] = self.state["enrolled"]
        self.answer(200, {"recovery_codes": ["one", "two"]})

    def answer_services(self, sent: dict[str, Any]) -> None:
        self.state["services"].append(sent["service_id"])
        self.answer(201, {"service": {"service_id": sent["service_id"]}, "service_secret": "s" * 40})

    def answer_api_keys(self, sent: dict[str, Any]) -> None:
        self.state["keys"].append(f"key-{len(self.state['asked'])}")
        self.answer(201, {"key": {"key_id": self.state["keys"][-1]}, "secret": "k" * 40})

    def do_DELETE(self) -> None:
        _, _, kind, which = self.path.split("/")
        if kind == "sessions":
            return super().do_DELETE()
        self.state["asked"].append(f"DELETE {self.path} by {self.session}")
        found = self.state[{"services": "services", "api-keys": "keys"}[kind]]
        if not self.session or which not in found:
            return self.problem(404, "not-found")
        found.remove(which)
        self.answer(200, {})

    def answer_refresh(self, sent: dict[str, Any]) -> None:
        for one in list(self.state["sessions"]):
            if one["refresh"] == sent["refresh_token"]:
                self.state["sessions"].remove(one)
                return self.tokens(one["email"])
        self.problem(401, "invalid-refresh-token")

    def answer_logout(self, sent: dict[str, Any]) -> None:
        if not self.session:
            return self.problem(401, "invalid-token")
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.state["sessions"] = [one for one in self.state["sessions"] if one["access"] != token]
        self.state["ended"].append(token)
        self.answer(200, {})

    def answer_logout_all(self, sent: dict[str, Any]) -> None:
        """Stands for an operation that removes an account."""
        if not (email := self.session):
            return self.problem(401, "invalid-token")
        self.state["sessions"] = [one for one in self.state["sessions"] if one["email"] != email]
        del self.state["accounts"][email]
        self.answer(200, {})

    def answer_session(self, sent: dict[str, Any]) -> None:
        """Stands for an operation that makes something of the owner's."""
        self.answer(200, {"id": "its-id"}) if self.session else self.problem(401, "invalid-token")

    def answer_sessions_its_id(self, sent: dict[str, Any]) -> None:
        self.answer(200, {}) if self.session else self.problem(401, "invalid-token")

    def answer_password(self, sent: dict[str, Any]) -> None:
        if self.state["stubborn"] or self.state["accounts"].get(self.session) != sent["current_password"]:
            return self.problem(400, "wrong-password")
        self.state["accounts"][self.session] = sent["new_password"]
        self.answer(200, {})

    def answer_password_reset_confirm(self, sent: dict[str, Any]) -> None:
        self.state["accounts"][sent["token"].partition(" ")[2]] = sent["new_password"]
        self.answer(200, {})

    def tokens(self, email: str) -> None:
        one = {"email": email, "access": secrets.token_urlsafe(24), "refresh": secrets.token_urlsafe(24)}
        self.state["sessions"].append(one)
        self.answer(200, {
            "access_token": one["access"], "refresh_token": one["refresh"], "token_type": "Bearer", "expires_in": 9,
            "user": {"id": email, "email": email},
        })  # fmt: skip


@contextmanager
def staying(**accounts: str) -> Iterator[Server]:
    """Serves it; `accounts` are there already, by the name before @corp.example."""
    with serving(Staying) as server:
        server.state = {  # type: ignore[attr-defined]
            "accounts": {f"{name}@corp.example": password for name, password in accounts.items()},
            "sessions": [],
            "factors": {},
            "used": [],
            "services": [],
            "keys": [],
            "ended": [],
            "asked": [],
            "stubborn": False,
        }
        yield server
