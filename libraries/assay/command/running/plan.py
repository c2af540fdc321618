"""What a run is going to do, before it does anything: every selected test, found by Robot's own builder."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from robot.api import TestSuiteBuilder
from robot.conf import RobotSettings
from robot.errors import DataError
from robot.model import ModelModifier
from robot.output import LOGGER

from assay.command.options import UsageError
from assay.command.running.robotoptions import RobotOptions


@dataclass(frozen=True)
class Planned:
    """One selected test, as plan.json lists it."""

    id: str
    name: str
    suite: str
    source: str
    line: int
    tags: list[str]
    doc: str

    @property
    def needs(self) -> list[str]:
        """The capabilities without which it is skipped."""
        return [tag[len("needs:") :] for tag in self.tags if tag.startswith("needs:")]

    def written(self) -> dict[str, Any]:
        """It as an entry of plan.json."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """The selected tests; `every` are long name and name of each test that there was to select from."""

    tests: list[Planned]
    every: frozenset[tuple[str, str]] = frozenset()

    @property
    def files(self) -> int:
        """From how many files the tests are."""
        return len({test.source for test in self.tests})

    def only(self, wanted: Callable[[Planned], bool]) -> Plan:
        """The part of it that is wanted."""
        return replace(self, tests=[test for test in self.tests if wanted(test)])


def build(options: RobotOptions) -> Plan:
    """The tests that Robot would run. Raises `UsageError` when that is none, or the suites cannot be read."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            suite, every = _selected(options)
    except DataError as error:
        raise UsageError(f"nothing to run: {_one_line(str(error))}") from error
    tests = [_planned(test) for test in suite.all_tests]
    if not tests:
        raise UsageError("nothing is selected: no test fits the options")
    return Plan(tests, every)


def _selected(options: RobotOptions) -> tuple[Any, frozenset[tuple[str, str]]]:
    settings = RobotSettings({**options.given, "log": "NONE", "report": "NONE", "output": "NONE"})
    LOGGER.unregister_console_logger()
    builder = TestSuiteBuilder(
        included_extensions=settings.extension,
        included_files=settings.parse_include,
        custom_parsers=settings.parsers,
        lang=settings.languages,
    )
    suite = builder.build(*options.suites)
    if settings.pre_run_modifiers:
        suite.visit(ModelModifier(settings.pre_run_modifiers, False, LOGGER))
    every = frozenset((test.full_name, test.name) for test in suite.all_tests)
    suite.configure(**settings.suite_config)
    return suite, every


def _planned(test: Any) -> Planned:
    return Planned(
        id=test.full_name,
        name=test.name,
        suite=test.parent.full_name,
        source=str(test.source or ""),
        line=int(test.lineno or 0),
        tags=[str(tag) for tag in test.tags],
        doc=test.doc,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
