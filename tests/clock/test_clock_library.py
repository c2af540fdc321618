"""Moments in order, apart, and waited for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from assay.ClockLibrary import ClockLibrary
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet

CLOCK = ClockLibrary()


def test_moments_of_several_zones_are_in_order() -> None:
    CLOCK.should_be_in_order(
        "2026-11-21T07:00:00Z", "2026-11-21T09:00:00.5+02:00", "2026-11-21T07:00:01.000Z"
    )


@pytest.mark.parametrize(
    "moments",
    [
        ("2026-11-21T07:00:01Z", "2026-11-21T07:00:00Z"),
        ("2026-11-21T07:00:00", "2026-11-21T07:00:01Z"),
        ("yesterday", "2026-11-21T07:00:01Z"),
    ],
)
def test_moments_out_of_order_or_without_a_zone_fail(moments: tuple[str, ...]) -> None:
    with pytest.raises(Unmet):
        CLOCK.should_be_in_order(*moments)


def test_the_time_between_two_moments_is_judged() -> None:
    one, other = "2026-11-21T07:00:00Z", "2026-11-21T07:00:04Z"
    CLOCK.should_be_apart(one, other, at_least=timedelta(seconds=4), at_most=timedelta(seconds=4))
    with pytest.raises(Unmet, match="at least 5 s"):
        CLOCK.should_be_apart(one, other, at_least=timedelta(seconds=5))
    with pytest.raises(Unmet, match="at most 3 s"):
        CLOCK.should_be_apart(one, other, at_most=timedelta(seconds=3))


def test_a_moment_is_waited_for_and_one_far_away_is_refused() -> None:
    started = time.monotonic()
    CLOCK.wait_until_after((datetime.now(UTC) + timedelta(seconds=0.2)).isoformat())
    assert 0.2 <= time.monotonic() - started < 2
    with pytest.raises(AssayError, match="configure it shorter"):
        CLOCK.wait_until_after((datetime.now(UTC) + timedelta(hours=1)).isoformat())


def test_moments_in_utc_hold() -> None:
    CLOCK.should_be_in_utc("2026-11-21T07:00:00Z", "2026-11-21T07:00:00.5+00:00")


@pytest.mark.parametrize(
    "moment", ["2026-11-21T09:00:00+02:00", "2026-11-21T07:00:00-00:00", "2026-11-21T07:00:00", "now"]
)
def test_moments_of_other_zones_or_of_none_fail(moment: str) -> None:
    with pytest.raises(Unmet):
        CLOCK.should_be_in_utc("2026-11-21T07:00:00Z", moment)


def test_no_moment_is_no_moment_in_utc() -> None:
    with pytest.raises(Unmet, match="moments to look at"):
        CLOCK.should_be_in_utc()
