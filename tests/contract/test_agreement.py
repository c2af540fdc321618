"""Two OpenAPI documents held against each other."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from assay.contract.agreement import differences

AGREED: dict[str, Any] = {
    "paths": {
        "/login": {
            "post": {
                "operationId": "logIn",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}
                },
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tokens"}}}
                    },
                    "401": {"description": "refused"},
                    "default": {"description": "any other"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Ask": {
                "type": "object",
                "required": ["email"],
                "properties": {
                    "email": {"type": "string"},
                    "name": {"type": ["string", "null"], "maxLength": 200},
                },
            },
            "Tokens": {
                "type": "object",
                "required": ["token", "user"],
                "properties": {
                    "token": {"type": "string"},
                    "kind": {"type": "string", "enum": ["Bearer", "DPoP"]},
                    "user": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                    "list": {"type": "array", "items": {"type": "integer"}},
                },
            },
        }
    },
}


def _served() -> dict[str, Any]:
    return copy.deepcopy(AGREED)


def test_a_document_agrees_with_itself() -> None:
    assert differences(AGREED, _served(), {"logIn"}) == []


def test_what_is_promised_beyond_the_agreed_is_no_difference() -> None:
    served = _served()
    served["paths"]["/more"] = {"get": {"operationId": "more", "responses": {}}}
    served["paths"]["/login"]["post"]["responses"]["418"] = {"description": "a teapot"}
    served["components"]["schemas"]["Tokens"]["properties"]["extra"] = {"type": "string"}
    assert differences(AGREED, served, {"logIn"}) == []


def test_null_said_by_alternatives_is_the_same() -> None:
    served = _served()
    served["components"]["schemas"]["Ask"]["properties"]["name"] = {
        "anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]
    }
    assert differences(AGREED, served, {"logIn"}) == []


def _without_operation(served: dict[str, Any]) -> None:
    served["paths"] = {}


def _elsewhere(served: dict[str, Any]) -> None:
    served["paths"]["/signin"] = served["paths"].pop("/login")


def _without_status(served: dict[str, Any]) -> None:
    del served["paths"]["/login"]["post"]["responses"]["401"]


def _asks_for_more(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Ask"]["required"].append("name")


def _without_field(served: dict[str, Any]) -> None:
    del served["components"]["schemas"]["Tokens"]["properties"]["token"]


def _may_be_absent(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Tokens"]["properties"]["user"]["required"] = []


def _another_kind(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Tokens"]["properties"]["list"]["items"] = {"type": "string"}


def _fewer_values(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Tokens"]["properties"]["kind"]["enum"] = ["Bearer"]


def _without_limit(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Ask"]["properties"]["name"] = {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }


def _another_limit(served: dict[str, Any]) -> None:
    served["components"]["schemas"]["Ask"]["properties"]["name"]["maxLength"] = 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without_operation, "logIn is missing"),
        (_elsewhere, "logIn is POST /signin, not POST /login"),
        (_without_status, "status 401 is not promised"),
        (_asks_for_more, "name is required in the request"),
        (_without_field, "token is missing in the answer 200"),
        (_may_be_absent, "id may be absent in user in the answer 200"),
        (_another_kind, "an item of list in the answer 200 is string, not integer"),
        (_fewer_values, "kind in the answer 200 is not promised to be DPoP"),
        (_without_limit, "name in the request is not told to have a maxLength of 200"),
        (_another_limit, "name in the request has a maxLength of 100, not 200"),
    ],
)
def test_each_kind_of_difference_is_named(change: Any, told: str) -> None:
    served = _served()
    change(served)
    found = differences(AGREED, served, {"logIn"})
    assert len(found) == 1 and told in found[0]


def test_only_the_operations_asked_for_are_compared() -> None:
    assert differences(AGREED, {"paths": {}}, {"another"}) == []
