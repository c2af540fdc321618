"""The contract of the store against what the running service states of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from assay.core.contract import contract

from tests.reference.storeclient import stored
from tests.reference.test_contract import operations

CONTRACT: Any = contract("store").document
OPERATIONS = operations(CONTRACT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with stored(tmp_path_factory.mktemp("contract")) as store:
        yield store.call("GET", "/openapi.json", token=None).body


def test_the_service_offers_what_the_contract_names(running: dict[str, Any]) -> None:
    assert set(operations(running)) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_as_the_contract_says(running: dict[str, Any], name: str) -> None:
    method, path, promised = OPERATIONS[name]
    real_method, real_path, real = operations(running)[name]
    assert (real_method, real_path) == (method, path)
    assert real.get("security") == promised.get("security")
    assert {str(status) for status in promised["responses"]} == set(real["responses"])
    named = {resolved(one)["name"] for one in promised.get("parameters", ())}
    assert {one["name"] for one in real.get("parameters", ())} == named
    assert ("requestBody" in real) == ("requestBody" in promised)
    for status, answer in promised["responses"].items():
        told = real["responses"][str(status)].get("content", {})
        assert set(told) == set(resolved(answer).get("content", {}))


def resolved(one: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in one:
        found: Any = CONTRACT
        for step in one["$ref"][2:].split("/"):
            found = found[step]
        one = found
    return one
