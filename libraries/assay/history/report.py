"""Violations in the log: the picture of each, and its operations as a table below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.core.histories import History, Operation, Outcome
from assay.evidence.exchange import table
from assay.evidence.redact import Redacted, redact
from assay.history.timeline import timeline
from assay.history.violation import Violation
from assay.history.words import deed, time, value

_HEADS = ("#", "Client", "Operation", "Version", "Begun", "Ended", "Outcome")


def picture(violation: Violation, whole: int) -> Redacted:
    """A violation as HTML."""
    some = (
        f"{len(violation.operations)} of {whole} operations show it "
        "(times from the first of them, lengths not to scale)"
    )
    title = redact(f"'{value(violation.key)}': {some}")
    drawing = timeline(violation.operations, violation.offender)
    return Redacted(f'<div style="margin:4px 0">{drawing}</div>{table(title, _HEADS, _rows(violation))}')


def _rows(violation: Violation) -> Iterable[Sequence[str]]:
    start = min(one.begun for one in violation.operations)
    for one in sorted(violation.operations, key=lambda operation: operation.begun):
        number = f"{one.number} ←" if one is violation.offender else str(one.number)
        version = "" if one.version is None else str(one.version)
        ended = "" if one.ended is None else time(one.ended - start)
        note = f": {one.note}" if one.note else ""
        yield number, one.client, deed(one), version, time(one.begun - start), ended, f"{one.outcome}{note}"


def summary(history: History) -> str:
    """A history in one line: how much there is, and how much of it ran at once, for one without that shows
    little.
    """
    operations = history.operations
    if not operations:
        return f"{history.name}: no operations"
    clients, keys = {one.client for one in operations}, {one.key for one in operations}
    unknown = sum(one.unknown for one in operations)
    failed = sum(one.outcome is Outcome.FAILED for one in operations)
    return (
        f"{history.name}: {len(operations)} operations of {len(clients)} clients on {len(keys)} keys, "
        f"{unknown} unknown, {failed} refused, up to {_at_once(operations)} at once"
    )


def _at_once(operations: Iterable[Operation]) -> int:
    moments: list[tuple[float, int]] = []
    for one in operations:
        moments.append((one.begun, 1))
        if one.ended is not None:
            moments.append((one.ended, -1))
    most = now = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most
