"""Which worker runs which suites: so that all of them end at about the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assay.command.running.following import set_up
from assay.command.running.plan import Planned

_TEST, _PLATFORM = (
    0.3,
    3.0,
)  # seconds, where nothing is remembered: of a test, and of a private platform's start and end


def split(tests: Iterable[Planned], remembered: Mapping[str, float], lanes: int) -> list[list[str]]:
    """The suites of the tests in as many lists as there are workers, each in the order of the plan.

    `remembered` are seconds by the name of a test, and of what suites take beyond their tests. The longest suites are handed out first, each to the worker
    that has the least to do.
    """
    weights = _weights(tests, remembered)
    order = {suite: place for place, suite in enumerate(weights)}
    found: list[list[str]] = [[] for _ in range(min(lanes, len(weights)))]
    loads = [0.0] * len(found)
    for suite in sorted(weights, key=lambda suite: -weights[suite]):
        least = loads.index(min(loads))
        found[least].append(suite)
        loads[least] += weights[suite]
    return [sorted(lane, key=order.__getitem__) for lane in found]


def _weights(tests: Iterable[Planned], remembered: Mapping[str, float]) -> dict[str, float]:
    weights: dict[str, float] = {}
    private: set[str] = set()
    for test in tests:
        weights[test.suite] = weights.get(test.suite, 0.0) + remembered.get(test.id, _TEST)
        if "private" in test.tags:
            private.add(test.suite)
    return {
        suite: seconds + remembered.get(set_up(suite), _PLATFORM if suite in private else 0.0)
        for suite, seconds in weights.items()
    }


def write(path: Path, lanes: Sequence[Sequence[str]]) -> None:
    """The lists as pabot reads an ordering: each in braces, which makes one robot run it."""
    path.write_text(
        "".join("{\n" + "".join(f"--suite {suite}\n" for suite in lane) + "}\n" for lane in lanes), "utf-8"
    )
