"""Why a test failed: on its expectation, or for a reason that says nothing about the promise."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import Any

from robot.errors import DataError, ExecutionStatus, TimeoutExceeded

from assay.core.errors import NoAnswer
from assay.evidence.expect import Unmet
from assay.evidence.live import Kind

_TIMED_OUT = re.compile(r"(?:Test|Task|Keyword) timeout .+ exceeded\.")
_ASSERTING = frozenset({"BuiltIn", "Collections", "String", "XML", "OperatingSystem"})


@dataclass
class Cause:
    """What failed, and in which `phase`: SETUP, TEARDOWN or BODY."""

    kind: Kind
    phase: str
    expected: str | None = None
    seen: str | None = None
    where: str | None = None
    failed_rows: list[str] = field(default_factory=list)


class Causes:
    """Follows the keywords of a test and remembers the failures that nobody caught."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []  # of each item that runs: its phase, and the causes before it
        self._causes: list[Cause] = []

    def begin_test(self) -> None:
        self._open.clear()
        self._causes.clear()

    def begin_item(self, result: Any) -> None:
        own = result.type if result.type in ("SETUP", "TEARDOWN") and not self._open else "BODY"
        self._open.append((self._open[0][0] if self._open else own, len(self._causes)))

    def end_item(self, result: Any) -> None:
        """To be called while Robot handles the exception that ended the keyword, so that it can be seen."""
        phase, before = self._open.pop() if self._open else ("BODY", len(self._causes))
        if result.status != "FAIL":
            if result.status == "PASS":
                del self._causes[before:]  # a failure inside a keyword that passed was expected by it
            return
        error = sys.exc_info()[1]
        inherited = isinstance(error, ExecutionStatus) and not isinstance(error, TimeoutExceeded)
        if inherited and len(self._causes) > before:
            return
        self._causes.append(_cause(error, result, phase))

    def of_test(self, message: str) -> Cause:
        """The cause that decides: what failed in the set-up, else in the body, else in the teardown."""
        if message.startswith("Parent suite setup failed"):
            return Cause("setup", "SETUP")
        for phase, kind in (("SETUP", "setup"), ("BODY", None), ("TEARDOWN", "teardown")):
            for cause in self._causes:
                if cause.phase == phase:
                    return Cause("setup", phase) if kind == "setup" else _named(cause, kind)
        return Cause("timeout" if _TIMED_OUT.search(message) else "error", "BODY")


def _named(cause: Cause, kind: str | None) -> Cause:
    return Cause("teardown", cause.phase) if kind else cause


def _cause(error: BaseException | None, result: Any, phase: str) -> Cause:
    if isinstance(error, Unmet):
        return Cause("expectation", phase, error.expected, error.seen, error.where or None, error.failed_rows)
    if isinstance(error, NoAnswer):
        return Cause("no-answer", phase)
    if isinstance(error, TimeoutExceeded) or _TIMED_OUT.match(result.message or ""):
        return Cause("timeout", phase)
    if isinstance(error, AssertionError) and not isinstance(error, DataError) and _asserts(result):
        return Cause("expectation", phase)
    return Cause("error", phase)


def _asserts(result: Any) -> bool:
    return getattr(result, "owner", None) in _ASSERTING and "should" in (result.name or "").lower()
