"""`./assay run`: judges a platform and leaves a verdict, however the run ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from assay.command.options import Options, UsageError
from assay.command.running import again, changes, following, plan, quarantine, robotoptions
from assay.command.running.ending import Ending, deliver, finish, robot_results, stop_platforms
from assay.command.running.folder import ResultsFolder
from assay.command.running.following import Following
from assay.command.running.progress import Progress
from assay.command.running.workers import Workers
from assay.core import capabilities, errors, ledger, places, root
from assay.core import run as runs
from assay.core.target import Target, load
from assay.evidence.redact import redact
from assay.report import known
from assay.report.again import note
from assay.report.xunit import says

_GRACE = 20.0  # seconds that robots have to end a test and run teardowns after Ctrl-C
_LOOK = 0.2
_NAMED = 15  # flaky tests and those in quarantine that are named at the end; the report has all


@dataclass
class _Stopping:
    """What signals asked for."""

    names: list[str] = field(default_factory=list)

    def install(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.names.append(signal.Signals(number).name)

    @property
    def first(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def urgent(self) -> bool:
        return len(self.names) > 1


class NothingToJudge(UsageError):
    """Each of the selected tests needs something that the target lacks."""


def main(options: Options, only: Collection[str] = ()) -> int:
    """Runs the suites, or `only` the tests of these ids. Returns 0 when all that was selected ran and held, 1 when not,
    2 when it could not begin.
    """
    asked = robotoptions.understand(options.rest, places.root())
    target = load(options.target)
    # a list that cannot be used is refused before anything starts
    listed = known.load(target.known_failures) if target.known_failures else []
    planned = plan.build(asked)
    if only:
        planned = planned.only(lambda test: test.id in only)
    quarantine.check(listed, planned, target)
    folder = (Path(options.results) if options.results else places.root() / "results").absolute()
    said = []
    if options.rerun_failed:
        planned, line = again.select(planned, folder, target)
        said.append(line)
    if options.changed_since:
        planned, lines = changes.select(planned, options.changed_since, places.root(), target, asked)
        said += lines
    _check_judgeable(planned, target)
    results = ResultsFolder(folder, again=options.rerun_failed)
    stopping = _Stopping()
    stopping.install()
    try:
        return _run(options, asked, target, planned, results, stopping, said)
    finally:
        results.close()


def _check_judgeable(planned: plan.Plan, target: Target) -> None:
    """Raises `UsageError` when a test needs what nobody knows, or when the target lacks what every test needs."""
    names = capabilities.names()
    lacking: set[str] = set()
    open_tests = 0
    for test in planned.tests:
        for need in test.needs:
            if need not in names:
                place = f"{errors.shown(Path(test.source))}:{test.line}"
                raise UsageError(f"{place}: unknown capability '{need}'{errors.accepted(need, names)}")
        missing = [need for need in test.needs if need not in target.capabilities]
        lacking.update(missing)
        open_tests += not missing
    if not open_tests:
        listed = ", ".join(sorted(lacking))
        raise NothingToJudge(
            f"nothing to judge: each of the {len(planned.tests)} selected tests needs what the target "
            f"{target.name} lacks ({listed})"
        )


def _run(
    options: Options,
    asked: robotoptions.RobotOptions,
    target: Target,
    planned: plan.Plan,
    results: ResultsFolder,
    stopping: _Stopping,
    said: list[str],
) -> int:
    began = time.monotonic()
    run = runs.begin(target, results.path, root.of(os.getpid()))
    os.environ["ASSAY_RUN"] = str(run.folder)
    if results.attempts:
        note(run.folder, results.attempts)
    _write(run.folder / "plan.json", [test.written() for test in planned.tests])
    memory = places.root() / ".assay" / f"durations-{target.name}.json"
    remembered = following.remembered(memory)
    follow = Following(run.folder, planned.tests, options.processes, remembered)
    progress = Progress(follow, run.folder, sys.stdout)
    progress.say(
        f"{_number(len(planned.tests), 'test')} of {_number(planned.files, 'suite')} "
        f"against {target.name}, run {run.id}"
    )
    for line in said:
        progress.say(f"  {line}")
    extra = {"ASSAY_RUN": str(run.folder), "ASSAY_TARGET": str(target.path)}
    workers = Workers(planned, asked, options.processes, run.folder, places.root(), remembered, extra)
    ending = _follow(workers, progress, run.folder, stopping)
    progress.show()
    progress.close()
    _write(run.folder / "ending.json", ending.written())
    stopped = stop_platforms(run)
    problems = robot_results(workers, run.folder, asked.rebot)
    page, report, more = deliver(run.folder, results)
    following.remember(memory, follow.durations())
    stopped.join(_GRACE)
    problems += [*more, *finish(run), *_left(run.id)]
    _tell(report, page, ending, problems, time.monotonic() - began)
    return int(report.exit_status)


def _follow(workers: Workers, progress: Progress, state: Path, stopping: _Stopping) -> Ending:
    """Waits for the workers and returns how the run ended."""
    while workers.status is None:
        progress.show()
        if stopping.first:
            return _stop(workers, progress, state, stopping)
        time.sleep(_LOOK)
    if stopping.first:
        return _stop(workers, progress, state, stopping)
    said = workers.died()
    workers.kill()  # what a killed pabot left behind
    return Ending("killed" if "killed by" in said else "finished", said)


def _stop(workers: Workers, progress: Progress, state: Path, stopping: _Stopping) -> Ending:
    reached = following.offsets(state)
    how = "Ctrl-C" if stopping.first == "SIGINT" else stopping.first
    progress.say(f"stopping ({how}): what runs now is cut off and cleared away; once more ends it at once")
    workers.interrupt()
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline and not stopping.urgent and not workers.end(_LOOK):
        progress.show()
    workers.kill()
    with contextlib.suppress(OSError):
        following.only_before(state, reached)
    return Ending("interrupted", f"it was stopped by {how}")


def _tell(report: Any, page: Path | None, ending: Ending, problems: list[str], seconds: float) -> None:
    counts = {str(outcome): number for outcome, number in report.counts.items()}
    held, broke, flaky = (counts.get(name, 0) for name in ("held", "did not hold", "flaky"))
    rest = sum(counts.values()) - held - broke - flaky
    print()
    for test in [test for test in report.tests if str(test.outcome) in ("flaky", "quarantined")][:_NAMED]:
        print(f"  {test.name}: {' '.join(redact(says(test)).split())[:200]}")
    print(report.verdict.sentence)
    if report.verdict.unjudged:
        print(report.verdict.unjudged)
    if ending.detail and ending.how != "interrupted":
        print(f"The run did not end as it should: {ending.detail}.")
    for problem in problems:
        print(problem)
    print(
        f"{held} held, {broke} did not, {f'{flaky} flaky, ' if flaky else ''}{rest} not judged or only noted; "
        f"{_clock(seconds)}"
    )
    print(
        f"The report: {errors.shown(page)}" if page else "There was no room for a report anywhere.",
        flush=True,
    )


def _left(run: str) -> list[str]:
    """What stays on a platform that is not Assay's own, and what can be done about it."""
    if not (places.left() / run).exists():
        return []
    things = _number(len(ledger.read(run)), "thing")
    return [f"Left behind: {things}, listed in left-behind.txt; `./assay clean {run}` tries again."]


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60} s"


def _write(path: Path, content: object) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content), "utf-8")
    draft.replace(path)
