"""The checks that known tools make: ruff, mypy, robocop, Robot's dry run, pytest."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from assay.command.testing.processes import Ran, judge, python, run
from assay.command.testing.shapes import Outcome, Work, bad, fine

_ROBOT = ["suites", "resources"]
_RUNS = (
    "tests/supervisor",
    "tests/frontdoor",
    "tests/corporate",
    "tests/docs",
    "tests/proof",
    "tests/evidence",
)


def ruff(work: Work) -> Outcome:
    """Rules and form of the Python files."""
    rules = run(work, "ruff-check", python("-m", "ruff", "check", "."))
    form = run(work, "ruff-format", python("-m", "ruff", "format", "--check", "."))
    if rules.status or form.status:
        return bad(
            "rules or form do not hold (`ruff check`, `ruff format`)", f"{rules.tail}\n{form.tail}".strip()
        )
    return fine(_first(r"\d+ files", form.text))


def mypy(work: Work) -> Outcome:
    """Types of the Python files, strictly."""
    ran = run(work, "mypy", python("-m", "mypy"))
    return judge(ran, _first(r"\d+ source files", ran.text))


def robocop(work: Work) -> Outcome:
    """Rules of the Robot files, the project's own among them."""
    ran = run(work, "robocop", python("-m", "robocop", "check", *_ROBOT))
    return judge(ran, f"{sum(1 for _ in work.root.glob('suites/**/*.robot'))} suites")


def dry_run(work: Work) -> Outcome:
    """Every suite against the signatures of its keywords."""
    arguments = [
        "--dryrun",
        "--dotted",
        "--output",
        "NONE",
        "--log",
        "NONE",
        "--report",
        "NONE",
        "--consolecolors",
        "off",
        "suites",
    ]
    ran = run(work, "dry-run", python("-m", "robot", *arguments))
    return judge(ran, _last(r"\d+ tests", ran.text))


def lints(work: Work) -> Outcome:
    """The arrows between layers and the project's own rules."""
    return _pytest(work, "lints", ["tests/lint"])


def unit(work: Work) -> Outcome:
    """The tests of libraries, report, proof and reference platform."""
    ignored = [f"--ignore={folder}" for folder in ("tests/lint", *_RUNS)]
    return _pytest(work, "pytest", ["tests", *ignored])


def runs(work: Work) -> Outcome:
    """The tests that start whole runs, so many that both lanes take about as long."""
    return _pytest(work, "pytest-runs", list(_RUNS))


def _pytest(work: Work, name: str, arguments: list[str]) -> Outcome:
    junit = work.folder / f"{name}.xml"
    junit.unlink(missing_ok=True)
    ran = run(work, name, python("-m", "pytest", "-q", "--color=no", f"--junitxml={junit}", *arguments))
    passed, failed, skipped = _counted(junit)
    says = f"{passed} tests" + (f", {skipped} skipped" if skipped else "")
    if ran.status == 0:
        return Outcome(True, says, passed=passed)
    return Outcome(
        False, f"{failed or 'some'} of {passed + failed} tests failed", passed, max(failed, 1), _summary(ran)
    )


def _counted(junit: Path) -> tuple[int, int, int]:
    try:
        suites = ElementTree.parse(junit).getroot().iter("testsuite")
        sums = [0, 0, 0]
        for suite in suites:
            for place, names in enumerate((("tests",), ("failures", "errors"), ("skipped",))):
                sums[place] += sum(int(suite.get(name, 0)) for name in names)
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    return sums[0] - sums[1] - sums[2], sums[1], sums[2]


def _summary(ran: Ran) -> str:
    found = [line for line in ran.text.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))]
    return "\n".join(found[-40:]) or ran.tail


def _last(pattern: str, text: str) -> str:
    found: list[str] = re.findall(pattern, text)
    return found[-1] if found else ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""
