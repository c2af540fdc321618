"""Requests that a contract rules out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from assay.contract import nonsense
from robot.api.types import Secret

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/signup": {
            "post": {
                "operationId": "signUp",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}
                },
                "responses": {},
            }
        }
    },
    "components": {
        "schemas": {
            "Ask": {
                "type": "object",
                "additionalProperties": False,
                "required": ["email", "password"],
                "properties": {
                    "email": {"type": "string", "format": "email", "maxLength": 40},
                    "password": {"type": "string", "minLength": 8, "maxLength": 100},
                    "name": {"type": ["string", "null"]},
                    "kind": {"type": "string", "const": "local"},
                },
            }
        }
    },
}
VALID: dict[str, Any] = {"email": "ann@people.test", "password": Secret("long enough")}


def test_the_control_is_the_valid_request_and_comes_once() -> None:
    made = nonsense.rows(DOCUMENT, "signUp", VALID)
    assert [row.request for row in made if row.accepted] == [VALID]
    assert len({row.name for row in made}) == len(made)
    assert all(row.request != VALID for row in made if not row.accepted)


def test_every_rule_of_the_schema_has_its_row() -> None:
    names = {row.name for row in nonsense.rows(DOCUMENT, "signUp", VALID)}
    assert {
        "email missing",
        "password missing",
        "email null",
        "password a number",
        "name a list",
        "email longer than 40",
        "password longer than 100",
        "password empty",
        "kind another value",
        "a field that nobody knows",
        "email without a sign @",
        "password an object",
        "kind a truth value",
    } <= names
    assert not {"name missing", "name null", "kind missing"} & names


def test_an_address_that_is_too_long_is_still_an_address() -> None:
    [row] = [row for row in nonsense.rows(DOCUMENT, "signUp", VALID) if row.name == "email longer than 40"]
    assert len(row.request["email"]) == 41 and row.request["email"].endswith("ann@people.test")


def test_an_operation_without_a_body_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no operation"):
        nonsense.rows(DOCUMENT, "getMe", {})


def test_no_body_of_the_table_can_be_read_in_one_way_only() -> None:
    rows = nonsense.bodies(VALID)
    valid = json.loads(json.dumps({"email": "ann@people.test", "password": "long enough"}))
    bodies = {row.name: row.request[nonsense.RAW] for row in rows if not row.accepted}
    assert len(bodies) >= 15
    twice = {name for name in bodies if name.startswith("with a name twice")}
    for name in set(bodies) - {
        *twice,
        "with NaN",
        "with Infinity",
        "in UTF-16",
        "nested too deep",
    }:
        with pytest.raises(ValueError, match=r".+"):
            json.loads(bodies[name].decode())
    assert len(twice) == 3
    assert all(json.loads(bodies[name]) == valid for name in twice)


def test_bodies_around_a_limit_have_exactly_those_sizes_with_a_length_and_in_chunks() -> None:
    rows = nonsense.large(VALID, (2101, 2102), 2100)
    seen = [(len(_unchunked(row.request)), "headers" in row.request, row.accepted) for row in rows]
    assert seen == [
        (2100, False, True),
        (2100, True, True),
        (2101, False, False),
        (2101, True, False),
        (2102, False, False),
        (2102, True, False),
    ]


def test_a_body_without_a_limit_has_the_plain_one_as_its_only_control() -> None:
    rows = nonsense.large(VALID, (5000,))
    assert [row.request for row in rows if row.accepted] == [VALID]
    assert [len(_unchunked(row.request)) for row in rows[1:]] == [5000, 5000]


def _unchunked(request: dict[str, Any]) -> bytes:
    """The body, taken out of its chunks where it is in any."""
    octets: bytes = request[nonsense.RAW]
    if "headers" not in request:
        return octets
    assert request["headers"] == {"Transfer-Encoding": "chunked"}
    found = b""
    while octets != b"0\r\n\r\n":
        size, _, octets = octets.partition(b"\r\n")
        found += octets[: int(size, 16)]
        assert octets[int(size, 16) :][:2] == b"\r\n"
        octets = octets[int(size, 16) + 2 :]
    return found
