"""A contract in one file, and in parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.core import places
from assay.core.contract import contract
from assay.core.errors import TargetError

WHOLE = (
    "openapi: 3.1.0\npaths:\n  /a: {get: {operationId: getA}}\ncomponents: {schemas: {A: {type: object}}}\n"
)
PART = "paths:\n  /a: {put: {operationId: putA}}\n  /b: {get: {operationId: getB}}\ncomponents: {schemas: {B: {type: object}}, headers: {C: {}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "parted").mkdir()
    (tmp_path / "parted.openapi.yaml").write_text(WHOLE)
    monkeypatch.setattr(places, "contracts", lambda: tmp_path)
    contract.cache_clear()
    return tmp_path / "parted"


def test_the_parts_of_a_contract_are_one_document(folder: Path) -> None:
    (folder / "b.yaml").write_text(PART)
    whole = contract("parted")
    assert set(whole.operations) == {"getA", "putA", "getB"}
    assert set(whole.document["components"]["schemas"]) == {"A", "B"}
    assert set(whole.document["components"]["headers"]) == {"C"}


def test_what_stands_there_already_is_told_with_its_line(folder: Path) -> None:
    (folder / "b.yaml").write_text("paths:\n  /b: {}\n  /a: {get: {}}\n")
    with pytest.raises(TargetError, match=r"b\.yaml:3: 'get' stands in the contract already"):
        contract("parted")
