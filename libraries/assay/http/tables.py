"""Tables of requests: many rows, one expectation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from assay.core.errors import NoAnswer
from assay.core.rows import Row
from assay.evidence.exchange import RowResult
from assay.evidence.expect import Unmet
from assay.evidence.sweep import sent
from assay.http.answers import Response
from assay.http.expectations import Expectation

Send = Callable[[dict[str, Any]], Response]


def run_rows(send: Send, rows: Sequence[Row], expected: Expectation, results: list[RowResult]) -> None:
    """Fills the results: sends every row and compares; the controls go first, since without them the others mean nothing.

    A service that answers no control is down (NoAnswer); one that leaves a later row without an answer breaks that row.
    """
    silent = 0
    for row in sorted(rows, key=lambda row: not row.accepted):
        wanted = Expectation(members=row.answer) if row.accepted else expected
        result = RowResult(
            row.name, row.note or sent(row.request), str(wanted), "", False, control=row.accepted
        )
        results.append(result)
        try:
            response = send(row.request)
        except NoAnswer as error:
            silent += 1
            if row.accepted or silent > 1:
                raise
            result.seen, result.silent = str(error), True
            continue
        silent = 0
        result.seconds = response.seconds
        result.exchanges = response.steps
        result.seen = response.summary()
        try:
            wanted.check(response)
        except Unmet as unmet:
            result.seen = unmet.seen
        else:
            result.held = not (row.accepted and expected.path and expected.holds(response))
