"""How long what is done now may take: told by whoever asked, and passed on to whoever is asked."""

import time
from contextvars import ContextVar

LONGEST_SECONDS = 10.0

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


def allow(seconds: float | None) -> None:
    """From now on what this task does has so many seconds."""
    _ends.set(time.monotonic() + min(LONGEST_SECONDS if seconds is None else seconds, LONGEST_SECONDS))


def left() -> float:
    """The seconds that are left."""
    ends = _ends.get()
    return LONGEST_SECONDS if ends is None else max(ends - time.monotonic(), 0.001)
