"""The contract of the store against what the running service states of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assay.core.contract import contract

from tests.reference.storeclient import Store, stored
from tests.reference.test_contract import operations

CONTRACT: Any = contract("store").document
OPERATIONS = operations(CONTRACT)


@pytest.fixture(scope="module")
def conforming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with stored(tmp_path_factory.mktemp("contract"), settings={"sealing_conformance": True}) as store:
        yield store


@pytest.fixture(scope="module")
def running(conforming: Store) -> dict[str, Any]:
    told: dict[str, Any] = conforming.call("GET", "/openapi.json", token=None).body
    return told


def test_an_administrator_alone_asks_the_cipher(conforming: Store) -> None:
    key = conforming.call("POST", "/api/keys", {"name": "reader", "permissions": ["read", "write"]}).body
    others = {None: 401, conforming.log_in(key["secret"]): 403}
    asked = dict.fromkeys(("key", "nonce", "associated_data", "ciphertext", "tag"), "")
    for token, status in others.items():
        assert conforming.call("POST", "/admin/conformance/open", asked, token=token).status == status
    refused = conforming.call("POST", "/admin/conformance/open", asked)
    assert (refused.status, refused.body["type"]) == (500, "urn:assay:problem:tampered")


def test_without_the_setting_there_is_no_conformance(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        told = operations(store.call("GET", "/openapi.json", token=None).body)
        assert set(OPERATIONS) - set(told) == {"openCiphertext"}
        assert store.call("POST", "/admin/conformance/open", {}).status == 404


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
