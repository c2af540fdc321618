"""Wrong passwords among the cases of a table, which lock people out where there are several of them for one account."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assay.core.tolerance import LOCKOUTS
from assay.http.wrong import PROBLEMS
from assay.rest.cases import Case
from assay.rest.positions import Position


def left_out(cases: Sequence[Case], tolerated: Collection[str]) -> tuple[list[Case], list[str]]:
    """The cases that may be sent, and the operations of those that may not, because each is a wrong password."""
    if LOCKOUTS in tolerated:
        return list(cases), []
    kept = [case for case in cases if case.expects not in PROBLEMS]
    return kept, sorted({case.operation for case in cases if case.expects in PROBLEMS})


def guesses(position: Position, tolerated: Collection[str]) -> bool:
    """Whether requests drawn for an operation would be wrong passwords that the target does not tolerate."""
    return LOCKOUTS not in tolerated and any(field.odd in PROBLEMS for field in position.fields.values())
