"""A small service with a contract of its own, for tests of the keywords."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from assay.core.contract import Contract
from assay.http import calls
from assay.http.operations import Operation, Rules, Service

from tests.http.doubles import Handler, Server, serving

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZS0xMjM0NSJ9.c2lnbmF0dXJlLWZvci10ZXN0cw"
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/login": {"post": {
            "operationId": "logIn",
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/LogIn"}}}},
            "responses": {
                "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tokens"}}}},
                "401": {"headers": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}, "content": PROBLEM},
            },
        }},
        "/me": {"get": {
            "operationId": "getMe",
            "responses": {
                "200": {"content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}}},
                "401": {"content": PROBLEM},
            },
        }},
        "/validate": {"post": {
            "operationId": "validate",
            "requestBody": {"content": {"application/json": {"schema": {"properties": {"token": {"x-secret": True}}}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"required": ["valid"]}}}}},
        }},
        "/things/{thing_id}": {"delete": {
            "operationId": "endThing",
            "parameters": [
                {"name": "thing_id", "in": "path"}, {"name": "why", "in": "query"}, {"name": "X-Mode", "in": "header"},
            ],
            "responses": {"204": {}},
        }},
        "/echo": {"post": {"operationId": "echo", "responses": {"200": {}}}},
        "/hanging": {"get": {"operationId": "hang", "responses": {"200": {}}}},
        "/wrong-type": {"get": {"operationId": "wrongType", "responses": {"200": {
            "content": {"application/json": {"schema": {"type": "object"}}}}}}},
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}, "schemas": {
        "LogIn": {"properties": {"email": {"type": "string"}, "password": {"type": "string", "x-secret": True}}},
        "Tokens": {"type": "object", "required": ["access_token", "expires_in"], "properties": {
            "access_token": {"type": "string", "x-secret": True, "minLength": 10}, "expires_in": {"type": "integer"},
        }},
        "Problem": {"type": "object", "required": ["type", "status"]},
    }},
}  # fmt: skip


class Small(Handler):
    def problem(self, status: int, name: str, **headers: str) -> None:
        body = json.dumps({"type": f"urn:assay:problem:{name}", "title": name, "status": status}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def echo(self, sent: bytes) -> None:
        name = self.path.split("?")[0].split("/")[1]
        answer = getattr(self, f"answer_{name}", None)
        if answer is None:
            super().echo(sent)
        else:
            answer(json.loads(sent) if sent else {})

    def answer_login(self, sent: dict[str, Any]) -> None:
        if sent.get("password") == "right-password-1":
            self.answer(200, {"access_token": TOKEN, "expires_in": 900})
        else:
            if sent.get("email") == "slow@assay.test":
                time.sleep(0.02)
            self.problem(401, "invalid-credentials", WWW_Authenticate="Bearer")

    def answer_me(self, sent: dict[str, Any]) -> None:
        presented = self.headers.get("Authorization", "")
        if presented == f"Bearer {TOKEN}" or presented.endswith("-let-in"):
            self.answer(200, {"id": "alice"})
        elif presented.endswith("-hang"):
            self.server.released.wait(20)  # type: ignore[attr-defined]
        else:
            self.problem(401, "invalid-token")

    def answer_validate(self, sent: dict[str, Any]) -> None:
        self.answer(200, {"valid": sent.get("token") == TOKEN})

    def answer_things(self, sent: dict[str, Any]) -> None:
        self.server.deleted = (self.path, self.headers.get("X-Mode"))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()


@contextmanager
def platform(patch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serves it and makes it the platform that the keywords meet, as the service `small`."""
    with serving(Small) as server:
        service = Service("small", server.url)
        contract = Contract("small", CONTRACT)

        def operation_of(name: str) -> Operation:
            found = name.partition(".")[2]
            spelling = contract.spelling(found)
            return Operation(
                service, spelling, Rules(contract, contract.operations[found]), contract.key_header
            )

        patch.setattr(calls, "operation_of", operation_of)
        patch.setattr(calls, "service_named", lambda name: service)
        patch.setattr(calls, "current_ledger", lambda: None)
        patch.setattr(calls, "run_id", lambda: "run1")
        yield server
