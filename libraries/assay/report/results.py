"""The verdict for machines: results.json, beside the page and with the same content."""

from __future__ import annotations

import json
from typing import Any

from assay.evidence.redact import redact
from assay.report.model import Report
from assay.report.shapes import Judged, Outcome, Test

FORMAT = 1
_SAID = ("why", "kind", "expected", "seen", "where", "message", "link")


def as_json(report: Report) -> str:
    """The report as JSON text; every text in it is masked like the page's."""
    return json.dumps(_masked(_content(report)), indent=1, ensure_ascii=False) + "\n"


def _content(report: Report) -> dict[str, Any]:
    run, verdict = report.run, report.verdict
    return {
        "format": FORMAT,
        "run": run.id,
        "target": run.target,
        "started": run.started,
        "ended": run.ended,
        "seconds": round(run.seconds, 3),
        "ending": {"how": run.ending.how, "detail": run.ending.detail},
        "version": run.version,
        "verdict": {
            "holds": verdict.holds,
            "headline": verdict.headline,
            "sentence": verdict.sentence,
            "not_judged": verdict.unjudged,
            "exit_status": verdict.exit_status,
        },
        "counts": {
            outcome.value: report.counts.get(outcome, 0) for outcome in Outcome if report.counts.get(outcome)
        },
        "requirements": [_judged(one) for one in report.requirements],
        "promises": [_judged(one) for one in report.promises],
        "known_failures": [
            {
                "test": one.entry.test,
                "requirement": one.entry.requirement,
                "state": one.state,
                "says": one.says,
            }
            for one in report.known
        ],
        "quarantine": [
            {
                "test": one.entry.test,
                "requirement": one.entry.requirement,
                "owner": getattr(one.entry, "owner", ""),
                "until": one.entry.until,
                "state": one.state,
                "says": one.says,
            }
            for one, _ in report.quarantine
        ],
        "attempts": [{"folder": place, "started": at} for place, at in report.again.runs]
        if report.again
        else [],
        "tests": [_test(test) for test in report.tests],
    }


def _judged(one: Judged) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": one.id,
        "outcome": one.outcome.value,
        "tests": [test.id for test in one.tests],
    }
    if one.requirement:
        found["level"] = one.requirement.level
        found["defects_caught"], found["defects"] = one.proven, len(one.proof)
    if one.note:
        found["note"] = one.note
    return found


def _test(test: Test) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": test.id,
        "outcome": test.outcome.value,
        "requirements": list(test.requirements),
        "seconds": round(test.seconds, 3),
        "rows": test.rows,
        "exchanges": test.exchanges,
        "exchange_seconds": round(test.exchange_seconds, 4),
    }
    for key in _SAID:
        if value := getattr(test, key):
            found[key] = value
    if test.outcome in (Outcome.BROKE, Outcome.FLAKY, Outcome.WARNS, Outcome.ACCEPTED, Outcome.QUARANTINED):
        found["failed_rows"] = list(test.failed_rows)
        found["replay"] = test.replay
    if test.earlier:
        found["earlier"] = [_attempt(one) for one in test.earlier]
    return found


def _attempt(test: Test) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": test.outcome.value, "started": test.started}
    return found | {key: value for key in _SAID if (value := getattr(test, key))}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return redact(value) if isinstance(value, str) else value
