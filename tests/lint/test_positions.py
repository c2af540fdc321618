"""Every operation of a contract has a position, so that no table made from the contract forgets it."""

from __future__ import annotations

import pytest
from assay.core.contract import services
from assay.rest import hostile, positions

from tests.lint.tree import ROOT, plain, resources


@pytest.mark.parametrize("service", services())
def test_every_operation_has_a_position_or_says_why_not(service: str) -> None:
    found = positions.gaps(service)
    assert not found, f"resources/positions/{service}.yaml: {'; '.join(found)}"


@pytest.mark.parametrize("service", services())
def test_every_position_is_a_keyword(service: str) -> None:
    there = {plain(keyword.name) for file in resources() for keyword in file.keywords}
    named = {one.keyword for one in positions.known(service).values() if one.keyword}
    assert named, "no position names a keyword"
    assert not [name for name in named if plain(name) not in there]


def test_every_kind_of_hostile_texts_has_a_test() -> None:
    suite = (ROOT / "suites" / "auth" / "hostile_input.robot").read_text("utf-8")
    assert not [kind for kind in hostile.kinds() if f"    auth    {kind}\n" not in suite]
