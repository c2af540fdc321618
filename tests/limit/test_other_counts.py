"""Limiters that keep the promise otherwise than by a sliding log: the keywords that ask for no more accept them."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay import LimitLibrary as module
from assay.evidence.expect import Unmet
from assay.http.answers import Headers
from assay.LimitLibrary import REFUSED, LimitLibrary
from robot.api import TestSuite as Suite

LIMITS = LimitLibrary()
QUOTA = 6
SUITES = sorted((Path(__file__).parents[2] / "suites" / "auth").glob("limits_*.robot"))
EXACT = {"Exactly So Many Should Be Allowed", "What Is Left Should Fall", "Each Should Have To Wait"}


class Limiter(ABC):
    """Answers calls by a clock that stands still until it is moved; each call takes so many seconds of it."""

    def __init__(self, window: int, now: float, takes: float = 0.05) -> None:
        self.window, self.now, self.takes = window, now, takes

    def call(self, operation: str, **_: Any) -> Any:
        self.now += self.takes
        served, left, wait = self.spend()
        told = [
            ("RateLimit-Policy", f'"a";q={QUOTA};w={self.window}'),
            ("RateLimit", f'"a";r={left};t={math.ceil(wait)}'),
        ]
        if not served:
            told.append(("Retry-After", str(math.ceil(wait))))
        problem = None if served else REFUSED
        return SimpleNamespace(
            operation=operation, problem=problem, headers=Headers(told), summary=lambda: f"{problem}"
        )

    @abstractmethod
    def spend(self) -> tuple[bool, int, float]:
        """Whether a call is served, how many are left, and the seconds until there is more."""


class FixedWindow(Limiter):
    """Counts anew from each full window of the clock."""

    turn, used = -1, 0

    def spend(self) -> tuple[bool, int, float]:
        turn = int(self.now // self.window)
        self.turn, self.used = turn, self.used if turn == self.turn else 0
        served = self.used < QUOTA
        self.used += served
        return served, QUOTA - self.used, (turn + 1) * self.window - self.now


class Bucket(Limiter):
    """Fills up little by little, and is full at the beginning."""

    held, seen = float(QUOTA), 0.0

    def spend(self) -> tuple[bool, int, float]:
        since = self.now - (self.seen or self.now)
        self.held = min(QUOTA, self.held + since * QUOTA / self.window)
        self.seen = self.now
        served = self.held >= 1
        self.held -= served
        return served, int(self.held), (1 - self.held % 1) * self.window / QUOTA


@pytest.fixture(params=[FixedWindow, Bucket])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Limiter]:
    def make(window: int, now: float) -> Limiter:
        limiter: Limiter = request.param(window, now)
        monkeypatch.setattr(module, "_library", lambda _: limiter)
        monkeypatch.setattr(
            module, "let_pass", lambda seconds, _: setattr(limiter, "now", limiter.now + seconds)
        )
        return limiter

    return make


@pytest.mark.parametrize("now", [1000.0, 1003.8])
def test_who_waits_as_long_as_told_is_answered(made: Callable[..., Limiter], now: float) -> None:
    """Also where the window turns while somebody asks until refused."""
    limiter = made(4, now)
    refusal = LIMITS.call_until_refused("auth.getJwks")[-1]
    assert 1 <= LIMITS.told_wait(refusal) <= 4
    LIMITS.wait_as_told(refusal)
    assert limiter.call("auth.getJwks").problem is None


def test_within_a_window_of_an_hour_the_count_is_exact(made: Callable[..., Limiter]) -> None:
    made(3600, 3600 * 400 + 1700.0)
    answers = LIMITS.call_until_refused("auth.getJwks")
    LIMITS.exactly_so_many_should_be_allowed(answers, QUOTA)
    LIMITS.what_is_left_should_fall(answers[:QUOTA])
    assert 1 <= LIMITS.told_wait(answers[-1]) <= 3600


def test_across_a_turn_only_a_sliding_log_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = FixedWindow(4, 1003.8)
    monkeypatch.setattr(module, "_library", lambda _: limiter)
    answers = LIMITS.call_until_refused("auth.getJwks")
    with pytest.raises(Unmet, match="exactly 6"):
        LIMITS.exactly_so_many_should_be_allowed(answers, QUOTA)
    with pytest.raises(Unmet):
        LIMITS.what_is_left_should_fall(answers[:QUOTA])


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_what_counts_exactly_asks_for_a_sliding_log_or_for_windows_that_hardly_turn(path: Path) -> None:
    suite = Suite.from_file_system(path)
    windows = [
        int(found) for one in suite.setup.args for found in re.findall(r"_window=\$\{(\d+)\}", str(one))
    ]
    for test in suite.tests:
        counted = EXACT & {getattr(step, "name", None) for step in test.body}
        if counted and "needs:auth.sliding-limits" not in test.tags:
            assert windows and min(windows) >= 1800, f"{test.name}: {counted}"
