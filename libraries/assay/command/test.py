"""`./assay test`: every check of the project, one line each, and how many passed."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from assay.command.options import CHECKS, Options, UsageError, accepted
from assay.command.testing import processes, supply, tools, whole
from assay.command.testing.shapes import Outcome, Step, Work, bad
from assay.core import places

_WORK: dict[str, Callable[[Work], Outcome]] = {
    "ruff": tools.ruff,
    "lints": tools.lints,
    "robocop": tools.robocop,
    "dry-run": tools.dry_run,
    "mypy": tools.mypy,
    "licences": supply.licences,
    "secrets": supply.secrets,
    "pip-audit": supply.vulnerabilities,
    "pytest-runs": tools.runs,
    "pytest": tools.unit,
    "acceptance": whole.acceptance,
    "proof": whole.proof,
}
STEPS = [Step(name, says, _WORK[name], name in ("acceptance", "proof")) for name, says in CHECKS.items()]
_LONG = ("pytest",)  # runs beside the short ones


def main(options: Options) -> int:
    """Runs the checks and returns 0 when all are well, 1 when one is not or they were stopped."""
    steps = _chosen(options)
    signals = _take_signals()
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
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        telling.all([step for step in steps if step.alone])
    except KeyboardInterrupt:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        telling.stop()
        processes.end_all()
        print("assay: stopped; the checks that ran were ended", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    status = telling.close(seconds)
    if not status and len(steps) == len(STEPS):
        with contextlib.suppress(OSError):
            (root / "results" / "checks.json").write_text(json.dumps({"seconds": round(seconds, 1)}), "utf-8")
    return status


def _take_signals() -> list[signal.Signals]:
    """Has every signal that asks for an end interrupt, as Ctrl-C does; returns them.

    SIGINT too, since a shell that starts this in the background has it ignored, and every check would inherit that; not
    SIGHUP where somebody had it ignored, as nohup does.
    """
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    for number in signals:
        signal.signal(number, signal.default_int_handler)
    return signals


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
        self._stopped = False

    def stop(self) -> None:
        """No further step begins, and nothing more is said."""
        self._stopped = True

    def all(self, steps: list[Step]) -> None:
        for step in steps:
            if self._stopped:
                return
            began = time.monotonic()
            try:
                outcome = step.run(self._work)
            except Exception as error:  # noqa: BLE001 - a broken check is a failed check, and the others still run
                outcome = bad(f"{type(error).__name__}: {error}")
            self._say(step, outcome, time.monotonic() - began)

    def _say(self, step: Step, outcome: Outcome, seconds: float) -> None:
        mark = "left out" if outcome.skipped else "ok" if outcome.well else "FAILED"
        with self._lock:
            if self._stopped:
                return
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
