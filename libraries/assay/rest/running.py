"""Sends the cases of a table, judges each, and leaves one table for every 150 of them in the log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from robot.api import logger
from robot.api.types import Secret

from assay.core.errors import AssayError, NoAnswer
from assay.evidence import live
from assay.evidence.exchange import RowResult, rows_table
from assay.evidence.expect import Unmet, told
from assay.http.answers import Response
from assay.http.calls import Caller
from assay.rest.cases import Case, judge

SLOWEST = 2.0  # seconds beyond what the valid request takes
_LARGEST = 150
_NAMED = 20


def run(title: str, cases: Sequence[Case], caller: Caller) -> None:
    """Sends every case and fails with the names of those that did not hold.

    Controls go last: they also show that what was refused did no harm. A table without cases or without a control could
    not show anything and is an error of ours.
    """
    _check(title, cases)
    results: list[RowResult] = []
    ordered = sorted(cases, key=lambda one: one.control)
    try:
        for case in ordered:
            results.append(_one(case, caller))
        _tell_waits(ordered, results)
    finally:
        live.count_rows(len(results))
        for start in range(0, len(results), _LARGEST):
            logger.write(rows_table(title, results[start : start + _LARGEST]), "INFO", True)
    _verdict(title, results)


def _check(title: str, cases: Sequence[Case]) -> None:
    if not any(case.control for case in cases):
        raise AssayError(
            f"'{title}' has no control among its {len(cases)} rows: refusing everything would pass"
        )
    if all(case.control for case in cases):
        raise AssayError(f"'{title}' has control rows only")
    names = [case.name for case in cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise AssayError(f"two rows of '{title}' have the same name: {', '.join(twice[:3])}")


def _one(case: Case, caller: Caller) -> RowResult:
    def send(operation: str, request: Mapping[str, Any]) -> Response:
        return caller.call_row(operation, request)

    sent = {name: value for name, value in case.request.items() if name != "token"} or case.request
    result = RowResult(case.name, _sent(sent), str(case.expectation), "", False, control=case.control)
    try:
        response = send(case.operation, case.request)
    except NoAnswer as error:
        result.seen, result.silent = str(error), True
        return result
    result.seconds, result.exchanges = response.seconds, response.steps
    complaint = judge(case, response, caller.rules(case.operation), send)
    result.seen, result.held = complaint or response.summary(), not complaint
    return result


def _tell_waits(cases: Sequence[Case], results: Sequence[RowResult]) -> None:
    """Tells which texts that ask to wait did so: they took longer than their operation's valid request, by far."""
    pairs = list(zip(cases, results, strict=True))
    usual = {case.operation: result.seconds for case, result in pairs if case.control}
    for case, result in pairs:
        if case.asks_to_wait and result.seconds > usual.get(case.operation, 0.0) + SLOWEST:
            late = f"after {result.seconds:.1f} s"
            result.seen, result.held = f"{result.seen} {late}", False


def _verdict(title: str, results: Sequence[RowResult]) -> None:
    broken = [result for result in results if not result.held]
    if not broken:
        return
    if all(result.silent for result in results):
        raise NoAnswer(f"none of the {len(results)} rows of '{title}' got an answer: {broken[0].seen}")
    listed = "; ".join(f"{result.name}: {result.seen}" for result in broken[:_NAMED])
    more = f"; and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    raise Unmet(
        f"every row of '{title}' to be answered as its table expects",
        f"{len(broken)} of {len(results)} rows otherwise: {listed}{more}",
        "the table in the log has each",
        [result.name for result in broken],
    )


def _sent(request: Mapping[str, Any]) -> str:
    shown = {name: "<secret>" if isinstance(value, Secret) else value for name, value in request.items()}
    return told(json.dumps(shown, ensure_ascii=True, default=str)) if shown else "nothing"
