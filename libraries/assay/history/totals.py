"""Sets and counters: what was acknowledged is there, and nothing else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from assay.core.errors import AssayError
from assay.core.histories import Operation, Outcome
from assay.history.linearizable import by_key
from assay.history.registers import identity
from assay.history.violation import Violation
from assay.history.words import phrase, quoted

_MOST_TOLD = 5


def set_faults(operations: Iterable[Operation], every_read: bool = False) -> Iterator[Violation]:
    """The first fault of each set: lost, never added, refused and there all the same, or there twice."""
    for key, of_key in by_key(operations).items():
        adds = [one for one in of_key if one.kind == "add"]
        reads = [one for one in of_key if one.kind == "read" and one.ok]
        final = _final(key, adds, reads)
        for read in reads:
            seen = _elements(read)
            found = (
                _strange(key, read, seen, adds)
                or _twice(key, read, seen, adds)
                or (_lost(key, read, seen, adds) if every_read or read is final else None)
            )
            if found:
                yield found
                break


def _final(key: str, changes: Sequence[Operation], reads: Sequence[Operation]) -> Operation:
    over = max((one.done for one in changes if one.ok), default=float("-inf"))
    final = [read for read in reads if read.begun >= over]
    if not final:
        raise AssayError(
            f"no read of '{key}' began after the last {changes[0].kind if changes else 'change'} was acknowledged; "
            "without one nothing can be judged"
        )
    return final[-1]


def _elements(read: Operation) -> dict[Hashable, tuple[Any, int]]:
    if read.seen is not None and not isinstance(read.seen, list):
        raise AssayError(
            f"read #{read.number} of the set '{read.key}' saw {quoted(read.seen)}; a list is needed"
        )
    counted = Counter(identity(element) for element in read.seen or ())
    return {identity(element): (element, counted[identity(element)]) for element in read.seen or ()}


def _strange(key: str, read: Operation, seen: Any, adds: Sequence[Operation]) -> Violation | None:
    possible = {
        identity(one.asked) for one in adds if one.outcome is not Outcome.FAILED and one.begun <= read.done
    }
    strange = {element: given for element, (given, _) in seen.items() if element not in possible}
    if not strange:
        return None
    others = [one for one in adds if identity(one.asked) in strange][:_MOST_TOLD]
    why = f", of which the {phrase(others[0])} {_excuse(others[0])}" if others else ""
    return Violation(
        key,
        f"nothing in '{key}' that was not added",
        f"{_list(strange.values())}{why}, seen by {read.client} (#{read.number})",
        [*others, read],
        read,
    )


def _excuse(add: Operation) -> str:
    return "was refused" if add.outcome is Outcome.FAILED else "began only later"


def _twice(key: str, read: Operation, seen: Any, adds: Sequence[Operation]) -> Violation | None:
    twice = {element: given for element, (given, times) in seen.items() if times > 1}
    if not twice:
        return None
    others = [one for one in adds if identity(one.asked) in twice][:_MOST_TOLD]
    return Violation(
        key,
        f"each element of '{key}' once",
        f"{_list(twice.values())} more than once, seen by {read.client} (#{read.number})",
        [*others, read],
        read,
    )


def _list(values: Iterable[Any]) -> str:
    names = [quoted(one) for one in values]
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


def _lost(key: str, read: Operation, seen: Any, adds: Sequence[Operation]) -> Violation | None:
    lost = [one for one in adds if one.ok and one.done < read.begun and identity(one.asked) not in seen]
    if not lost:
        return None
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return Violation(
        key,
        f"all that was added to '{key}' and acknowledged in the later read #{read.number} by {read.client}",
        f"the {phrase(lost[0])}{more} missing there",
        [*lost[:_MOST_TOLD], read],
        read,
    )


def counter_faults(operations: Iterable[Operation], initial: float = 0) -> Iterator[Violation]:
    """The first read of each counter that is outside what the increments before and beside it allow.

    All that were acknowledged before it count, all that may have taken effect until its end can; for the read
    at the end these are the same, unless operations are unknown.
    """
    for key, of_key in by_key(operations).items():
        changes = [one for one in of_key if one.kind == "increment" and one.outcome is not Outcome.FAILED]
        reads = [one for one in of_key if one.kind == "read" and one.ok]
        _final(key, changes, reads)
        low, high = _bounds(changes, initial)
        for read in reads:
            value = _number(read, read.seen)
            least, most = low(read), high(read)
            if not least <= value <= most:
                yield _counted(key, read, (least, most), changes)
                break


def _counted(
    key: str, read: Operation, bounds: tuple[float, float], changes: Sequence[Operation]
) -> Violation:
    least, most = bounds
    allowed = f"exactly {least:g}" if least == most else f"{least:g} to {most:g}"
    near = [one for one in changes if one.begun <= read.done][-_MOST_TOLD:]
    before = sum(one.done < read.begun for one in changes)
    beside = sum(one.begun <= read.done for one in changes) - before
    return Violation(
        key,
        f"'{key}' at {allowed} ({before} increments done before, {beside} beside or unknown)",
        f"{quoted(read.seen)}, read by {read.client} (#{read.number})",
        [*near, read],
        read,
    )


def _bounds(
    changes: Sequence[Operation], initial: float
) -> tuple[Callable[[Operation], float], Callable[[Operation], float]]:
    """The least and the most that a read may see: what raises counts when it may be there, or when it must,
    and so on.
    """
    up = [(one, by) for one in changes if (by := _step(one)) > 0]
    down = [(one, by) for one in changes if (by := _step(one)) < 0]
    must_up, may_up = _sum(up, "done"), _sum(up, "begun")
    must_down, may_down = _sum(down, "done"), _sum(down, "begun")
    return (
        lambda read: initial + must_up(read) + may_down(read),
        lambda read: initial + may_up(read) + must_down(read),
    )


def _sum(changes: Iterable[tuple[Operation, float]], moment: str) -> Callable[[Operation], float]:
    """The sum of the changes that were done before a read began, or that began before it was done."""
    ordered = sorted((getattr(one, moment), by) for one, by in changes)
    times, sums = [at for at, _ in ordered], [0.0, *accumulate(by for _, by in ordered)]
    if moment == "done":
        return lambda read: sums[bisect_left(times, read.begun)]
    return lambda read: sums[bisect_right(times, read.done)]


def _step(change: Operation) -> float:
    return 1 if change.asked is None else _number(change, change.asked)


def _number(one: Operation, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AssayError(
            f"{one.kind} #{one.number} of the counter '{one.key}' has {quoted(value)}; give a number"
        )
    return value
