"""Why no order of the operations of a key explains what was seen, in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain

from assay.core.histories import Operation, Outcome
from assay.history import zones
from assay.history.registers import Step, identity
from assay.history.violation import Violation
from assay.history.words import deed, phrase, quoted, time

_MOST_TOLD = 6


def violation(key: str, least: Sequence[Step], whole: Sequence[Operation], initial: Hashable) -> Violation:
    """The smallest part of a broken key as a violation; the accused is what looked last."""
    offender = max((step for step in least if step.looks), key=lambda step: step.begun)
    found = zones.conflict(least, initial)
    shown = [step.operation for step in least]
    if found and found.why == "unmade":
        refused = _refused(offender.operation, whole)
        shown += refused
        reason = _unmade(refused)
    else:
        reason = _reason(found, offender) if found else _no_order(least)
    return Violation(
        key,
        f"operations on '{key}' that fit one order",
        f"the {phrase(offender.operation)}, which none explains: {reason}",
        sorted(shown, key=lambda one: one.begun),
        offender.operation,
    )


def _refused(read: Operation, whole: Sequence[Operation]) -> list[Operation]:
    wanted = identity(read.expected if read.kind == "cas" else read.seen)
    return [
        one
        for one in whole
        if one.outcome is Outcome.FAILED
        and one.kind in ("write", "cas", "delete")
        and identity(one.asked) == wanted
    ][:1]


def _unmade(refused: Sequence[Operation]) -> str:
    if refused:
        return f"the {phrase(refused[0])} was refused, and nothing else left that value"
    return "nothing ever left that value"


def _reason(found: zones.Conflict, offender: Step) -> str:
    if found.why == "early":
        write, read = found.steps
        gap = write.begun - read.done
        return f"the {phrase(write.operation)} began {time(gap)} after it was answered"
    if found.why == "twice":
        *_, one, two = (step.operation for step in found.steps)
        other = one if two is offender.operation else two
        return f"the {phrase(other)} replaced {quoted(other.expected)} too, which was there only once"
    pairs = sorted(found.orders, key=lambda pair: pair[1] is offender)
    return ", and ".join(_order(*pair) for pair in pairs)


def _order(before: Step | None, after: Step) -> str:
    if before is None:
        return "that was there at the start only"
    gap = after.begun - before.done
    return f"the {phrase(before.operation)} was done {time(gap)} before the {phrase(after.operation)} began"


def _no_order(least: Sequence[Step]) -> str:
    told = [f"{deed(step.operation)} (#{step.operation.number})" for step in least]
    more = [f"{len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    names = ", ".join(chain(told[:_MOST_TOLD], more))
    return f"however {names} are ordered within their times, one sees another value than was left last"
