"""`./assay gate`: says of each task of building a platform whether the tests that decide it ran and passed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from assay.command import run
from assay.command.options import Options
from assay.command.running import gates, plan, robotoptions
from assay.core import places
from assay.report.writing import VERDICT


def main(options: Options) -> int:
    """Runs what decides the gates that are asked for. Returns 0 when all are open, 1 when not, 2 when it could not begin."""
    known = gates.load(places.root())
    if not options.gates:
        _list(known.values())
        return 0
    chosen = gates.chosen(known, options.gates)
    suites = dict.fromkeys(str(suite) for gate in chosen for suite in gate.decided_by)
    asked = replace(options, rest=list(suites))
    planned = gates.select(plan.build(robotoptions.understand(asked.rest, places.root())), chosen)
    try:
        status = run.main(asked, frozenset(test.id for test in planned.tests))
    except run.NothingToJudge as nothing:
        print(f"{str(nothing).capitalize()}.")
        return _tell(gates.decisions(chosen, planned, {}))
    if status == 2:
        return 2
    return _tell(gates.decisions(chosen, planned, _outcomes(options)))


def _list(known: Iterable[gates.Gate]) -> None:
    for gate in known:
        print(f"{gate.name:<13} {gate.says}")
    print(
        f"\n`./assay gate NAME` runs the tests that decide one, `./assay gate {gates.ALL}` those of all; they are listed in {gates.FILE}."
    )


def _outcomes(options: Options) -> dict[str, str]:
    results = Path(options.results) if options.results else places.root() / "results"
    content = json.loads((results / VERDICT).read_text("utf-8"))
    return {test["id"]: test["outcome"] for test in content["tests"]}


def _tell(found: Sequence[gates.Decision]) -> int:
    print()
    for decision in found:
        print(decision)
    is_open = [decision.is_open for decision in found]
    if len(found) > 1:
        print(f"{sum(is_open)} of {len(found)} gates are open")
    return 0 if all(is_open) else 1
