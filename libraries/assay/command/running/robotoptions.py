"""Robot Framework's own options on the front door's command line: understood by Robot, handed on unchanged in meaning."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robot.errors import DataError, Information
from robot.run import USAGE
from robot.utils import ArgumentParser

from assay.command.options import UsageError

OURS = {
    "outputdir": "--results says where the results go",
    "output": "output.xml is always written to the results",
    "log": "log.html is always written to the results",
    "report": "report.html is always written to the results",
    "xunit": "xunit.xml is always written to the results",
    "debugfile": "the live results take its place",
    "timestampoutputs": "the previous results are kept in results/previous",
    "legacyoutput": "the report needs output.xml as it is now",
    "dryrun": "a dry run judges nothing; `./assay test --only dry-run` makes one",
    "rpa": "this is a run of tests",
    "runemptysuite": "a run without tests judges nothing",
}
_SHOWN = ("console", "consolewidth", "consolecolors", "consolelinks", "consolemarkers", "quiet", "dotted")
_PATHS = (
    "pythonpath",
    "variablefile",
    "listener",
    "prerunmodifier",
    "prerebotmodifier",
    "parser",
    "rerunfailed",
    "rerunfailedsuites",
    "language",
)
_REBOT = (
    "logtitle",
    "reporttitle",
    "reportbackground",
    "splitlog",
    "suitestatlevel",
    "tagstatinclude",
    "tagstatexclude",
    "tagstatcombine",
    "tagdoc",
    "tagstatlink",
    "expandkeywords",
    "removekeywords",
    "flattenkeywords",
    "prerebotmodifier",
)


@dataclass
class RobotOptions:
    """What to run and how, as Robot's parser understood it."""

    given: dict[str, Any]
    suites: list[str] = field(default_factory=list)

    def without(self, names: Collection[str] = ()) -> list[str]:
        """The options as a command line again, some of them left out."""
        return _written({name: value for name, value in self.given.items() if name not in names})

    @property
    def files(self) -> list[Path]:
        """The files and folders that the options name: variable files, listeners, modifiers and the like."""
        values = [value for name in _PATHS for value in _listed(self.given.get(name))]
        return [path for value in values if (path := Path(value.partition(":")[0])).is_absolute()]

    @property
    def rebot(self) -> list[str]:
        """Those of the options that say how log and report look."""
        return _written({name: value for name, value in self.given.items() if name in _REBOT})


class _Parser(ArgumentParser):  # type: ignore[misc]
    """Robot's parser, which takes all that follows the first suite for paths; there are options among it, such as `--test '*'`."""

    def _glob_args(self, args: list[str]) -> list[str]:
        return args


def understand(arguments: list[str], root: Path) -> RobotOptions:
    """Robot's options and the paths of suites, in any order. Raises `UsageError` for what Robot does not know."""
    given: dict[str, Any] = {}
    suites: list[str] = []
    rest = [*shlex.split(os.environ.get("ROBOT_OPTIONS", "")), *arguments]
    while rest:
        try:
            found, rest = _Parser(USAGE, arg_limits=(0, 10**6)).parse_args(rest)
        except (DataError, Information) as error:
            raise UsageError(f"robot says: {' '.join(str(error).split())[:300]}") from error
        _merge({name: value for name, value in found.items() if value not in (None, [])}, given)
        while rest and (not rest[0].startswith("-") or rest[0] == "-"):
            path = rest.pop(0)
            suites += sorted(glob.glob(path)) or [path]
    for name, why in OURS.items():
        if given.get(name) not in (None, False, "NONE", []):
            raise UsageError(f"--{name} is not for ./assay run: {why}")
    for name in (*OURS, *_SHOWN):
        given.pop(name, None)
    for name in _PATHS:
        if name in given:
            value = given[name]
            given[name] = [_absolute(one) for one in value] if isinstance(value, list) else _absolute(value)
    if len(suites) > 1:
        given.setdefault(
            "name", "Suites"
        )  # as pabot has it; robot would join the names of all, and the plan be of others
    return RobotOptions(given, [_suite(path) for path in suites] or [str(root / "suites")])


def _merge(found: dict[str, Any], given: dict[str, Any]) -> None:
    for name, value in found.items():
        if isinstance(value, list) and name in given:
            given[name] = [*given[name], *value]
        else:
            given[name] = value


def _suite(path: str) -> str:
    place = Path(path).absolute()
    if not place.exists():
        raise UsageError(f"there is no suite {path}")
    return str(place)


def _absolute(value: str) -> str:
    """A path that the user gave relative to where they stand; what is no path (a class, a module) stays as it is."""
    path, colon, arguments = value.partition(":")
    if path and Path(path).exists():
        return f"{Path(path).absolute()}{colon}{arguments}"
    return value


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _written(given: dict[str, Any]) -> list[str]:
    written = []
    for name, value in given.items():
        if isinstance(value, bool):
            written.append(f"--{name}" if value else f"--no{name}")
        else:
            for one in value if isinstance(value, list) else [value]:
                written += [f"--{name}", str(one)]
    return written
