"""The matrix of a proof, defect by test, with what it says about defects, requirements and tests."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

from assay.command.proof.shapes import Defect, Proven, Seen, Verdict
from assay.report.shapes import REQUIREMENT_TAG

FORMAT = 1


def matrix(
    proven: list[Proven],
    unproven: list[Defect],
    tests: list[Seen],
    first_tries: dict[str, str],
    about: dict[str, Any],
) -> dict[str, Any]:
    """The matrix as JSON data: `proven` with their results, `unproven` not run yet, `tests` all that ran."""
    caught = {name: _requirements(proven, name) for name in sorted(_claimed(proven))}
    listed: list[dict[str, Any]] = [
        {
            "id": test.id,
            "name": test.name,
            "suite": test.suite,
            "status": test.status,
            "smoke": test.smoke,
            "requirements": [tag for tag in test.tags if REQUIREMENT_TAG.match(tag)],
        }
        for test in tests
    ]
    spoken = sorted({name for test in listed for name in test["requirements"]})
    red = {test for one in proven for test in one.judgement.red}
    return {
        "format": FORMAT,
        **about,
        "totals": _totals(proven, unproven, first_tries) | {
            "requirements": len(spoken),
            "requirements_proven": sum(bool(caught.get(name)) for name in spoken),
            "tests": len(listed),
            "tests_turned_red": sum(test["id"] in red for test in listed),
        },
        "defects": [_defect(one) for one in proven],
        "not_run": [defect.name for defect in unproven],
        "tests": listed,
        "unproven": [name for name in spoken if not caught.get(name)],
        "never_red": [test["id"] for test in listed if test["id"] not in red and test["status"] == "PASS"],
    }  # fmt: skip


def _totals(proven: list[Proven], unproven: list[Defect], first_tries: dict[str, str]) -> dict[str, Any]:
    defects = [one.defect for one in proven] + unproven
    verdicts = Counter(one.judgement.verdict.value for one in proven)
    blind = [defect for defect in defects if defect.blind]
    tried = [first_tries[defect.name] for defect in blind if defect.name in first_tries]
    seconds = [one.observation.seconds for one in proven]
    return {
        "defects": len(defects),
        "judged": len(proven),
        "caught": verdicts[Verdict.CAUGHT.value],
        "by_verdict": dict(sorted(verdicts.items())),
        "partial": sum(defect.partial for defect in defects),
        "partial_share": _share(sum(defect.partial for defect in defects), len(defects)),
        "blind": len(blind),
        "blind_share": _share(len(blind), len(defects)),
        "blind_tried": len(tried),
        "blind_caught_at_first": tried.count(Verdict.CAUGHT.value),
        "seconds_median": round(statistics.median(seconds), 2) if seconds else 0.0,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def _claimed(proven: list[Proven]) -> set[str]:
    return {name for one in proven for name in one.defect.breaks}


def _requirements(proven: list[Proven], name: str) -> list[str]:
    """The defects that were caught by a test which speaks of this requirement."""
    return [
        one.defect.name
        for one in proven
        if any(name in test.tags for test in one.observation.tests if test.id in one.judgement.caught_by)
        and name in one.defect.breaks
    ]


def _defect(one: Proven) -> dict[str, Any]:
    kinds = {test.id: test.kind for test in one.observation.tests}
    return {
        "name": one.defect.name,
        "service": one.defect.service,
        "breaks": list(one.defect.breaks),
        "says": one.defect.says,
        "partial": one.defect.partial,
        "blind": one.defect.blind,
        "verdict": one.judgement.verdict.value,
        "why": one.judgement.why,
        "hits": one.observation.hits,
        "seconds": round(one.observation.seconds, 2),
        "ready_seconds": round(one.observation.ready_seconds, 2),
        "tests": len(one.observation.tests),
        "counted": one.observation.counted.value,
        "red": [{"id": test, "kind": kinds.get(test, "")} for test in one.judgement.red],
        "caught_by": list(one.judgement.caught_by),
        "smoke_red": list(one.judgement.smoke_red),
    }
