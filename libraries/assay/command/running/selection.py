"""Keeps the workers of a run to its plan: pabot forgets --test when it groups suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from robot.api import SuiteVisitor

DROPPED = ("test", "suite", "rerunfailed", "rerunfailedsuites")
"""Options of robot that the plan has used up already."""


class OnlyPlanned(SuiteVisitor):  # type: ignore[misc] # robot has no stubs
    """A pre-run modifier that removes every test which plan.json does not list."""

    def __init__(self, plan: str) -> None:
        planned = json.loads(Path(plan).read_text("utf-8"))
        self._planned = {(test["source"], test["line"], test["name"]) for test in planned}

    def start_suite(self, suite: Any) -> None:
        """Keeps what is planned; names of suites may differ, where --name is used."""
        suite.tests = [
            test
            for test in suite.tests
            if (str(test.source or ""), int(test.lineno or 0), test.name) in self._planned
        ]

    def end_suite(self, suite: Any) -> None:
        """Removes suites that have nothing left."""
        suite.suites = [child for child in suite.suites if child.test_count > 0]

    def visit_test(self, test: Any) -> None:
        """Leaves the test as it is."""
