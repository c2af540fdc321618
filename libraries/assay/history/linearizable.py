"""Linearizability of registers (M. Herlihy and J. Wing, 1990), key by key: a history is, when each of its
keys is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from assay.core.histories import Operation
from assay.history import reasons, search, zones
from assay.history.registers import Step, identity, steps_of
from assay.history.shrinking import smallest, stretch
from assay.history.violation import Violation

_EARLY = 10_000
_BUDGET_OF_PARTS = 3_000


def broken_keys(
    operations: Iterable[Operation], initial: Any = None, budget: int = search.BUDGET
) -> dict[str, list[Operation]]:
    """The keys whose operations fit no order, each with its operations."""
    start = identity(initial)
    return {
        key: of_key for key, of_key in by_key(operations).items() if breaks(steps_of(of_key), start, budget)
    }


def by_key(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Operations sorted by their key, in the order in which they began."""
    found: dict[str, list[Operation]] = {}
    for one in sorted(operations, key=lambda operation: operation.begun):
        found.setdefault(one.key, []).append(one)
    return found


def breaks(steps: Sequence[Step], initial: Hashable, budget: int = search.BUDGET) -> bool:
    """Whether no order fits. Intervals decide where they can, the search otherwise.

    A search that grows long is often one for an order that a few neighbours rule out, so these are looked at then.
    """
    if zones.conflict(steps, initial) is not None:
        return True
    if zones.suffice(steps, initial):
        return False
    try:
        return not search.has_order(steps, initial, min(budget, _EARLY))
    except search.TooMuch:
        ordered = sorted(steps, key=lambda step: step.begun)
        if stretch(ordered, lambda some: _surely_breaks(some, initial)):
            return True
        if budget <= _EARLY:
            raise
    return not search.has_order(steps, initial, budget)


def explained(key: str, operations: Sequence[Operation], initial: Any = None) -> Violation:
    """A broken key as a violation: its smallest part that still fits no order, and why it does not."""
    start, steps = identity(initial), steps_of(operations)
    found = zones.conflict(steps, start)
    least = smallest(steps, lambda some: _surely_breaks(some, start), found.steps if found else ())
    return reasons.violation(key, least, operations, start)


def _surely_breaks(steps: Sequence[Step], initial: Hashable) -> bool:
    try:
        if zones.conflict(steps, initial) is not None:
            return True
        return not zones.suffice(steps, initial) and not search.has_order(steps, initial, _BUDGET_OF_PARTS)
    except search.TooMuch:
        return False
