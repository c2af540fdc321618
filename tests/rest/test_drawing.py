"""Bodies that are drawn: those that the schema rules out, shrunk where one breaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assay.contract.nonsense import RAW
from assay.core.contract import contract
from assay.http.answers import Headers, Response
from assay.http.operations import Rules
from assay.rest.drawing import Drawn, offenders, ruled_out
from assay.rest.positions import Places, known
from jsonschema import Draft202012Validator

REFRESH = known("auth")["refreshToken"]
RULES = Rules(contract("auth"), contract("auth").operations["refreshToken"])


def drawn(breaks_at: Any, seed: int = 1) -> Drawn:
    """Against a service that takes a refresh token of one kind although it must not."""

    def send(operation: str, request: Mapping[str, Any]) -> Response:
        taken = isinstance(json.loads(request[RAW]).get("refresh_token"), breaks_at)
        status, problem = (200, None) if taken else (422, "invalid-request")
        document = {"type": "urn:assay:problem:invalid-request", "title": "a", "status": 422}
        headers = Headers([("Content-Type", "application/problem+json")])
        return Response(operation, status, headers, document, json.dumps(document), problem, 0.0, document)

    at = Places(lambda name: {"refresh_token": "r"})
    return ruled_out(REFRESH, at, RULES, REFRESH.body or {}, send, seed, 60)


def test_nothing_is_found_where_all_is_refused() -> None:
    found = drawn(())
    assert not found.complaint
    assert found.sent > 20


def test_what_breaks_is_shown_in_its_simplest_form() -> None:
    found = drawn(list)
    assert found.body == '{"refresh_token": []}'
    assert "200" in found.complaint


def test_the_same_seed_finds_the_same() -> None:
    assert drawn(int, 5) == drawn(int, 5)


def test_who_offends() -> None:
    validator = Draft202012Validator(known("auth")["logIn"].body or {})
    assert offenders(validator, {"email": "a", "password": "b"}) == set()
    assert offenders(validator, {"email": 1, "x": 2}) == {"email", "password", "x"}
