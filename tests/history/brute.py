"""The slowest checker there is: every order of every choice of the unknown operations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations, permutations
from typing import Any

from assay.core.histories import Operation, Outcome


def fits_an_order(operations: Sequence[Operation], initial: Any = None) -> bool:
    """Whether a history of one key is linearizable, found by trying everything."""
    sure = [one for one in operations if one.ok]
    unsure = [one for one in operations if one.outcome is Outcome.UNKNOWN and one.kind != "read"]
    choices = chain.from_iterable(combinations(unsure, count) for count in range(len(unsure) + 1))
    return any(
        _keeps_times(order) and _explains(order, initial)
        for choice in choices
        for order in permutations([*sure, *choice])
    )


def _keeps_times(order: Sequence[Operation]) -> bool:
    return not any(
        later.done < earlier.begun for place, earlier in enumerate(order) for later in order[place + 1 :]
    )


def _explains(order: Sequence[Operation], value: Any) -> bool:
    for one in order:
        if one.kind == "read":
            if one.seen != value:
                return False
        elif one.kind == "cas":
            if one.expected != value:
                return False
            value = one.asked
        else:
            value = one.asked if one.kind == "write" else None
    return True
