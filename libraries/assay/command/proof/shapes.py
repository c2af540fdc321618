"""What a proof is made of: defects, what was seen of each, and what that means."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the tests made of a defect. Only `CAUGHT` counts."""

    CAUGHT = "caught"
    MISSED = "missed"
    INERT = "inert"
    COARSE = "too coarse"
    NO_START = "does not start"
    NOT_ON_EXPECTATION = "not on expectation"
    ELSEWHERE = "not by its requirement"
    RED_WITHOUT = "red without it too"
    UNFINISHED = "unfinished"
    BROKEN = "broken itself"

    @property
    def slug(self) -> str:
        """The verdict as a class name for the page's style sheet."""
        return "held" if self is Verdict.CAUGHT else "broke"


class Counted(StrEnum):
    """By which tests of a service it can be told that a defect turns too many of them red."""

    NONE = "none"
    DRAWN = "drawn"
    ALL = "all"


@dataclass(frozen=True)
class Defect:
    """One defect as the platform's launcher lists it. `digest` stands for its source."""

    name: str
    service: str
    breaks: tuple[str, ...]
    says: str
    partial: bool = False
    blind: bool = False
    digest: str = ""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Defect:
        """A defect from an entry of the launcher's list."""
        return cls(
            name=str(entry["name"]),
            service=str(entry["service"]),
            breaks=tuple(str(one) for one in entry["breaks"]),
            says=str(entry["says"]),
            partial=bool(entry.get("partial")),
            blind=bool(entry.get("blind")),
            digest=str(entry.get("digest", "")),
        )


@dataclass(frozen=True)
class Seen:
    """What one test did: its status and, when red, of which kind."""

    id: str
    name: str
    suite: str
    status: str
    tags: tuple[str, ...] = ()
    kind: str = ""
    message: str = ""
    seconds: float = 0.0

    @property
    def red(self) -> bool:
        """Whether the test failed."""
        return self.status == "FAIL"

    @property
    def smoke(self) -> bool:
        """Whether the test belongs to the smoke suite, which no defect may break."""
        return "smoke" in self.tags


@dataclass
class Observation:
    """What was seen of a platform with one defect, or with none: the tests, the hits, how it started.

    `failed` counts how often the defect's own code failed. `counted` says by which tests a too coarse defect can be told,
    `area` how many tests of the service share a platform, where they were drawn.
    """

    tests: list[Seen] = field(default_factory=list)
    hits: int = 0
    failed: int = 0
    start: str = ""
    exit_code: int | None = None
    finished: bool = True
    seconds: float = 0.0
    ready_seconds: float = 0.0
    counted: Counted = Counted.NONE
    area: int = 0

    def as_json(self) -> dict[str, Any]:
        """The observation as JSON data."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Observation:
        """An observation from what `as_json` returned."""
        tests = [Seen(**{**test, "tags": tuple(test["tags"])}) for test in data["tests"]]
        return cls(**{**data, "tests": tests, "counted": Counted(data["counted"])})


@dataclass(frozen=True)
class Judgement:
    """What the rules say about a defect, why, and which tests count as having caught it."""

    verdict: Verdict
    why: str
    caught_by: tuple[str, ...] = ()
    smoke_red: tuple[str, ...] = ()
    red: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proven:
    """A defect with what was seen and what it means."""

    defect: Defect
    observation: Observation
    judgement: Judgement
    cached: bool = False
