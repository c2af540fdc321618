"""Intervals, search and a checker that tries every order come to the same verdict, on thousands of drawn
histories.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from assay.core.histories import Operation, Outcome
from assay.history import linearizable, search, sessions, zones
from assay.history.registers import steps_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.history.brute import fits_an_order

MIXES = (
    ("read", "write"),
    ("read", "read", "write"),
    ("read", "write", "cas"),
    ("read", "write", "delete"),
    ("read", "write", "cas", "delete"),
)


def operation(
    number: int, kind: str, moments: tuple[int, int], values: tuple[Any, Any], outcome: Outcome
) -> Operation:
    begun, length = moments
    new, old = values
    return Operation(
        f"client-{number % 3}",
        kind,
        "k",
        asked=new if kind in ("write", "cas") else None,
        expected=old if kind == "cas" else None,
        seen=old if kind == "read" else None,
        begun=float(begun),
        ended=None if outcome is Outcome.UNKNOWN else float(begun + length),
        outcome=outcome,
        number=number,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Operation]:
    kinds = draw(st.sampled_from(MIXES))
    unlike = draw(st.booleans())
    found = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        new = number if unlike else draw(st.integers(1, 3))
        old = draw(st.one_of(st.none(), st.integers(1, 6 if unlike else 3)))
        moments = draw(st.tuples(st.integers(0, 12), st.integers(0, 5)))
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OK, Outcome.UNKNOWN, Outcome.FAILED]))
        found.append(operation(number, draw(st.sampled_from(kinds)), moments, (new, old), outcome))
    return found


def check(operations: list[Operation]) -> bool:
    fits = fits_an_order(operations)
    steps = steps_of(operations)
    found = zones.conflict(steps, None)
    assert search.has_order(steps, None) is fits, operations
    assert found is None or not fits, operations
    if zones.suffice(steps, None):
        assert (found is None) is fits, operations
    if not fits:
        part = linearizable.explained("k", operations)
        assert not fits_an_order(list(part.operations)), operations
        assert part.offender.kind in ("read", "cas")
    return fits


@settings(max_examples=1_500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_drawn_histories(operations: list[Operation]) -> None:
    check(operations)


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_histories(seed: int) -> None:
    chance = random.Random(seed)
    verdicts = Counter(check(drawn(chance)) for _ in range(3_000))
    assert min(verdicts[True], verdicts[False]) > 500, "the histories are too much alike to show anything"


def drawn(chance: random.Random) -> list[Operation]:
    kinds, unlike = chance.choice(MIXES), chance.random() < 0.5
    doubt = chance.choice([0.0, 0.2, 0.4])
    found = []
    for number in range(1, chance.randrange(2, 7)):
        values = (
            number if unlike else chance.randrange(1, 4),
            chance.choice([None, 1, 2, 3, 4][: 4 + unlike]),
        )
        outcome = chance.choices([*Outcome], [1 - doubt, 0.1, doubt])[0]
        moments = (chance.randrange(12), chance.randrange(6))
        found.append(operation(number, chance.choice(kinds), moments, values, outcome))
    return found


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kinds", MIXES)
def test_what_a_real_register_did_fits(kinds: tuple[str, ...], seed: int) -> None:
    operations = served(random.Random(seed), kinds, 400)
    steps = steps_of(operations)
    assert not linearizable.breaks(steps, None)
    assert search.has_order(steps, None)
    assert not list(sessions.own_writes_not_seen(operations))


@pytest.mark.parametrize("seed", range(20))
def test_a_stale_read_among_hundreds_is_found(seed: int) -> None:
    operations = served(random.Random(seed), ("read", "write"), 400)
    first = next(one for one in operations if one.kind == "write" and one.ok)
    last = next(one for one in reversed(operations) if one.kind == "read" and one.begun > first.done)
    last.seen = first.asked
    steps = steps_of(operations)
    assert zones.conflict(steps, None) is not None
    assert not search.has_order(steps, None)
    found = linearizable.explained("k", operations)
    assert found.offender is last
    assert len(found.operations) in (3, 4)


def served(chance: random.Random, kinds: tuple[str, ...], count: int, clients: int = 6) -> list[Operation]:
    """What clients see of a register that serves each operation at one moment within its time."""
    free, planned = [0.0] * clients, []
    for number in range(1, count + 1):
        client = free.index(min(free))
        begun, length = free[client], chance.expovariate(1)
        free[client] = begun + length + chance.expovariate(10)
        planned.append((begun + chance.random() * length, number, client, begun, begun + length))
    value, found = None, []
    for _, number, client, begun, ended in sorted(planned):
        kind, lost = chance.choice(kinds), chance.random() < 0.05
        new = number if len(set(kinds)) < 3 else chance.randrange(4)
        outcome = Outcome.UNKNOWN if lost and kind != "read" else Outcome.OK
        one = operation(number, kind, (0, 0), (new, value), outcome)
        one.client, one.begun, one.ended = (
            f"client-{client}",
            begun,
            None if lost and kind != "read" else ended,
        )
        if kind != "read" and not (lost and chance.random() < 0.5):
            value = new if kind in ("write", "cas") else None
        found.append(one)
    return sorted(found, key=lambda one: one.begun)
