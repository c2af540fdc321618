"""Times as people say them."""

from __future__ import annotations

import datetime


def moment(when: str) -> str:
    """An ISO time as a date and a time of day in UTC; the text itself when it is none."""
    try:
        read = datetime.datetime.fromisoformat(when)
    except ValueError:
        return when or "time not known"
    at = read.astimezone(datetime.UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
