"""What one client may count on (D. Terry and others, Session Guarantees, 1994): reads do not go back, own
writes are seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assay.core.errors import AssayError
from assay.core.histories import Operation
from assay.history.linearizable import by_key
from assay.history.registers import Step, identity, steps_of
from assay.history.violation import Violation
from assay.history.words import phrase, quoted, time

Found = Violation | None


def reads_that_go_back(operations: Iterable[Operation], anew: bool) -> Iterator[Violation]:
    """The first read of each client and key that saw a lower version than an earlier one of the same client.

    With `anew`, versions may begin again after a delete, so reads that one may lie between are not compared.
    """
    for key, of_key in by_key(operations).items():
        deletes = [one for one in of_key if one.kind == "delete" and (one.ok or one.unknown)] if anew else []
        for reads in _by_client(one for one in of_key if one.kind == "read" and one.ok):
            found = _going_back(key, [one for one in reads if one.seen is not None], deletes)
            if found:
                yield found


def _going_back(key: str, reads: Sequence[Operation], deletes: Sequence[Operation]) -> Found:
    ended = sorted(reads, key=lambda one: one.done)
    best: Operation | None = None
    place = 0
    for read in reads:
        while place < len(ended) and ended[place].done <= read.begun:
            candidate = ended[place]
            restart = best is not None and _between(best, candidate, deletes)
            if best is None or restart or _version(candidate) >= _version(best):
                best = candidate
            place += 1
        if best and _version(read) < _version(best) and not _between(best, read, deletes):
            return Violation(
                key,
                f"reads of '{key}' by {read.client} that never go back",
                f"the {phrase(read)}, {time(read.begun - best.done)} after the {phrase(best)}",
                [best, *(one for one in deletes if one.begun < read.done and one.done > best.begun), read],
                read,
            )
    return None


def own_writes_not_seen(operations: Iterable[Operation], initial: Any = None) -> Iterator[Violation]:
    """The first read of each client and key that saw what was there before an acknowledged write of the same
    client.

    A value is older when each operation that can have left it was done before that write began.
    """
    start = identity(initial)
    for key, of_key in by_key(operations).items():
        steps = steps_of(of_key)
        makers: dict[Any, list[Step]] = defaultdict(list)
        for step in steps:
            if step.changes:
                makers[step.makes].append(step)
        latest = {value: max(step.done for step in made) for value, made in makers.items()}
        by_client: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            if step.sure:
                by_client[step.operation.client].append(step)
        for own in by_client.values():
            found = _own_not_seen(key, own, latest, makers, start)
            if found:
                yield found


def _own_not_seen(key: str, own: list[Step], latest: Any, makers: Any, start: Any) -> Found:
    writes = sorted((step for step in own if step.changes), key=lambda step: step.done)
    begun: list[Step] = []
    for step in writes:
        begun.append(max(step, begun[-1], key=lambda one: one.begun) if begun else step)
    ends = [step.done for step in writes]
    for read in own:
        place = bisect_left(ends, read.begun)
        if not read.looks or not place:
            continue
        write = begun[place - 1]
        if read.needs == write.makes:
            continue
        if read.needs not in latest and read.needs != start:
            return _own(key, write, read, [], "which nothing left")
        if latest.get(read.needs, float("-inf")) < write.begun:
            older = makers.get(read.needs, [])[-1:]
            return _own(key, write, read, older, "which was there before")
    return None


def _own(key: str, write: Step, read: Step, older: list[Step], why: str) -> Violation:
    one, two = write.operation, read.operation
    return Violation(
        key,
        f"reads of '{key}' by {two.client} that show its own {phrase(one)}, or what came later",
        f"the {phrase(two)}, {why}, {time(read.begun - write.done)} after that was acknowledged",
        [*(step.operation for step in older), one, two],
        two,
    )


def _between(one: Operation, two: Operation, deletes: Sequence[Operation]) -> bool:
    return any(delete.begun < two.done and delete.done > one.begun for delete in deletes)


def _by_client(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        found[one.client].append(one)
    return iter(found.values())


def _version(read: Operation) -> int:
    if read.version is None:
        raise AssayError(
            f"read #{read.number} of '{read.key}' has no version; say it: saw({quoted(read.seen)}, version=...)"
        )
    return read.version
