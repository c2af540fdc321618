"""Registers whose values are written once each: judged by intervals, in the time that sorting takes.

P. Gibbons and E. Korach, Testing Shared Memories (SIAM Journal on Computing 26, 1997). The write of a value
and the reads of it must stand together in every order. So values are ordered, not operations: one comes
before another where any of its operations was done before any of the other's began. An order exists exactly
when no two values come before each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from assay.history.registers import Step

Pair = tuple[Step | None, Step]


@dataclass(slots=True)
class Zone:
    """A value with its operations: when the first of them was done and when the last began. The first value
    has no maker.
    """

    maker: Step | None
    steps: list[Step] = field(default_factory=list)
    done: float = float("-inf")
    begun: float = float("-inf")
    first: Step | None = None
    last: Step | None = None

    def close(self) -> None:
        """Finds the two ends, once all operations are known."""
        members = self.steps if self.maker is None else [self.maker, *self.steps]
        self.last = max(members, key=lambda step: step.begun)
        self.begun = self.last.begun
        if self.maker is not None:
            self.first = min(members, key=lambda step: step.done)
            self.done = self.first.done


@dataclass(frozen=True)
class Conflict:
    """Why no order exists.

    `unmade`: a value was seen that nothing wrote. `early`: it was seen before its write began. `twice`: it
    was replaced by two compare-and-sets. `order`: two values come before each other; `orders` has, for either
    direction, the operation that was done (none for the value at the start) and the one that began after it.
    """

    why: Literal["unmade", "early", "twice", "order"]
    steps: Sequence[Step]
    orders: Sequence[Pair] = ()


@dataclass(slots=True)
class Values:
    """The values of a key: who leaves each, who needs it."""

    makers: dict[Hashable, list[Step | None]]
    users: dict[Hashable, list[Step]]

    @classmethod
    def of(cls, steps: Sequence[Step], initial: Hashable) -> Values:
        """Sorts steps by their values; the value at the start has None as its maker."""
        makers: dict[Hashable, list[Step | None]] = {initial: [None]}
        users: dict[Hashable, list[Step]] = {}
        for step in steps:
            if step.changes:
                makers.setdefault(step.makes, []).append(step)
            if step.looks and step.sure:
                users.setdefault(step.needs, []).append(step)
        found = cls(makers, users)
        if len(makers[initial]) > 1 and found._start_is_over(steps, initial):
            makers[initial].remove(None)
        return found

    def _start_is_over(self, steps: Sequence[Step], initial: Hashable) -> bool:
        """Whether another value was surely there before anyone looked for the first: then none of them saw
        that of the start.
        """
        over = min(
            (step.done for step in steps if step.changes and step.makes != initial), default=float("inf")
        )
        return all(over < step.begun for step in self.users.get(initial, ()))


def suffice(steps: Sequence[Step], initial: Hashable) -> bool:
    """Whether `conflict` decides alone: no compare-and-set, and each value that was seen was left once."""
    if any(step.looks and step.changes for step in steps):
        return False
    values = Values.of(steps, initial)
    return all(len(values.makers.get(value, ())) < 2 for value in values.users)


def conflict(steps: Sequence[Step], initial: Hashable) -> Conflict | None:
    """Why there is no order, as far as values tell that were left once; None where they tell nothing."""
    values = Values.of(steps, initial)
    zones = []
    for value, makers in values.makers.items():
        users = values.users.get(value, [])
        if len(makers) > 1 and users:
            continue
        for maker in makers:
            if not users and (maker is None or not maker.sure):
                continue
            zone = Zone(maker, list(users))
            found = _alone(zone)
            if found:
                return found
            zone.close()
            zones.append(zone)
    for value, users in values.users.items():
        if value not in values.makers:
            return Conflict("unmade", [min(users, key=lambda step: step.done)])
    return _between(zones)


def _alone(zone: Zone) -> Conflict | None:
    """What is wrong with a value by itself."""
    if zone.maker is not None:
        for step in zone.steps:
            if step.done < zone.maker.begun:
                return Conflict("early", [zone.maker, step])
    swaps = [step for step in zone.steps if step.changes and step.makes != step.needs]
    if len(swaps) > 1:
        makers = [] if zone.maker is None else [zone.maker]
        return Conflict("twice", [*makers, *sorted(swaps, key=lambda step: step.begun)[:2]])
    return None


def _between(zones: list[Zone]) -> Conflict | None:
    """Two values of which each comes before the other.

    A value that is seen after it was surely written holds the time between; no two hold the same moment, and
    no other value lives wholly within it.
    """
    held = sorted((zone for zone in zones if zone.done < zone.begun), key=lambda zone: zone.done)
    for before, after in pairwise(held):
        if after.done < before.begun:
            return _both(before, after)
    starts = [zone.done for zone in held]
    for zone in zones:
        if zone.done >= zone.begun:
            place = bisect_left(starts, zone.begun) - 1
            if place >= 0 and zone.done < held[place].begun:
                return _both(held[place], zone)
    return None


def _both(one: Zone, two: Zone) -> Conflict:
    assert one.last is not None and two.last is not None
    orders: list[Pair] = [(one.first, two.last), (two.first, one.last)]
    steps: list[Step] = []
    for step in (one.maker, two.maker, *orders[0], *orders[1]):
        if step is not None and step not in steps:
            steps.append(step)
    return Conflict("order", steps, orders)
