"""Whether answers tell apart by their times what they must not tell."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from itertools import permutations

FALSE_ALARM = 1e-6


def sample(calls: Sequence[Callable[[], float]], rounds: int, seed: int = 0) -> list[list[float]]:
    """The times of each call over so many rounds. Each round calls all of them in a new order.

    What disturbs the machine meets all alike. One round more is made first, and not counted.
    """
    order = random.Random(seed)
    times: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + 1):
        for index in order.sample(range(len(calls)), len(calls)):
            seconds = calls[index]()
            if number:
                times[index].append(seconds)
    return times


def told_apart(times: Sequence[Sequence[float]], margin: float) -> list[tuple[int, int, float]]:
    """The pairs (slower, faster, probability) whose times differ by more than the margin, in seconds.

    One-sided Mann-Whitney tests of each against each other shifted by the margin, at a level that keeps the
    probability of a single false alarm over all pairs at or under one in a million.
    """
    pairs = list(permutations(range(len(times)), 2))
    found = []
    for slow, fast in pairs:
        probability = _chance(times[slow], [seconds + margin for seconds in times[fast]])
        if probability * len(pairs) <= FALSE_ALARM:
            found.append((slow, fast, probability))
    return sorted(found, key=lambda pair: pair[2])


def rounds_needed(kinds: int) -> int:
    """The fewest rounds at which a complete separation of two kinds would be noticed, with some to spare."""
    level = FALSE_ALARM / (kinds * (kinds - 1))
    rounds = 10
    while _chance([1.0 + step for step in range(rounds)], [-1.0 - step for step in range(rounds)]) > level:
        rounds += 1
    return rounds + rounds // 2


def median(times: Sequence[float]) -> float:
    return statistics.median(times)


def _chance(left: Sequence[float], right: Sequence[float]) -> float:
    """The probability, at most, that `left` is so much larger than `right` by chance.

    The normal approximation with a continuity correction; its tail is heavier than that of the exact distribution.
    """
    count, other = len(left), len(right)
    wins = sum((a > b) + 0.5 * (a == b) for a in left for b in right)
    mean = count * other / 2
    deviation = math.sqrt(count * other * (count + other + 1) / 12)
    return 0.5 * math.erfc((wins - mean - 0.5) / deviation / math.sqrt(2))
