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
        near = _near(offender.operation, whole)
        shown += near
        reason = _unmade(near)
    else:
        reason = _reason(found, offender) if found else _no_order(least)
    return Violation(
        key,
        f"operations on '{key}' that fit one order",
        f"the {phrase(offender.operation)}, which none explains: {reason}",
        sorted(shown, key=lambda one: one.begun),
        offender.operation,
    )


def _near(read: Operation, whole: Sequence[Operation]) -> list[Operation]:
    """What probably was seen: a write of the value that was refused, or one of a value that only looks the
    same.
    """
    wanted = read.expected if read.kind == "cas" else read.seen
    writes = [one for one in whole if one.kind in ("write", "cas") and str(one.asked) == str(wanted)]
    return sorted(writes, key=lambda one: identity(one.asked) != identity(wanted))[:1]


def _unmade(near: Sequence[Operation]) -> str:
    if not near:
        return "nothing ever left that value"
    one = near[0]
    if one.outcome is Outcome.FAILED:
        return f"the {phrase(one)} was refused, and nothing else left that value"
    return f"nothing ever left that value; the {phrase(one)} left a {type(one.asked).__name__} that only looks so"


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
    named = {offender.operation.number}
    return ", and ".join(_order(*pair, named) for pair in pairs)


def _order(before: Step | None, after: Step, named: set[int]) -> str:
    if before is None:
        return "that was there at the start only"
    one, two = (_name(step.operation, named) for step in (before, after))
    return f"{one} was done {time(after.begun - before.done)} before {two} began"


def _name(of: Operation, named: set[int]) -> str:
    """What was named before is called by its number."""
    if of.number in named:
        return f"#{of.number}"
    named.add(of.number)
    return f"the {phrase(of)}"


def _no_order(least: Sequence[Step]) -> str:
    told = [f"{deed(step.operation)} (#{step.operation.number})" for step in least]
    more = [f"{len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    names = ", ".join(chain(told[:_MOST_TOLD], more))
    return f"however {names} are ordered within their times, one sees another value than was left last"
