"""Faults end with the test or suite that made them, even where its teardown forgets to."""

from __future__ import annotations

from typing import Any

from robot.api import logger

from assay.core.errors import AssayError
from assay.core.undoing import Undoing

FAULTS = Undoing()
"""What is broken now in this process's name; one list for all libraries, since the last fault of any is undone first."""


def beginner() -> str:
    """The full name of the test that runs, or of the suite while it sets up or tears down; empty outside Robot."""
    from robot.running.context import EXECUTION_CONTEXTS

    context: Any = EXECUTION_CONTEXTS.current
    if context is None or context.suite is None:
        return ""
    return str(context.test.full_name if context.test else context.suite.full_name)


class Ending:
    """A listener of a library, which undoes what is left as tests and suites end."""

    ROBOT_LISTENER_API_VERSION = 3

    def end_test(self, data: object, result: Any) -> None:
        """Called by Robot."""
        del data
        _undo(result.full_name)

    def end_suite(self, data: object, result: Any) -> None:
        """Called by Robot."""
        del data
        _undo(result.full_name)

    def close(self) -> None:
        """Called by Robot as the library goes out of use."""
        _undo(None)


def undo_everything() -> None:
    """Undoes every fault, the last first; an AssayError says what could not be undone."""
    if wrong := FAULTS.undo_all():
        raise AssayError("not everything could be put back: " + "; ".join(wrong))


def _undo(owner: str | None) -> None:
    for line in FAULTS.undo_all(owner):
        logger.error(f"A fault could not be undone: {line}")
