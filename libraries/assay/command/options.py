"""What can be said to `./assay`: commands and their options, of the standard library alone.

The script reads this before any environment exists, so that a wrong word costs no set-up.
"""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

COMMANDS = {
    "run": "judge a platform: the reference platform, or the one that a target file describes",
    "gate": "say of a task of building the platform whether the tests that decide it ran and passed",
    "test": "test Assay itself: linters, types, unit tests, the acceptance run, a sample of the proof",
    "prove": "show that the suite notices planted defects of the reference platform",
    "clean": "remove what a run left on a platform that is not Assay's own",
    "platform": "start the reference platform to look at it, stop it, say how it is",
    "doctor": "say what this machine has of what Assay can use",
    "bench": "measure the budgets of time and write them down",
    "report": "make the page of the last run again, or a page of the proof",
}
CHECKS = {
    "ruff": "rules and form of the Python files",
    "lints": "the arrows between layers, the project's own rules",
    "robocop": "rules of the Robot files",
    "dry-run": "every suite against its keywords' signatures",
    "mypy": "types, strictly",
    "licences": "licences of what is installed",
    "secrets": "secrets in the tree",
    "pip-audit": "known vulnerabilities",
    "pytest-runs": "supervisor, front door, a company's network, the tutorial: with whole runs",
    "pytest": "libraries, report, reference platform",
    "acceptance": "the suite against the reference platform",
    "proof": "a sample of planted defects is noticed",
}
ELSEWHERE = ("prove", "bench", "report")
PLATFORM_ACTIONS = ("up", "down", "status")


class UsageError(Exception):
    """A command line that cannot be meant; the message is one line."""


@dataclass
class Options:
    """A command line, understood. `rest` is for Robot Framework, or for the command's own parser."""

    command: str
    target: str = "reference"
    processes: int = 2
    results: str = ""
    rerun_failed: bool = False
    changed_since: str = ""
    only: list[str] = field(default_factory=list)
    skip: list[str] = field(default_factory=list)
    sample: int = 4
    action: str = ""
    profile: str = "http"
    services: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    run: str = ""
    gates: list[str] = field(default_factory=list)

    @property
    def environment(self) -> str:
        """The environment that the command runs in."""
        return "tools" if self.command == "test" else "suite"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def understand(arguments: Sequence[str], root: Path) -> Options:
    """The options of a command line. Raises `UsageError`; `--help` prints and ends the process."""
    parser = _general()
    if not arguments:
        parser.print_help()
        raise SystemExit(2)
    word, *rest = arguments
    if word.startswith("-"):
        if word in ("-h", "--help"):
            parser.parse_args([word])
        raise UsageError(f"a command comes first: {', '.join(COMMANDS)}")
    if word not in COMMANDS:
        raise UsageError(f"unknown command '{word}'{accepted(word, COMMANDS)}")
    if word in ELSEWHERE:
        options = Options(word, rest=rest)
        for option, value in itertools.pairwise(rest):
            if option == "--target":
                known_target(value, root)
        return options
    parsers = {
        "run": _run,
        "gate": _gate,
        "test": _test,
        "clean": _clean,
        "platform": _platform,
        "doctor": _doctor,
    }
    return parsers[word](rest, root)


def known_target(name: str, root: Path) -> None:
    """Raises `UsageError` unless the target has a file: in variables/targets, or the path that is given."""
    if name.endswith((".yaml", ".yml")) or os.sep in name:
        if not Path(name).is_file():
            raise UsageError(f"there is no target file {name}")
        return
    home = Path(os.environ.get("ASSAY_HOME") or root)
    known = sorted(path.stem for path in (home / "variables" / "targets").glob("*.yaml"))
    if name not in known:
        raise UsageError(f"unknown target '{name}'{accepted(name, known)}, or the path of a YAML file")


def accepted(word: str, words: Sequence[str] | dict[str, str]) -> str:
    """The ending of a line about an unknown word."""
    close = get_close_matches(word, list(words), 1, 0.6)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"{hint}; accepted: {', '.join(words)}"


def _general() -> _Parser:
    lines = "\n".join(f"  {name:<10}{says}" for name, says in COMMANDS.items())
    return _Parser(
        prog="./assay",
        usage="./assay COMMAND [options]",
        description="Assay judges a platform by what it promises and shows one page that says what holds.",
        epilog=f"commands:\n{lines}\n\n`./assay COMMAND --help` says what a command takes. Exit status: 0 all that "
        "was selected\nran and held, 1 something did not hold, 2 it could not begin.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _parser(command: str, usage: str, epilog: str = "") -> _Parser:
    return _Parser(
        prog=f"./assay {command}",
        usage=f"./assay {command} {usage}",
        description=COMMANDS[command][0].upper() + COMMANDS[command][1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _run(arguments: list[str], root: Path) -> Options:
    parser = _parser(
        "run",
        "[options] [options of robot] [suites ...]",
        "Every other option is Robot Framework's own (--include, --exclude, --test, --suite, --variable, --randomize,\n"
        "...; `.assay/envs/suite/bin/robot --help` lists them); without suites, all of suites/ is run.\n\nexamples:\n"
        "  ./assay run\n  ./assay run --target staging.yaml --include smoke\n"
        "  ./assay run --processes 1 --test 'A Log In Gives*' suites/auth\n"
        "  ./assay run --rerun-failed\n  ./assay run --changed-since main",
    )
    _judging(parser)
    parser.add_argument(
        "--rerun-failed",
        action="store_true",
        help="only what failed or broke in the last run of this target; what passes now is flaky, not passed",
    )
    parser.add_argument(
        "--changed-since",
        metavar="REV",
        help="only the suites that what changed since this revision of git may affect",
    )
    own, theirs = _split(arguments)
    found, rest = parser.parse_known_args(own)
    _check_judging(found, root)
    if found.changed_since is not None and not found.changed_since.strip():
        raise UsageError("--changed-since takes a revision of git, not nothing")
    return Options(
        "run",
        target=found.target,
        processes=int(found.processes),
        results=found.results,
        rerun_failed=found.rerun_failed,
        changed_since=found.changed_since or "",
        rest=[*rest, *theirs],
    )


def _judging(parser: _Parser) -> None:
    """The options of what judges a platform."""
    parser.add_argument(
        "--target",
        metavar="NAME",
        default=os.environ.get("ASSAY_TARGET") or "reference",
        help="a name in variables/targets or the path of a YAML file (default: reference, or ASSAY_TARGET)",
    )
    parser.add_argument("--processes", metavar="N", default="2", help="how many workers (default: 2)")
    parser.add_argument(
        "--results",
        metavar="DIR",
        default="",
        help="where the results go (default: results/ of the repository)",
    )


def _check_judging(found: argparse.Namespace, root: Path) -> None:
    if not found.processes.isdigit() or not 1 <= int(found.processes) <= 64:
        raise UsageError(f"--processes takes a whole number from 1 to 64, not '{found.processes}'")
    known_target(found.target, root)


def _gate(arguments: list[str], root: Path) -> Options:
    parser = _parser(
        "gate",
        "[NAME ...] [options]",
        "Without a name it lists the gates; `all` stands for every one. resources/gates.yaml names the tests that decide\n"
        "each. A gate is open when all of them ran and passed; a test that is skipped is not a pass.",
    )
    parser.add_argument("gates", metavar="NAME", nargs="*", help="a gate, or `all`")
    _judging(parser)
    found = parser.parse_args(arguments)
    _check_judging(found, root)
    return Options(
        "gate",
        gates=found.gates,
        target=found.target,
        processes=int(found.processes),
        results=found.results,
    )


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _test(arguments: list[str], root: Path) -> Options:
    del root
    steps = "".join(f"\n  {name:<12} {says}" for name, says in CHECKS.items())
    parser = _parser("test", "[--only STEP ...] [--skip STEP ...] [--sample N]", f"The steps:{steps}")
    parser.add_argument(
        "--only", metavar="STEP", action="append", default=[], help="run this step only (repeatable)"
    )
    parser.add_argument("--skip", metavar="STEP", action="append", default=[], help="leave this step out")
    parser.add_argument(
        "--sample", metavar="N", type=int, default=4, help="defects in the sample of the proof"
    )
    found = parser.parse_args(arguments)
    return Options("test", only=found.only, skip=found.skip, sample=found.sample)


def _platform(arguments: list[str], root: Path) -> Options:
    parser = _parser(
        "platform",
        "up|down|status [options]",
        "A platform that is up stays until `down`. `up` says where it is and which target file describes it.",
    )
    parser.add_argument("action", choices=PLATFORM_ACTIONS, metavar="up|down|status")
    parser.add_argument("--target", metavar="NAME", default="reference", help="a target that can be launched")
    parser.add_argument("--profile", choices=("http", "https"), default="http")
    parser.add_argument(
        "--service", metavar="NAME", action="append", default=[], help="only this one (repeatable)"
    )
    parser.add_argument(
        "--defect", metavar="NAME", action="append", default=[], help="switch on a planted defect"
    )
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="a setting of the platform"
    )
    found = parser.parse_args(arguments)
    known_target(found.target, root)
    settings = {}
    for one in found.set:
        name, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, not '{one}'")
        settings[name] = value
    return Options(
        "platform",
        action=found.action,
        target=found.target,
        profile=found.profile,
        services=found.service,
        defects=found.defect,
        settings=settings,
    )


def _clean(arguments: list[str], root: Path) -> Options:
    parser = _parser(
        "clean",
        "[RUN] [--target NAME]",
        "Without RUN it lists the runs that left something. What cannot be removed is listed with why, and it can be\n"
        "called again. Accounts that the target had before are never removed.",
    )
    parser.add_argument(
        "run", metavar="RUN", nargs="?", default="", help="the id of the run, as it said in its first line"
    )
    parser.add_argument(
        "--target", metavar="NAME", default="", help="where the target is now, if its file has been moved"
    )
    found = parser.parse_args(arguments)
    if found.target:
        known_target(found.target, root)
    return Options("clean", target=found.target, run=found.run)


def _doctor(arguments: list[str], root: Path) -> Options:
    del root
    _parser("doctor", "").parse_args(arguments)
    return Options("doctor")
