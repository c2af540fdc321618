"""Versions of the writes of a key: one apart, in the order of the writes. And ids, which are given out once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from assay.core.errors import AssayError
from assay.core.histories import Operation
from assay.history.linearizable import by_key
from assay.history.registers import identity
from assay.history.violation import Violation
from assay.history.words import phrase, quoted, time

WRITES = ("write", "cas", "delete")


def gaps(operations: Iterable[Operation], first: int | None = 1) -> Iterator[Violation]:
    """For each key the first fault of its versions: repeated, out of order, or missing where no unknown write
    fits.
    """
    for key, of_key in by_key(operations).items():
        writes = [one for one in of_key if one.kind in WRITES]
        numbered = sorted(
            (one for one in writes if one.ok and _counts(one)), key=lambda one: (one.version, one.begun)
        )
        unknown = sorted(one.begun for one in writes if one.unknown)
        found = (
            _repeated(key, numbered)
            or _out_of_order(key, numbered)
            or _missing(key, numbered, unknown, first)
        )
        if found:
            yield found


def _counts(one: Operation) -> bool:
    if one.version is None and one.kind != "delete":
        raise AssayError(f"{one.kind} #{one.number} of '{one.key}' has no version; say it: done(version=...)")
    return one.version is not None


def _repeated(key: str, writes: Sequence[Operation]) -> Violation | None:
    for one, two in pairwise(writes):
        if one.version == two.version:
            return Violation(
                key,
                f"a version of its own for each write of '{key}'",
                f"version {two.version} twice: the {phrase(one)} and the {phrase(two)}",
                [one, two],
                two,
            )
    return None


def _out_of_order(key: str, writes: Sequence[Operation]) -> Violation | None:
    latest: Operation | None = None
    for one in writes:
        if latest is not None and one.done < latest.begun:
            return Violation(
                key,
                f"versions of '{key}' that rise from write to write",
                f"the {phrase(latest)} begun {time(latest.begun - one.done)} after the {phrase(one)} was done",
                [one, latest],
                latest,
            )
        if latest is None or one.begun > latest.begun:
            latest = one
    return None


def _missing(
    key: str, writes: Sequence[Operation], unknown: Sequence[float], first: int | None
) -> Violation | None:
    """A version that is missing took effect before each higher one was done; each needs an unknown write of
    its own.
    """
    due = _version(writes[0]) if writes and first is None else first or 0
    ends = _earliest_ends(writes)
    filled = 0
    for place, one in enumerate(writes):
        missing = _version(one) - due
        if missing < 0:
            return Violation(key, f"versions of '{key}' from {due} on", f"the {phrase(one)}", [one], one)
        fitting = bisect_right(unknown, ends[place])
        if filled + missing > fitting:
            before = list(writes[place - 1 : place]) if place else []
            after = f"after the {phrase(before[0])}" if before else "at first"
            lacking = due + max(0, fitting - filled)
            return Violation(
                key,
                f"version {lacking} of '{key}' {after}",
                f"the {phrase(one)}, and no unknown write that may be in between",
                [*before, one],
                one,
            )
        filled, due = filled + missing, _version(one) + 1
    return None


def _earliest_ends(writes: Sequence[Operation]) -> list[float]:
    """For each write the time at which it or any of a higher version was first done."""
    ends, earliest = [], float("inf")
    for one in reversed(writes):
        earliest = min(earliest, one.done)
        ends.append(earliest)
    return ends[::-1]


def _version(one: Operation) -> int:
    assert one.version is not None
    return one.version


def ids_given_twice(operations: Iterable[Operation], kind: str) -> Iterator[Violation]:
    """The first id that two acknowledged operations of a kind were given."""
    known: dict[Any, Operation] = {}
    for one in operations:
        if one.kind != kind or not one.ok:
            continue
        if one.seen is None:
            raise AssayError(f"{kind} #{one.number} does not say which id it was given; say it: saw(id)")
        other = known.setdefault(identity(one.seen), one)
        if other is not one:
            yield Violation(
                one.key,
                f"an id of its own for each {kind}",
                f"{quoted(one.seen)} twice: #{other.number} by {other.client} and #{one.number} by {one.client}",
                [other, one],
                one,
            )
            return
