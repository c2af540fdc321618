"""Builds the typed report of a run from the files it leaves."""

from __future__ import annotations

import datetime
import re
import shlex
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core import places
from assay.core.errors import shown
from assay.report import again, catalogue, known, proof, sources, verdict
from assay.report.areas import areas, judged_promises
from assay.report.shapes import (
    Again,
    Area,
    Catalogue,
    Ending,
    Judged,
    KnownVerdict,
    Outcome,
    Proof,
    Quarantined,
    Reason,
    Run,
    Test,
    Verdict,
)

_SKIPPED_BY_SUITE = re.compile(r"^Skipped in (parent )?suite setup:\s*")


@dataclass
class Report:
    """A run, whole: which it was, what became of each test, and what that says about the platform."""

    run: Run
    tests: list[Test]
    areas: list[Area]
    promises: list[Judged]
    listed: list[KnownVerdict]
    proof: Proof | None
    reasons: list[Reason]
    verdict: Verdict
    again: Again | None = None
    counts: dict[Outcome, int] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """0 everything that was selected ran and held (skips named), 1 something did not, 2 nothing was selected."""
        return self.verdict.exit_status

    @property
    def broke(self) -> list[Test]:
        """The tests that found a promise broken, what must hold before what should, and what broke each time first."""
        order = [Outcome.BROKE, Outcome.FLAKY, Outcome.WARNS]
        red = [test for test in self.tests if test.outcome in order]
        return sorted(red, key=lambda test: order.index(test.outcome))

    @property
    def known(self) -> list[KnownVerdict]:
        """What the run says of each known failure."""
        return [one for one in self.listed if not isinstance(one.entry, Quarantined)]

    @property
    def quarantine(self) -> list[tuple[KnownVerdict, list[Test]]]:
        """What the run says of each entry of the quarantine, and the test that it covers."""
        return [
            (one, [test for test in self.tests if test.quarantine is one.entry])
            for one in self.listed
            if isinstance(one.entry, Quarantined)
        ]

    @property
    def judged(self) -> int:
        """How many tests judged the platform."""
        return sum(test.outcome.judged for test in self.tests)

    @property
    def requirements(self) -> list[Judged]:
        """All requirements of all areas."""
        return [one for area in self.areas for group in area.groups for one in group.requirements]

    @property
    def probes(self) -> int:
        """How many rows of tables were tried inside the tests."""
        return sum(test.rows for test in self.tests)


def read(state: Path, *, results: Path | None = None, today: datetime.date | None = None) -> Report:
    """The report of the run whose state folder is `state`, however that run ended.

    `results` is where the run left its other files, by default what the run itself wrote down.
    """
    about = sources.mapping(state / "run.json")
    results = results or Path(str(about.get("results") or state))
    book = catalogue.load()
    target = _target(about)
    before = again.attempts(state)
    tests: list[Test] = []
    for place in before:
        kept = results / place
        tests = again.together(tests, _seen(kept / sources.KEPT, kept, f"{place}/")[0])
    seen, live, ending = _seen(state, results)
    tests = again.together(tests, seen)
    _replay(tests, str(target["given"]))
    _warn(tests, book)
    verdicts = known.judge(target["known"], tests, today or datetime.date.today())
    tests.sort(key=lambda test: test.started or "~")
    reasons = verdict.reasons(tests)
    last_proof = proof.last(results)
    started = str(about.get("started") or min((t.started for t in tests if t.started), default=""))
    return Report(
        run=Run(
            id=str(about.get("id") or state.name),
            target=str(target["name"]),
            started=started,
            ended=ending.at or live.last,
            seconds=_between(started, ending.at or live.last),
            ending=ending,
            version=version(),
            results=str(results),
        ),
        tests=tests,
        areas=areas(tests, book, last_proof),
        promises=judged_promises(tests, book),
        listed=verdicts,
        proof=last_proof,
        reasons=reasons,
        verdict=verdict.of(tests, verdicts, reasons, ending, [*target["problems"]]),
        again=_again(results, before, len(seen)),
        counts=Counter(test.outcome for test in tests),
    )


def _seen(state: Path, folder: Path, prefix: str = "") -> tuple[list[Test], sources.Live, Ending]:
    """What one run saw of its tests; `folder` holds its log, which `prefix` leads to from the page."""
    live = sources.live(state)
    planned = sources.plan(state, live)
    ending = sources.ending(state, live, len(planned))
    tests = _tests(planned, live, ending.how)
    ids = sources.log_ids(folder)
    for test in tests:
        test.link = sources.link(test, ids, prefix) if test.outcome is not Outcome.NOT_RUN else ""
    return tests, live, ending


def _again(results: Path, before: list[str], tests: int) -> Again | None:
    if not before:
        return None
    abouts = [(place, sources.mapping(results / place / sources.KEPT / "run.json")) for place in before]
    return Again(tests, tuple((place, str(about.get("started", ""))) for place, about in abouts))


def _tests(planned: list[dict[str, Any]], live: sources.Live, how: str) -> list[Test]:
    entries = {str(entry["id"]): entry for entry in planned}
    tests = []
    for name in dict.fromkeys([*entries, *live.begun, *live.ended]):
        about = {**entries.get(name, {}), **live.begun.get(name, {}), **live.ended.get(name, {})}
        test = _test(name, about)
        if name in live.ended:
            _judge(test, str(about.get("status")))
        elif how == "interrupted":
            test.outcome = Outcome.NOT_RUN
            test.why = (
                "the run was stopped during it" if name in live.begun else "the run was stopped before it"
            )
        elif name in live.begun:
            test.outcome, test.why = Outcome.BROKEN, "the process that ran it ended during it"
        else:
            test.outcome, test.why = Outcome.BROKEN, "the process that should have run it ended before it"
        tests.append(test)
    return tests


def _test(name: str, about: dict[str, Any]) -> Test:
    suite, _, short = name.rpartition(".")
    return Test(
        id=name,
        name=str(about.get("name") or short),
        suite=str(about.get("suite") or suite),
        source=str(about.get("source") or ""),
        line=int(about.get("line") or 0),
        doc=str(about.get("doc") or ""),
        tags=tuple(str(tag) for tag in about.get("tags") or ()),
        started=str(about.get("started") or about.get("at") or ""),
        seconds=float(about.get("seconds") or 0),
        exchange_seconds=float(about.get("exchange_seconds") or 0),
        exchanges=int(about.get("exchanges") or 0),
        rows=int(about.get("rows") or 0),
        failed_rows=tuple(str(row) for row in about.get("failed_rows") or ()),
        kind=str(about.get("kind") or ""),
        message=str(about.get("message") or ""),
        expected=_text(about.get("expected")),
        seen=_text(about.get("seen")),
        where=_text(about.get("where")),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _judge(test: Test, status: str) -> None:
    if status == "PASS":
        test.outcome = Outcome.HELD
    elif status == "SKIP":
        test.outcome = Outcome.SKIPPED
        test.why = _SKIPPED_BY_SUITE.sub("", test.message).strip() or "it was skipped without a reason"
    else:
        test.outcome = Outcome.BROKE


def _warn(tests: list[Test], book: Catalogue) -> None:
    """A test that only speaks of what SHOULD hold warns; every other test that was red, even once, fails."""
    for test in tests:
        levels = {book.requirements[one].level for one in test.requirements if one in book.requirements}
        if test.outcome in (Outcome.BROKE, Outcome.FLAKY) and levels == {"SHOULD"}:
            test.outcome = Outcome.WARNS


def _replay(tests: list[Test], target: str) -> None:
    names = Counter(test.name for test in tests)
    for test in tests:
        test.replay = replay(test, target, unique=names[test.name] == 1)


def replay(test: Test, target: str, *, unique: bool = True) -> str:
    """The command that runs this one test again; a name that two tests share is given in full."""
    name = re.sub(r"([*?\[])", r"[\1]", test.name if unique else test.id)
    return f"./assay run --target {shlex.quote(target)} --test {shlex.quote(name)}"


def _target(about: dict[str, Any]) -> dict[str, Any]:
    """Name and known failures of the run's target; a list that cannot be read is a problem of the verdict."""
    name = str(about.get("target") or "reference")
    path = Path(str(about.get("target_path") or places.targets() / f"{name}.yaml"))
    listed = about.get("known_failures")
    found: dict[str, Any] = {"name": name, "given": _given(path), "known": [], "problems": []}
    if listed:
        try:
            found["known"] = known.load(Path(str(listed)))
        except known.KnownFailuresError as error:
            found["problems"].append(str(error))
    return found


def _given(path: Path) -> str:
    """The target as a person names it on a command line."""
    return path.stem if path.parent == places.targets() else shown(path)


def _between(start: str, end: str) -> float:
    try:
        first, last = (datetime.datetime.fromisoformat(one) for one in (start, end))
        return max((last.astimezone(datetime.UTC) - first.astimezone(datetime.UTC)).total_seconds(), 0.0)
    except ValueError:
        return 0.0


def version() -> str:
    """The commit of the project, marked when the tree differs from it; empty outside git."""
    command = ["git", "-C", str(places.root()), "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
