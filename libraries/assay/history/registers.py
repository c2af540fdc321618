"""A key as a register: what each operation has to find there and what it leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from assay.core.errors import AssayError, accepted
from assay.core.histories import Operation, Outcome

KINDS = ("read", "write", "delete", "cas")


class _Any:
    """Stands where an operation does not care, or changes nothing."""

    def __repr__(self) -> str:
        return "whatever"


WHATEVER: Hashable = _Any()


@dataclass(slots=True, eq=False)
class Step:
    """An operation that took effect, or may have: it needs a value to be there (a read, a compare-and-set)
    and leaves one.

    `done` is when it had surely taken effect; one that is not sure has none and may be left out.
    """

    operation: Operation
    begun: float
    done: float
    needs: Hashable
    makes: Hashable
    sure: bool

    @property
    def looks(self) -> bool:
        """Whether it tells something of what was there."""
        return self.needs is not WHATEVER

    @property
    def changes(self) -> bool:
        """Whether it leaves a value."""
        return self.makes is not WHATEVER


def steps_of(operations: Iterable[Operation]) -> list[Step]:
    """The steps of one key. What failed had no effect, and a read without an answer tells nothing: both are
    left out.
    """
    steps = []
    for one in operations:
        if one.kind not in KINDS:
            raise AssayError(
                f"operation {one.number} on '{one.key}' is none of a register: '{one.kind}'"
                + accepted(one.kind, KINDS)
            )
        if one.outcome is Outcome.FAILED or (one.kind == "read" and not one.ok):
            continue
        needs, makes = _effect(one)
        steps.append(Step(one, one.begun, one.done, needs, makes, one.ok))
    return steps


def _effect(one: Operation) -> tuple[Hashable, Hashable]:
    if one.kind == "read":
        return identity(one.seen), WHATEVER
    if one.kind == "delete":
        return WHATEVER, None
    if one.kind == "write":
        return WHATEVER, identity(one.asked)
    return identity(one.expected), identity(one.asked)


def identity(value: Any) -> Hashable:
    """What two values share exactly when they are the same; true is not 1, and the order of members does not
    matter.
    """
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return "nan" if math.isnan(value) else value
    return ("json", json.dumps(value, sort_keys=True, default=repr))
