"""Which tests of the last run are to be run again: those that found something broken, or broke themselves."""

from __future__ import annotations

from pathlib import Path

from assay.command.options import UsageError
from assay.command.running.folder import attempts
from assay.command.running.plan import Plan
from assay.core.errors import shown
from assay.core.target import Target
from assay.report import again, model, sources
from assay.report.moments import moment
from assay.report.shapes import Outcome, Test

_AGAIN = (Outcome.BROKE, Outcome.BROKEN, Outcome.WARNS)
_NAMED = 3


def select(planned: Plan, results: Path, target: Target) -> tuple[Plan, str]:
    """The part of a plan that failed or broke in the last run of a target, and one line about it.

    What is accepted as a known failure or in quarantine is accounted for, and what proved flaky has passed: none of these
    is run again. Raises `UsageError` when there is no such run, or nothing of it to be run again.
    """
    kept = _last(results)
    about = sources.mapping(kept / "run.json")
    _check_target(about, target, results)
    report = model.read(kept, results=kept.parent)
    failed = {again.key(test): test for test in report.tests if test.outcome in _AGAIN}
    which = f"the last run against {target.name} ({moment(report.run.started)})"
    if not failed:
        raise UsageError(f"nothing to run again: no test of {which} failed or broke")
    chosen = planned.only(lambda test: _key(test.source, test.name, test.id) in failed)
    found = {_key(test.source, test.name, test.id) for test in chosen.tests}
    left = [test for one, test in failed.items() if one not in found]
    if not found:
        raise UsageError(
            f"nothing to run again: {_of(left)} failed or broke in {which}, and {_gone(left)} in the suites, or fits the options"
        )
    line = (
        f"{len(found)} of the {len(failed)} that failed or broke in {which}; what the others did then stands"
    )
    return chosen, f"{line}; left out: {_names(left)}" if left else line


def _last(results: Path) -> Path:
    """Where the last run keeps what its report is made of; of a run that never began, the attempt before it."""
    for folder in (results, *reversed(attempts(results))):
        if (folder / sources.KEPT / "run.json").is_file():
            return folder / sources.KEPT
    raise UsageError(f"nothing to run again: there is no run in {shown(results)}")


def _check_target(about: dict[str, object], target: Target, results: Path) -> None:
    name, path = str(about.get("target", "")), str(about.get("target_path", ""))
    if (name, path) != (target.name, str(target.path)):
        other = name if name != target.name else path
        raise UsageError(
            f"nothing to run again: the last run in {shown(results)} was against {other}, not "
            f"{target.name if name != target.name else target.path}; --target or --results says which is meant"
        )


def _key(source: str, name: str, id: str) -> tuple[str, str]:
    return (source, name) if source else ("", id)


def _of(left: list[Test]) -> str:
    return f"“{left[0].name}”" if len(left) == 1 else f"{len(left)} tests"


def _gone(left: list[Test]) -> str:
    return "it is not" if len(left) == 1 else "none of them is"


def _names(left: list[Test]) -> str:
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    listed = ", ".join(f"“{test.name}”" for test in left[:_NAMED])
    return f"{listed}{more} (not in the suites, or not fitting the options)"
