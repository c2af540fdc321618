"""Keywords about moments, as platforms write them down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from robot.api.deco import keyword, library

from assay.core.waiting import let_pass
from assay.evidence.expect import Unmet, expect

_JUST_AFTER = 0.05  # seconds
_JITTER = timedelta(milliseconds=1)


@library(scope="GLOBAL", auto_keywords=False)
class ClockLibrary:
    """Reads and compares moments in the form of RFC 3339, and waits for one to come."""

    @keyword
    def now(self) -> str:
        """The present moment in UTC, such as `2026-11-21T07:30:00.123456Z`."""
        return datetime.now(UTC).isoformat().replace("+00:00", "Z")

    @keyword
    def should_be_in_order(self, *moments: str) -> None:
        """Each moment is not before the one that stands before it; a moment without a zone fails.

        Moments are compared to the millisecond, which is what most platforms write.
        Example: | `Should Be In Order` | ${session}[created_at] | ${session}[expires_at] |
        """
        read = [_moment(one) for one in moments]
        for (first, one), (second, two) in pairwise(zip(moments, read, strict=True)):
            expect(
                one - _JITTER <= two,
                f"{second} not to be before {first}",
                f"{(one - two).total_seconds():.3f} s before",
            )

    @keyword
    def should_be_in_utc(self, *moments: str) -> None:
        """Each moment is written in UTC, with `Z` or an offset of nothing (RFC 3339, 4.1 and 4.3).

        Example: | `Should Be In Utc` | ${session}[created_at] | ${session}[expires_at] |
        """
        expect(moments, "moments to look at", "none")
        for one in moments:
            expect(not _moment(one).utcoffset() and not one.endswith("-00:00"), "a moment in UTC", one)

    @keyword
    def should_be_apart(
        self, one: str, other: str, at_least: timedelta | None = None, at_most: timedelta | None = None
    ) -> None:
        """The time from one moment to another is at least, or at most, as long as is said, to the millisecond.

        Example: | `Should Be Apart` | ${before} | ${session}[expires_at] | at_least=4s |
        """
        if at_least is None and at_most is None:
            raise ValueError("say at_least= or at_most=")
        apart = _moment(other) - _moment(one)
        where = f"from {one} to {other}"
        if at_least is not None:
            expect(apart >= at_least - _JITTER, f"at least {at_least.total_seconds():g} s", f"{apart}", where)
        if at_most is not None:
            expect(apart <= at_most + _JITTER, f"at most {at_most.total_seconds():g} s", f"{apart}", where)

    @keyword
    def wait_until_after(self, moment: str, also: timedelta = timedelta(0)) -> None:
        """Waits until the clock has passed a moment that the platform told, and `also` that much more.

        For promises about what holds after a lifetime. It refuses to wait for longer than a minute.
        Example: | `Wait Until After` | ${session}[expires_at] |
        """
        left = (_moment(moment) + also - datetime.now(UTC)).total_seconds()
        let_pass(max(0.0, left) + _JUST_AFTER, moment)


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Unmet("a moment as in RFC 3339", text) from None
    if read.tzinfo is None:
        raise Unmet("a moment with its zone", text)
    return read
