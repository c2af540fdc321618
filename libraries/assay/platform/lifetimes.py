"""What a test or suite began ends with it, even where its teardown forgets to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from robot.running.context import EXECUTION_CONTEXTS

from assay.core.errors import PlatformError
from assay.core.run import current


def beginner() -> str:
    """The full name of the test that runs, or of the suite while it sets up or tears down."""
    context: Any = EXECUTION_CONTEXTS.current
    if context is None or context.suite is None:
        return ""
    return str(context.test.full_name if context.test else context.suite.full_name)


class Lifetimes:
    """A listener that stops private platforms at the end of what began them, and has things removed at the end of tests and suites."""

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self, test_ends: Callable[[str], None], suite_ends: Callable[[str], None]) -> None:
        self._test_ends, self._suite_ends = test_ends, suite_ends
        self._begun: list[tuple[str, str]] = []

    def began(self, platform: str) -> None:
        """Remembers that the test or suite which runs now began a platform."""
        self._begun.append((beginner(), platform))

    def end_test(self, data: Any, result: Any) -> None:
        """Called by Robot."""
        del data
        self._test_ends(result.full_name)
        self._end(result.full_name)

    def end_suite(self, data: Any, result: Any) -> None:
        """Called by Robot."""
        del data
        self._suite_ends(result.full_name)
        self._test_ends(result.full_name)
        self._end(result.full_name)

    def _end(self, name: str) -> None:
        mine = [platform for begun_by, platform in self._begun if begun_by == name]
        self._begun = [one for one in self._begun if one[0] != name]
        while mine and (used := current().platform_if_started) and used.name in mine:
            with contextlib.suppress(PlatformError):
                current().stop_private()
