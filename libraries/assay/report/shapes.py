"""The typed shapes a report is made of. They hold what was read; what it means is decided in `verdict`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

REQUIREMENT_TAG = re.compile(r"^[A-Z][A-Z0-9]*-[0-9]{2,}$")


class Outcome(StrEnum):
    """What became of a test, a requirement, a promise or an area, in the words the page uses."""

    HELD = "held"
    BROKE = "did not hold"
    FLAKY = "flaky"
    WARNS = "warning"
    ACCEPTED = "known failure"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"
    BROKEN = "broken"
    NOT_RUN = "not run"
    LATER = "later"
    ABSENT = "not in this run"

    @property
    def slug(self) -> str:
        """The outcome as a class name for the page's style sheet."""
        return self.name.lower().replace("_", "-")

    @property
    def judged(self) -> bool:
        """Whether the platform was seen doing what was asked, or not doing it."""
        return self in (Outcome.HELD, Outcome.BROKE, Outcome.FLAKY, Outcome.WARNS, Outcome.ACCEPTED)


@dataclass(frozen=True)
class Requirement:
    """One checkable sentence of a catalogue in `resources/catalogue/`."""

    id: str
    says: str
    level: str
    risk: str
    source: str
    area: str
    title: str
    group: str = ""
    later: str = ""


@dataclass(frozen=True)
class Promise:
    """One thing that was promised to the people who asked for Assay, by its mark."""

    id: str
    says: str
    part: str
    step: str


@dataclass(frozen=True)
class Catalogue:
    """Every requirement and promise of the project, by id, and the names of areas."""

    requirements: dict[str, Requirement]
    promises: dict[str, Promise]
    areas: dict[str, str]


@dataclass
class Test:
    """One planned or seen test with what became of it. `id` is Robot's long name."""

    id: str
    name: str
    suite: str
    source: str = ""
    line: int = 0
    doc: str = ""
    tags: tuple[str, ...] = ()
    outcome: Outcome = Outcome.NOT_RUN
    why: str = ""
    started: str = ""
    seconds: float = 0.0
    exchange_seconds: float = 0.0
    exchanges: int = 0
    rows: int = 0
    failed_rows: tuple[str, ...] = ()
    kind: str = ""
    message: str = ""
    expected: str = ""
    seen: str = ""
    where: str = ""
    link: str = ""
    replay: str = ""
    accepted: KnownFailure | None = None
    quarantine: Quarantined | None = None
    itself: Outcome | None = None
    """What became of a test in quarantine, were it not there."""
    earlier: tuple[Test, ...] = ()
    """What it did in the runs before, where it was run again, the oldest first."""

    __test__ = False

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirement ids among the tags."""
        return tuple(tag for tag in self.tags if REQUIREMENT_TAG.match(tag))

    @property
    def promises(self) -> tuple[str, ...]:
        """The marks of the promises that the test keeps."""
        return self._after("promise:")

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas the test belongs to, nearly always one."""
        return self._after("area:")

    @property
    def needs(self) -> tuple[str, ...]:
        """The capabilities without which the test is skipped."""
        return self._after("needs:")

    def _after(self, prefix: str) -> tuple[str, ...]:
        return tuple(tag[len(prefix) :] for tag in self.tags if tag.startswith(prefix))


@dataclass(frozen=True)
class KnownFailure:
    """A failure that somebody accepted, of whom it is known who and until when."""

    test: str
    requirement: str
    seen: str
    accepted_by: str
    until: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quarantined:
    """A test that is not trusted for a time, since it fails now and then; somebody is to find out why."""

    test: str
    requirement: str
    reason: str
    owner: str
    until: str
    line: int = 0


@dataclass(frozen=True)
class KnownVerdict:
    """What this run says about one entry of the list: still so, quarantined, passes, expired, different, not judged ..."""

    entry: KnownFailure | Quarantined
    state: str
    says: str

    @property
    def true(self) -> bool:
        """Whether the entry may stay as it is."""
        return self.state in ("still so", "quarantined", "not judged")


@dataclass(frozen=True)
class Again:
    """That tests of an earlier run were run again: how many, and where the runs before left their results."""

    tests: int
    runs: tuple[tuple[str, str], ...]
    """Folder beside the page, and time, of each run before, the oldest first."""


@dataclass(frozen=True)
class Caught:
    """One planted defect as the last proof saw it, as far as a requirement is concerned."""

    name: str
    says: str
    verdict: str
    caught: bool


@dataclass(frozen=True)
class Proof:
    """The last proof: which planted defects the tests noticed."""

    made: str
    current: bool
    totals: dict[str, Any]
    by_requirement: dict[str, tuple[Caught, ...]]
    page: str = ""

    @property
    def untried(self) -> int:
        """How many planted defects nobody has tried since tests or platform last changed."""
        return int(self.totals["defects"]) - int(self.totals["judged"])


@dataclass
class Judged:
    """Something that tests decide: a requirement or a promise, with its tests and its outcome."""

    id: str
    says: str
    outcome: Outcome
    tests: list[Test]
    note: str = ""
    requirement: Requirement | None = None
    proof: tuple[Caught, ...] = ()
    part: str = ""

    @property
    def proven(self) -> int:
        """How many planted defects that break it were caught."""
        return sum(one.caught for one in self.proof)


@dataclass
class Group:
    """A heading of an area with its requirements."""

    title: str
    requirements: list[Judged]


@dataclass
class Area:
    """One area of the platform with its requirements by group and the tests that name no requirement."""

    name: str
    title: str
    groups: list[Group]
    tests: list[Test]
    others: list[Test] = field(default_factory=list)
    outcome: Outcome = Outcome.ABSENT


@dataclass(frozen=True)
class Ending:
    """How the run ended: `finished`, `interrupted` (somebody stopped it) or `killed` (it was cut off)."""

    how: str
    detail: str = ""
    at: str = ""

    @property
    def whole(self) -> bool:
        """Whether the run came to its own end."""
        return self.how == "finished"


@dataclass(frozen=True)
class Run:
    """Which run this is: its id, target, times and ending."""

    id: str
    target: str
    started: str
    ended: str
    seconds: float
    ending: Ending
    version: str
    results: str


@dataclass(frozen=True)
class Reason:
    """Why a number of tests was not judged."""

    count: int
    outcome: Outcome
    why: str
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The verdict of a run in words and as an exit status."""

    headline: str
    sentence: str
    unjudged: str
    exit_status: int

    @property
    def holds(self) -> bool:
        """Whether everything that was judged held and nothing that should have been judged is missing."""
        return self.headline == "Holds"

    @property
    def slug(self) -> str:
        """The headline as a class name for the page's style sheet."""
        return self.headline.lower().replace(" ", "-")
