"""The time of day, asked for in one place."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """The present moment in seconds since 1970, as tokens count it."""
    return time.time()
