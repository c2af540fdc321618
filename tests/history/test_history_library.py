"""The keywords as testers use them: by hand, with nothing to judge, over several keys, beyond the budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.core.histories import History, Operation, Outcome
from assay.evidence.expect import Unmet
from assay.HistoryLibrary import HistoryLibrary
from robot import run

LIBRARY = HistoryLibrary()
SUITE = """
*** Settings ***
Library    assay.HistoryLibrary

*** Test Cases ***
A Good History
    ${history} =    Begin A History    by hand
    ${write} =    Begin Operation    ${history}    ann    write    k    one
    End Operation    ${write}    version=1
    Record Operation    ${history}    bob    read    k    seen=one    version=1
    ${lost} =    Begin Operation    ${history}    ann    write    k    two
    End Operation    ${lost}    outcome=unknown    why=no answer
    Record Operation    ${history}    bob    read    k    seen=two    version=2
    History Should Be Linearizable    ${history}
    Reads Should Be Monotonic    ${history}
    Write History    ${history}    ${OUTPUT DIR}/history.jsonl

A Bad History
    ${history} =    Read History    ${OUTPUT DIR}/history.jsonl
    Record Operation    ${history}    bob    read    k    seen=one    version=1
    History Should Be Linearizable    ${history}
"""


def test_by_hand_in_a_suite(tmp_path: Path) -> None:
    suite = tmp_path / "suite.robot"
    suite.write_text(SUITE, "utf-8")
    assert run(suite, outputdir=tmp_path, stdout=None, console="none", report=None, log=None) == 1
    output = (tmp_path / "output.xml").read_text("utf-8")
    assert (
        "Expected operations on 'k' that fit one order, saw the read of 'one' in version 1 by bob (#5)"
        in output
    )
    assert "&lt;svg viewBox" in output
    assert output.count('status="FAIL"') >= 2 and 'name="A Good History"' in output


@pytest.mark.parametrize(
    ("keyword", "operations", "told"),
    [
        ("history_should_be_linearizable", [("write", "x")], "0 acknowledged operations to be judged"),
        ("reads_should_be_monotonic", [("read", None)], "1 acknowledged operations to be compared"),
        ("clients_should_read_their_own_writes", [("read", None)], "of the kinds write, delete, cas"),
        ("set_should_lose_nothing", [("read", None)], "of the kinds add"),
        ("set_should_lose_nothing", [("add", 1)], "no read of 'k' began after the last add"),
        ("counter_should_be_exact", [], "no operations"),
        ("counter_should_be_exact", [("increment", 1)], "no read of 'k' began after the last increment"),
        ("versions_should_have_no_gap", [("write", "x"), ("write", "y")], "write #1 of 'k' has no version"),
        ("ids_should_be_unique", [("create", None), ("create", None)], "does not say which id"),
        ("history_should_be_linearizable", [("read", None), ("red", None)], "did you mean 'read'"),
    ],
)
def test_nothing_to_judge_is_an_error(keyword: str, operations: list[tuple[str, Any]], told: str) -> None:
    history = History()
    for place, (kind, value) in enumerate(operations):
        LIBRARY.record_operation(history, "ann", kind, "k", value, begun=place, ended=place + 0.5)
    with pytest.raises(AssayError, match=told):
        getattr(LIBRARY, keyword)(history)


def test_reads_without_versions_cannot_be_compared() -> None:
    history = History()
    for place in (1, 2):
        LIBRARY.record_operation(history, "ann", "read", "k", seen="x", begun=place, ended=place)
    with pytest.raises(AssayError, match=r"read #2 of 'k' has no version|read #1 of 'k' has no version"):
        LIBRARY.reads_should_be_monotonic(history)


def test_sets_and_counters_of_the_wrong_values() -> None:
    history = History()
    LIBRARY.record_operation(history, "ann", "add", "k", 1, begun=0, ended=1)
    LIBRARY.record_operation(history, "ann", "read", "k", seen="1", begun=2, ended=3)
    with pytest.raises(AssayError, match="a list is needed"):
        LIBRARY.set_should_lose_nothing(history)
    history = History()
    LIBRARY.record_operation(history, "ann", "increment", "k", begun=0, ended=1)
    LIBRARY.record_operation(history, "ann", "read", "k", seen="1", begun=2, ended=3)
    with pytest.raises(AssayError, match="has '1'; give a number"):
        LIBRARY.counter_should_be_exact(history)


def test_keys_are_judged_apart_and_the_broken_ones_counted() -> None:
    history = History()
    for key in ("one", "two", "three"):
        LIBRARY.record_operation(history, "ann", "write", key, "x", begun=0, ended=1)
        seen = "x" if key == "one" else "z"
        LIBRARY.record_operation(history, "bob", "read", key, seen=seen, begun=2, ended=3)
    with pytest.raises(Unmet, match=r"operations on 'two' that fit one order.*2 of 3 keys broken"):
        LIBRARY.history_should_be_linearizable(history)


def test_what_a_key_holds_at_first() -> None:
    history = History()
    LIBRARY.record_operation(history, "bob", "read", "k", seen=0, begun=2, ended=3)
    LIBRARY.history_should_be_linearizable(history, initial=0)
    with pytest.raises(Unmet, match="the read of 0 by bob"):
        LIBRARY.history_should_be_linearizable(history)


def test_true_is_not_one_and_members_have_no_order() -> None:
    history = History()
    LIBRARY.record_operation(history, "ann", "write", "k", {"a": 1, "b": 2}, begun=0, ended=1)
    LIBRARY.record_operation(history, "bob", "read", "k", seen={"b": 2, "a": 1}, begun=2, ended=3)
    LIBRARY.history_should_be_linearizable(history)
    LIBRARY.record_operation(history, "ann", "write", "k", 1, begun=4, ended=5)
    LIBRARY.record_operation(history, "bob", "read", "k", seen=True, begun=6, ended=7)
    with pytest.raises(Unmet, match="read of true by bob"):
        LIBRARY.history_should_be_linearizable(history)


def test_a_search_beyond_its_budget_has_no_verdict() -> None:
    history = History()
    for place in range(30):
        LIBRARY.record_operation(history, f"c{place}", "write", "k", place % 6, begun=0, ended=100)
        history.add(Operation("r", "read", "k", seen=place % 5, begun=place, ended=200, outcome=Outcome.OK))
    LIBRARY.record_operation(history, "r", "read", "k", seen=5, begun=201, ended=202)
    LIBRARY.record_operation(history, "r", "read", "k", seen=4, begun=203, ended=204)
    with pytest.raises(AssayError, match="no verdict on 62 operations: more than 5 states"):
        LIBRARY.history_should_be_linearizable(history, budget=5)
