"""A check of the project and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What came of a check: whether it is well, one line about it, and what to show when it is not."""

    well: bool
    says: str = ""
    passed: int = 1
    failed: int = 0
    shown: str = ""
    skipped: bool = False


@dataclass(frozen=True)
class Work:
    """Where a check works: the repository, a folder for what it writes, and what was asked."""

    root: Path
    folder: Path
    sample: int


@dataclass(frozen=True)
class Step:
    """One check, by the name that --only and --skip take."""

    name: str
    says: str
    run: Callable[[Work], Outcome]
    alone: bool = False
    """Whether it needs the machine for itself, because it measures or uses every core."""


def fine(says: str = "") -> Outcome:
    """A check that is well."""
    return Outcome(True, says)


def bad(says: str, shown: str = "", failed: int = 1) -> Outcome:
    """A check that is not."""
    return Outcome(False, says, passed=0, failed=failed, shown=shown)


def left_out(why: str) -> Outcome:
    """A check that could not be made here, which is said and does not fail."""
    return Outcome(True, why, passed=0, skipped=True)
