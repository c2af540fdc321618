"""Histories that are known to be good or bad, and what is said of the bad ones."""

from __future__ import annotations

from typing import Any

import pytest
from assay.evidence.expect import Unmet
from assay.history import linearizable, search
from assay.history.registers import steps_of
from assay.HistoryLibrary import HistoryLibrary

from tests.history.brute import fits_an_order
from tests.history.histories import cases, history_of


def named(case: Any) -> str:
    return str(case["name"])


REGISTERS, OTHERS = cases("registers.yaml"), cases("others.yaml")
BROKEN = [case for case in REGISTERS if "breaks" in case]


@pytest.mark.parametrize("case", REGISTERS, ids=named)
def test_registers(case: Any) -> None:
    library, history = HistoryLibrary(), history_of(case)
    if "breaks" not in case:
        library.history_should_be_linearizable(history)
        return
    with pytest.raises(Unmet) as caught:
        library.history_should_be_linearizable(history)
    assert case["breaks"] in str(caught.value)
    assert "operations on 'k' that fit one order" in str(caught.value)


@pytest.mark.parametrize("case", REGISTERS, ids=named)
def test_the_search_and_every_order_say_the_same(case: Any) -> None:
    operations = history_of(case).operations
    fits = "breaks" not in case
    assert search.has_order(steps_of(operations), None) is fits
    assert fits_an_order(operations) is fits


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_the_part_that_is_shown_is_the_smallest(case: Any) -> None:
    operations = history_of(case).operations
    found = linearizable.explained("k", operations)
    assert not fits_an_order(list(found.operations))
    assert found.offender in found.operations
    assert len(found.operations) == case.get("least", len(operations))


@pytest.mark.parametrize("case", OTHERS, ids=named)
def test_others(case: Any) -> None:
    judge = getattr(HistoryLibrary(), case["keyword"])
    arguments = case.get("with", {})
    if "breaks" not in case:
        judge(history_of(case), **arguments)
        return
    with pytest.raises(Unmet) as caught:
        judge(history_of(case), **arguments)
    assert case["breaks"] in str(caught.value)


def test_every_keyword_has_good_and_bad_histories() -> None:
    for broken in (True, False):
        judged = {case["keyword"] for case in OTHERS if ("breaks" in case) is broken}
        assert len(judged) == 6, judged
