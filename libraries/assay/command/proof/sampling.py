"""Some tests of a service in the place of all: enough to suspect a defect that breaks far more than it says.

A defect that turns more than one in twenty tests red proves nothing. To suspect that, not every test of the service has to
be run on every defect: where one of the drawn ones is red, or more than a few of the defect's own, more are drawn and
counted. A defect that turns one in ten of the other tests red is suspected with a probability of 0.95, one in five with
0.998; one that lies just above one in twenty may pass. Each commit draws others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from robot.api import SuiteVisitor, TestSuite

from assay.command.proof.shapes import Observation
from assay.core import places

DRAWN = 28
DRAWN_TO_COUNT = 150  # of a defect that turns one in ten red, so many show more than one in twenty with a probability of 0.98
_OWN = 5  # red tests of the broken requirements that give no reason to count


def is_suspicious(seen: Observation, breaks: Sequence[str]) -> bool:
    """Whether a test that does not speak of the broken requirements was red, or many that do."""
    red = [test for test in seen.tests if test.red and not test.smoke]
    strangers = [test for test in red if not set(breaks) & set(test.tags)]
    return bool(strangers) or len(red) > _OWN


@cache
def size_of(service: str) -> int:
    """How many tests of a service share a platform."""
    suite = TestSuite.from_file_system(str(places.root() / "suites"))
    return sum(f"area:{service}" in test.tags and "private" not in test.tags for test in suite.all_tests)


class Sampled(SuiteVisitor):  # type: ignore[misc] # robot has no stubs
    """A pre-run modifier that keeps every test with one of the tags, and a few of the others, drawn by the seed."""

    def __init__(self, seed: str, area: str, number: str, *keep: str) -> None:
        self._seed, self._area, self._number, self._keep = seed, area, int(number), keep
        self._drawn: set[str] = set()

    def start_suite(self, suite: Any) -> None:
        """Draws once, from all that there are."""
        if suite.parent is None:
            others = [test for test in suite.all_tests if self._is_shared(test) and not self._is_kept(test)]
            drawn = sorted(others, key=lambda test: _lot(self._seed, test.full_name))[: self._number]
            self._drawn = {test.full_name for test in drawn}
        suite.tests = [test for test in suite.tests if self._is_kept(test) or test.full_name in self._drawn]

    def end_suite(self, suite: Any) -> None:
        """Removes suites that have nothing left."""
        suite.suites = [child for child in suite.suites if child.test_count > 0]

    def visit_test(self, test: Any) -> None:
        """Leaves the test as it is."""

    def _is_shared(self, test: Any) -> bool:
        return f"area:{self._area}" in test.tags and "private" not in test.tags

    def _is_kept(self, test: Any) -> bool:
        return any(tag in test.tags for tag in self._keep)


def _lot(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
