"""Gates: the tasks of building a platform, each with the tests that decide whether it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assay.command.options import UsageError, accepted
from assay.command.running.plan import Plan, Planned
from assay.core.errors import shown

FILE = "resources/gates.yaml"
ALL = "all"
HELD = "held"
_NOT_BUILT = ("skipped", "not run")
_NAMED = 5


@dataclass(frozen=True)
class Gate:
    """A task: its name, what it is in words, and the names of the tests that decide it, by suite; `all` of a suite."""

    name: str
    says: str
    decided_by: Mapping[Path, Sequence[str] | str]

    def is_decided_by(self, test: Planned) -> bool:
        """Whether a test is one of those that decide it."""
        named = self.decided_by.get(Path(test.source), ())
        return named == ALL or test.name in named


@dataclass(frozen=True)
class Decision:
    """What a run found of a gate: the deciding tests that held, that were not carried out, and that did not hold."""

    gate: Gate
    held: Sequence[str]
    not_built: Sequence[str]
    failed: Sequence[str]

    @property
    def is_open(self) -> bool:
        """Whether each deciding test ran and passed."""
        return bool(self.held) and not self.not_built and not self.failed

    def __str__(self) -> str:
        count = len(self.held) + len(self.not_built) + len(self.failed)
        if self.is_open:
            return f"open     {self.gate.name:<13} {_tests(count)} held"
        said = [
            f"{len(names)} {what}: {_listed(names)}"
            for what, names in (("did not hold", self.failed), ("not built", self.not_built))
            if names
        ]
        return f"closed   {self.gate.name:<13} {len(self.held)} of {_tests(count)} held; {'; '.join(said)}"


def load(root: Path) -> dict[str, Gate]:
    """The gates of the list, by name. Raises `UsageError` for a list that cannot be meant."""
    path = root / FILE
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{shown(path)} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not content:
        raise UsageError(f"{shown(path)} must name gates, each with `says` and `decided_by`")
    return {str(name): _gate(str(name), said, root) for name, said in content.items()}


def chosen(known: Mapping[str, Gate], names: Iterable[str]) -> list[Gate]:
    """The gates of these names, or every one for `all`. Raises `UsageError` for a name that there is not."""
    wanted = list(names)
    if wanted == [ALL]:
        return list(known.values())
    for name in wanted:
        if name not in known:
            raise UsageError(f"unknown gate '{name}'{accepted(name, [*known, ALL])}")
    return [known[name] for name in dict.fromkeys(wanted)]


def select(planned: Plan, gates: Sequence[Gate]) -> Plan:
    """The part of a plan that decides gates. Raises `UsageError` where the list names a test that is not in its suite."""
    there = {(Path(test.source), test.name) for test in planned.tests}
    for gate in gates:
        for suite, names in gate.decided_by.items():
            known = [name for source, name in there if source == suite]
            for name in [] if names == ALL else names:
                if name not in known:
                    raise UsageError(f"{FILE}: {gate.name}: {shown(suite)} has no test '{name}'")
    return planned.only(lambda test: any(gate.is_decided_by(test) for gate in gates))


def decisions(gates: Sequence[Gate], planned: Plan, outcomes: Mapping[str, str]) -> list[Decision]:
    """What a run found of each gate, from what became of each test, by its id; one without outcome was not run."""
    return [_decision(gate, planned, outcomes) for gate in gates]


def _decision(gate: Gate, planned: Plan, outcomes: Mapping[str, str]) -> Decision:
    found = {
        test.name: outcomes.get(test.id, _NOT_BUILT[-1]) for test in planned.tests if gate.is_decided_by(test)
    }
    return Decision(
        gate,
        [name for name, outcome in found.items() if outcome == HELD],
        [name for name, outcome in found.items() if outcome in _NOT_BUILT],
        [name for name, outcome in found.items() if outcome not in (HELD, *_NOT_BUILT)],
    )


def _gate(name: str, said: Any, root: Path) -> Gate:
    if not isinstance(said, dict) or set(said) != {"says", "decided_by"}:
        raise UsageError(f"{FILE}: {name} must have `says` and `decided_by`, and nothing else")
    suites = said["decided_by"]
    if not isinstance(suites, dict) or not suites:
        raise UsageError(f"{FILE}: {name}: decided_by must name suites, each with a list of tests or `{ALL}`")
    for suite, tests in suites.items():
        if not (root / suite).is_file():
            raise UsageError(f"{FILE}: {name}: there is no suite {suite}")
        if tests != ALL and not (isinstance(tests, list) and tests):
            raise UsageError(f"{FILE}: {name}: {suite} must have a list of tests, or `{ALL}`")
    return Gate(name, str(said["says"]), {root / suite: tests for suite, tests in suites.items()})


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"“{name}”" for name in names[:_NAMED]) + more
