"""Waiting: looking again until a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from assay.core.errors import AssayError

Found = TypeVar("Found")
_LONGEST = 60.0


def until(look: Callable[[], Found | None], seconds: float, pause: float = 0.02) -> Found | None:
    """What `look` finds, asked again and again until it finds something; None when the time is over.

    It is asked at least once, and once more at the very end. The pauses grow to a quarter of a second.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        left = deadline - time.monotonic()
        if found is not None or left <= 0:
            return found
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.25)


def let_pass(seconds: float, what: str) -> None:
    """Lets a lifetime, a window or a step of a clock pass: what holds after it cannot be looked for before.

    `what` is waited for, in words. Raises AssayError at once where that takes longer than a minute.
    """
    if seconds > _LONGEST:
        raise AssayError(
            f"{what} is {seconds:.0f} s away; configure it shorter, so that it is no more than {_LONGEST:g} s"
        )
    time.sleep(max(0.0, seconds))


def gone(path: Path, seconds: float) -> bool:
    """Whether a file or folder has gone, or goes in time."""
    return until(lambda: None if path.exists() else True, seconds) is not None
