"""Sees a platform with one defect: a run of its own in a process of its own, which takes everything along when it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from assay.command.proof import sampling
from assay.command.proof.choosing import Launcher
from assay.command.proof.shapes import Counted, Defect, Observation
from assay.core import places, target
from assay.core.errors import AssayError

LIMIT = 300.0
_LIMIT_OF_ALL = 3600.0


class Scope(StrEnum):
    """Which tests are run on a platform with a defect.

    `quick`: the smoke suite and the tests of what the defect breaks. `sample`: besides, some other tests of the service,
    drawn by the commit and the defect, and where one of them is red, more of them. `shared`: besides, all tests of the
    service that need no platform of their own. `all`: all tests of the service, which start a platform for each suite
    that breaks one.
    """

    QUICK = "quick"
    SAMPLE = "sample"
    SHARED = "shared"
    ALL = "all"

    def tags(self, service: str, breaks: Sequence[str]) -> list[str]:
        """The patterns of tags that select the tests."""
        shared = [f"area:{service}NOTprivate"]
        area = {Scope.QUICK: [], Scope.SAMPLE: shared, Scope.SHARED: shared, Scope.ALL: [f"area:{service}"]}
        return ["smoke", *breaks, *area[self]]

    @property
    def all(self) -> bool:
        """Whether every shared test of the service is run."""
        return self in (Scope.SHARED, Scope.ALL)


@dataclass(frozen=True)
class Order:
    """What a process that sees one platform has to do."""

    target: str
    service: str
    defect: str
    files: tuple[str, ...]
    tags: tuple[str, ...]
    tests: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    """Where tags are named here, of the tests with none of them only a number is run, drawn by the seed and the defect."""
    drawn: int = 0
    seed: str = ""
    limit: float = LIMIT

    def as_json(self) -> str:
        """The order as an argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Order:
        """An order from what `as_json` returned."""
        data: dict[str, Any] = json.loads(text)
        for name in ("files", "tags", "tests", "keep"):
            data[name] = tuple(data[name])
        return cls(**data)


def launcher_of(name: str) -> Launcher:
    """The launcher of a target. Raises `AssayError` for a target that cannot plant defects."""
    found = target.load(name)
    if found.launch is None:
        raise AssayError(f"the target {found.name} has no launcher, so nothing can be planted in it")
    return Launcher(found.launch.command, places.root())


@dataclass(frozen=True)
class Runner:
    """Sees platforms of a target by the tests of a scope."""

    target: str
    files: Sequence[Path]
    scope: Scope = Scope.SAMPLE
    seed: str = ""
    limit: float = LIMIT

    def __call__(self, service: str, defect: Defect) -> Observation:
        """What the tests of the scope say about a platform with this defect."""
        if self.scope is not Scope.SAMPLE:
            return self._see(service, defect, Counted.ALL if self.scope.all else Counted.NONE)
        seen = self._see(service, defect, Counted.NONE, sampling.DRAWN)
        if seen.finished and not seen.start and sampling.is_suspicious(seen, defect.breaks):
            seen = self._see(service, defect, Counted.DRAWN, sampling.DRAWN_TO_COUNT)
            seen.area = sampling.size_of(service)
        return seen

    def _see(self, service: str, defect: Defect, counted: Counted, drawn: int = 0) -> Observation:
        order = Order(
            self.target,
            service,
            defect.name,
            tuple(str(path) for path in self.files),
            tuple(self.scope.tags(service, defect.breaks)),
            keep=("smoke", *defect.breaks) if drawn else (),
            drawn=drawn,
            seed=self.seed,
            limit=max(self.limit, _LIMIT_OF_ALL) if self.scope.all else self.limit,
        )
        seen = see(order)
        seen.counted = counted
        return seen

    def confirm(self, service: str, tests: Sequence[str]) -> Observation:
        """What these tests, or the smoke suite where none is named, say about a platform without a defect."""
        tags = () if tests else ("smoke",)
        return see(Order(self.target, service, "", (), tags, tuple(tests), limit=3 * self.limit))


def see(order: Order) -> Observation:
    """Runs an order in a process of its own and returns what it saw."""
    command = [sys.executable, "-m", "assay.command.proof.one", order.as_json()]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    for kept in ("ASSAY_HOME", "ASSAY_STATE"):
        if kept in os.environ:
            clean[kept] = os.environ[kept]
    try:
        done = subprocess.run(
            command, env=clean, capture_output=True, text=True, timeout=order.limit + 60, check=False
        )
    except subprocess.TimeoutExpired:
        return Observation(finished=False, seconds=order.limit)
    try:
        return Observation.of(json.loads(done.stdout.strip().splitlines()[-1]))
    except (ValueError, IndexError, KeyError, TypeError):
        lines = done.stderr.strip().splitlines()
        raise AssayError(f"a proof could not be run: {lines[-1] if lines else 'it said nothing'}") from None
