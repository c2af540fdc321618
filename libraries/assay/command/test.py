"""`./assay test`: every check of the project, one line each, and how many passed."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

from assay.command.options import Options, UsageError, accepted
from assay.command.testing import supply, tools, whole
from assay.command.testing.shapes import Outcome, Step, Work, bad
from assay.core import places

STEPS = (
    Step("ruff", "rules and form of the Python files", tools.ruff),
    Step("lints", "the arrows between layers, the project's own rules", tools.lints),
    Step("robocop", "rules of the Robot files", tools.robocop),
    Step("dry-run", "every suite against its keywords' signatures", tools.dry_run),
    Step("mypy", "types, strictly", tools.mypy),
    Step("licences", "licences of what is installed", supply.licences),
    Step("secrets", "secrets in the tree", supply.secrets),
    Step("pip-audit", "known vulnerabilities", supply.vulnerabilities),
    Step("pytest-runs", "supervisor and front door, with whole runs", tools.runs),
    Step("pytest", "libraries, report, reference platform", tools.unit),
    Step("acceptance", "the suite against the reference platform", whole.acceptance, alone=True),
    Step("proof", "a sample of planted defects is noticed", whole.proof, alone=True),
)
_LONG = ("pytest",)  # runs beside the short ones


def main(options: Options) -> int:
    """Runs the checks and returns 0 when all are well, 1 when one is not."""
    steps = _chosen(options)
    root = places.root()
    folder = root / ".assay" / "test"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    telling = _Telling(Work(root, folder, options.sample))
    began = time.monotonic()
    beside = [step for step in steps if not step.alone]
    lanes = [
        [step for step in beside if step.name not in _LONG],
        [step for step in beside if step.name in _LONG],
    ]
    threads = [threading.Thread(target=telling.all, args=[lane], daemon=True) for lane in lanes if lane]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    telling.all([step for step in steps if step.alone])
    return telling.close(time.monotonic() - began)


def _chosen(options: Options) -> list[Step]:
    names = {step.name: step.says for step in STEPS}
    for name in (*options.only, *options.skip):
        if name not in names:
            raise UsageError(f"unknown step '{name}'{accepted(name, names)}")
    return [
        step
        for step in STEPS
        if step.name not in options.skip and (not options.only or step.name in options.only)
    ]


class _Telling:
    """Runs steps and says what came of each, one line at a time whatever thread it comes from."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._outcomes: list[tuple[Step, Outcome]] = []

    def all(self, steps: list[Step]) -> None:
        for step in steps:
            began = time.monotonic()
            try:
                outcome = step.run(self._work)
            except Exception as error:  # noqa: BLE001 - a broken check is a failed check, and the others still run
                outcome = bad(f"{type(error).__name__}: {error}")
            self._say(step, outcome, time.monotonic() - began)

    def _say(self, step: Step, outcome: Outcome, seconds: float) -> None:
        mark = "left out" if outcome.skipped else "ok" if outcome.well else "FAILED"
        with self._lock:
            self._outcomes.append((step, outcome))
            print(f"{mark:<9}{step.name:<13}{seconds:6.1f} s   {outcome.says or step.says}", flush=True)
            for line in outcome.shown.splitlines():
                print(f"         | {line}", flush=True)

    def close(self, seconds: float) -> int:
        wrong = [step.name for step, outcome in self._outcomes if not outcome.well]
        print(
            f"\n{len(self._outcomes) - len(wrong)} of {len(self._outcomes)} checks are well, in {seconds:.0f} s",
            end="",
        )
        print(f"; not: {', '.join(wrong)} (logs: {_shown(self._work.folder)})" if wrong else "")
        passed = sum(outcome.passed for _, outcome in self._outcomes)
        failed = sum(outcome.failed for _, outcome in self._outcomes)
        print(f"{passed} passed, {failed} failed")
        sys.stdout.flush()
        return 1 if wrong else 0


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
