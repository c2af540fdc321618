"""The time of day, asked for in one place, so that one place can set it ahead."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_ahead: Callable[[], float] | None = None


def follow(ahead: Callable[[], float]) -> None:
    """From now on the time is this machine's and so many seconds more."""
    global _ahead
    _ahead = ahead


def now() -> datetime:
    """The present moment, in UTC."""
    present = datetime.now(UTC)
    return present if _ahead is None else present + timedelta(seconds=_ahead())


def seconds() -> float:
    """The present moment in seconds since 1970, as tokens count it."""
    present = time.time()
    return present if _ahead is None else present + _ahead()
