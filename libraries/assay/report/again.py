"""Tests that were run again: what the runs before saw, what was seen now, and what both say together.

A run that was made again keeps the results of the runs before it in folders of their own beside its page
(`attempts/1`, `attempts/2`, ...), each as that run left it, and names them in `again.json`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from assay.report import sources
from assay.report.shapes import Outcome, Test

NOTE = "again.json"


def note(state: Path, places: list[str]) -> None:
    """Writes down in a run's state where the runs before it left their results, the oldest first."""
    (state / NOTE).write_text(json.dumps({"attempts": places}), "utf-8")


def attempts(state: Path) -> list[str]:
    """The folders of the runs before, relative to the results; none for a run that stands for itself."""
    return [str(place) for place in sources.mapping(state / NOTE).get("attempts", ())]


def key(test: Test) -> tuple[str, str]:
    """What makes a test the same in two runs: its file and name, since the long name differs by what was selected."""
    return (test.source, test.name) if test.source else ("", test.id)


def together(before: list[Test], now: list[Test]) -> list[Test]:
    """What two runs say together: each test as it was seen last, with what it did before.

    A run that judged nothing of a test (it was stopped, or skipped it) takes nothing back of what was seen before. A test
    that failed and then passed is flaky: one that holds only sometimes does not hold.
    """
    left: dict[tuple[str, str], list[Test]] = defaultdict(list)
    for test in before:
        left[key(test)].append(test)
    found = []
    for test in now:
        same = left[key(test)]  # more than one where a suite was selected by two paths
        same.sort(key=lambda one: one.id != test.id)
        found.append(_after(same.pop(0), test) if same else test)
    return [*found, *(test for tests in left.values() for test in tests)]


def _after(before: Test, now: Test) -> Test:
    if not now.outcome.judged and before.outcome is not Outcome.NOT_RUN:
        both_broke = before.outcome is now.outcome is Outcome.BROKEN
        return _with(now, before) if both_broke else before
    found = _with(now, before)
    if found.outcome is Outcome.HELD and any(_failed(one) for one in found.earlier):
        found.outcome = Outcome.FLAKY
    return found


def _with(now: Test, before: Test) -> Test:
    itself = Outcome.HELD if before.outcome is Outcome.FLAKY else before.outcome
    return replace(now, earlier=(*before.earlier, replace(before, outcome=itself, earlier=())))


def _failed(test: Test) -> bool:
    """Whether it was seen to fail; one that had not begun when its process died was not tried."""
    return test.outcome is Outcome.BROKE or (test.outcome is Outcome.BROKEN and bool(test.started))
