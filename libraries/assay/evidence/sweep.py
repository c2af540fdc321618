"""Tables of many rows with one expectation and a control that must be accepted: which may be run, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from robot.api.types import Secret

from assay.core.errors import AssayError, NoAnswer
from assay.core.rows import Row
from assay.evidence.exchange import RowResult
from assay.evidence.expect import Unmet, told
from assay.evidence.opening import kind_of
from assay.evidence.redact import mask

_LARGEST = 150
_NAMED = 20


def check_rows(rows: Sequence[Row]) -> None:
    """Refuses a table that could not fail, or whose rows cannot be told apart."""
    if not rows:
        raise AssayError("the table has no rows: it would hold whatever the platform does")
    if not any(row.accepted for row in rows):
        raise AssayError("the table has no control row (accepted=True): refusing everything would pass")
    if all(row.accepted for row in rows):
        raise AssayError("the table has control rows only: nothing in it is expected to be refused")
    if len(rows) > _LARGEST:
        raise AssayError(f"the table has {len(rows)} rows; split it, {_LARGEST} a call can still be read")
    names = [row.name for row in rows]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AssayError(f"two rows of the table have the same name: {', '.join(twice)}")


def judge(operation: str, results: Sequence[RowResult]) -> None:
    """Raises Unmet that names every row that did not hold, controls first; NoAnswer when none of them was answered."""
    broken = [result for result in results if not result.held]
    if not broken:
        return
    controls = [result for result in broken if result.control]
    listed = "; ".join(f"{result.name}: {result.seen}" for result in (controls or broken)[:_NAMED])
    more = len(controls or broken) - _NAMED
    if more > 0:
        listed += f"; and {more} more"
    if controls:
        raise Unmet(
            f"the control rows of {operation} to be accepted",
            listed,
            "without them no refusal means anything",
            [result.name for result in controls],
        )
    if all(result.silent for result in broken):
        raise NoAnswer(f"{len(broken)} of {len(results)} rows of {operation} got no answer: {listed}")
    expected = broken[0].expected
    raise Unmet(
        f"every row of {operation} to be {expected}",
        f"{len(broken)} of {len(results)} rows otherwise: {listed}",
        "the table in the log has each",
        [result.name for result in broken],
    )


def sent(request: dict[str, Any]) -> str:
    """The fields of a row as its table shows them."""
    shown = {
        name: mask(str(value.value), kind_of(name)) if isinstance(value, Secret) else value
        for name, value in request.items()
    }
    return told(json.dumps(shown, ensure_ascii=False, default=str)) if shown else "nothing"
