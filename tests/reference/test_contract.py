"""The contract against what the running service states of itself."""

from __future__ import annotations

from typing import Any

import pytest
from assay.core.contract import contract

from reference.auth.limits import policies
from reference.auth.settings import Settings
from tests.reference.launched import Launched

CONTRACT: Any = contract("auth").document
COMPARED = ("const", "enum", "format", "maxItems", "maxLength", "maximum", "minimum", "x-secret")


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


OPERATIONS = operations(CONTRACT)


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"][2:].split("/"):
            found = found[step]
        part = found
    return part


def meaning(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without its titles, descriptions, defaults and spellings."""
    schema = resolved(document, schema)
    if "anyOf" in schema:
        kinds = [meaning(document, one) for one in schema["anyOf"]]
        return {**kinds[0], "type": sorted(name for kind in kinds for name in kind["type"])}
    kind = schema.get("type") or {str: "string", bool: "boolean"}[type(schema["const"])]
    told: dict[str, Any] = {"type": sorted([kind] if isinstance(kind, str) else kind)}
    told.update({name: schema[name] for name in COMPARED if name in schema})
    if "enum" in told:
        told["enum"] = sorted(told["enum"])
    if schema.get("required"):
        told["required"] = sorted(schema["required"])
    if schema.get("additionalProperties") is False:
        told["closed"] = True
    if "properties" in schema:
        told["properties"] = {name: meaning(document, one) for name, one in schema["properties"].items()}
    if "items" in schema:
        told["items"] = meaning(document, schema["items"])
    return told


def content(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    bodies = resolved(document, part).get("content") or {}
    return {media: meaning(document, body["schema"]) for media, body in bodies.items()}


@pytest.fixture(scope="module")
def running(conforming: Launched) -> dict[str, Any]:
    told: dict[str, Any] = conforming.call("GET", "/openapi.json").body
    return told


def test_the_service_offers_what_the_contract_names(running: dict[str, Any]) -> None:
    assert set(operations(running)) == set(OPERATIONS)


def test_without_the_setting_there_is_no_conformance(platform: Launched) -> None:
    told = operations(platform.call("GET", "/openapi.json").body)
    assert set(OPERATIONS) - set(told) == {"trustKeys", "verifySignature"}
    assert platform.call("POST", "/auth/conformance/verify", {"jws": "a.b.c"}).status == 404


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_as_the_contract_says(running: dict[str, Any], name: str) -> None:
    method, path, promised = OPERATIONS[name]
    real_method, real_path, real = operations(running)[name]
    assert (real_method, real_path) == (method, path)
    assert real.get("security") == promised.get("security")
    assert "requestBody" in real if "requestBody" in promised else "requestBody" not in real
    if "requestBody" in promised:
        assert content(running, real["requestBody"]) == content(CONTRACT, promised["requestBody"])
    assert {str(status) for status in promised["responses"]} == set(real["responses"])
    for status, answer in promised["responses"].items():
        served = content(running, real["responses"][str(status)])
        for media, schema in content(CONTRACT, answer).items():
            more = set(served[media].pop("required", [])) - set(schema.pop("required", []))
            assert not more or name == "getDiscovery"
            assert served[media] == schema, (name, status)


def test_what_is_limited_by_itself_says_so() -> None:
    limited = {name for policy in policies(Settings()) for name in policy.operations}
    assert limited
    assert not {name for name in limited if "429" not in OPERATIONS[name][2]["responses"]}
