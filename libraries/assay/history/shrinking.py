"""The smallest part of a history that still fits no order.

A part must not accuse anyone falsely: where a write is left out, so is every read that may have seen it. Then
any order of the whole is one of the part, and a part without an order shows that the whole has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Sequence

from assay.history.registers import Step

_SECONDS = 5.0
_STRETCHES = (8, 32, 128)

Breaks = Callable[[Sequence[Step]], bool]


def smallest(steps: Sequence[Step], breaks: Breaks, hint: Collection[Step] = ()) -> list[Step]:
    """Leaves out step after step as long as the rest still breaks. `hint` is a part that probably does.

    What is shown of a broken history may be larger than it need be where time is over; the verdict stands before.
    """
    ordered = sorted(steps, key=lambda step: step.begun)
    deadline = time.monotonic() + _SECONDS
    kept = fair([step for step in ordered if step in hint], ordered)
    if not kept or not breaks(kept):
        kept = stretch(ordered, breaks, deadline) or _shortest_beginning(ordered, breaks, deadline)
    size = max(1, len(kept) // 2)
    while time.monotonic() < deadline:
        place, count = 0, len(kept)
        while place < len(kept) and time.monotonic() < deadline:
            trial = fair(kept[:place] + kept[place + size :], ordered)
            if trial and breaks(trial):
                kept = trial
            else:
                place += size
        if size == 1 and len(kept) == count:
            break
        size = max(1, size // 2)
    return kept


def stretch(ordered: Sequence[Step], breaks: Breaks, deadline: float = float("inf")) -> list[Step] | None:
    """A stretch of neighbours that breaks, short ones before long ones, with all that may or may not have happened."""
    for size in _STRETCHES:
        for start in range(0, len(ordered) if size < len(ordered) else 0, size // 2):
            if time.monotonic() > deadline:
                return None
            near = set(ordered[start : start + size])
            part = fair([step for step in ordered if step in near or not step.sure], ordered)
            if part and breaks(part):
                return part
    return None


def _shortest_beginning(ordered: list[Step], breaks: Breaks, deadline: float) -> list[Step]:
    """What was done until the moment at which the history first fits no order."""
    ends = sorted({step.done for step in ordered})
    low, high = 0, len(ends) - 1
    while low < high and time.monotonic() < deadline:
        middle = (low + high) // 2
        if breaks(_until(ordered, ends[middle])):
            high = middle
        else:
            low = middle + 1
    part = _until(ordered, ends[high])
    return part if breaks(part) else ordered


def _until(ordered: list[Step], moment: float) -> list[Step]:
    """The steps begun by a moment, without reads that were answered later."""
    part = [step for step in ordered if step.begun <= moment and (step.changes or step.done <= moment)]
    return fair(part, ordered)


def fair(part: list[Step], whole: Sequence[Step]) -> list[Step]:
    """A part without the reads that may have seen a write that it leaves out, and without reads of which no
    write is left.

    The latter would break the part for a reason that is not the whole's.
    """
    while True:
        inside, left_out, left = set(part), dict[Hashable, list[Step]](), set[Hashable]()
        for step in whole:
            if step.changes and step in inside:
                left.add(step.makes)
            elif step.changes:
                left_out.setdefault(step.makes, []).append(step)
        fitting = [
            step
            for step in part
            if (step.needs in left or step.needs is None or step.needs not in left_out)
            and not _may_have_seen(step, left_out.get(step.needs, ()), part)
        ]
        if len(fitting) == len(part):
            return part
        part = fitting


def _may_have_seen(read: Step, writes: Sequence[Step], part: Sequence[Step]) -> bool:
    """Whether one of these writes, all of the value that was seen, can be the one: no other value surely came
    between.
    """
    writes = [write for write in writes if write.begun <= read.done and write is not read]
    if not writes:
        return False
    between = max(
        (
            step.begun
            for step in part
            if step.changes and step.sure and step.makes != read.needs and step.done < read.begun
        ),
        default=float("-inf"),
    )
    return any(write.done >= between for write in writes)
