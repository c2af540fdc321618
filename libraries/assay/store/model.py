"""What a store must answer, by a model of it: a version and a document for each key, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.core.errors import AssayError

WRITE, WRITE_BOTH, WRITE_BAD = "write", "write both", "write bad"
WRITE_CURRENT, WRITE_STALE = "write if current", "write if stale"
READ, DELETE, LIST = "read", "delete", "list"
DELETE_CURRENT, DELETE_STALE = "delete if current", "delete if stale"
ROTATE, RESTART, KILL = "rotate", "restart", "kill"
AT_A_DOOR = (
    WRITE,
    WRITE_BOTH,
    WRITE_BAD,
    WRITE_CURRENT,
    WRITE_STALE,
    READ,
    DELETE,
    DELETE_CURRENT,
    DELETE_STALE,
    LIST,
)
DELETING, _STALE = (DELETE, DELETE_CURRENT), (WRITE_STALE, DELETE_STALE)
_CONDITIONAL = (WRITE_CURRENT, DELETE_CURRENT, *_STALE)
DISTURBING = (ROTATE, RESTART, KILL)
_FORM = re.compile(
    rf"(?P<kind>{'|'.join(sorted((*AT_A_DOOR, *DISTURBING), key=len, reverse=True))})"
    r"(?: (?P<keys>[a-z](?:\+[a-z])?))?(?: at (?P<door>[a-z0-9-]+))?(?: of (?P<part>[a-z0-9-]+))?"
)


@dataclass(frozen=True)
class Step:
    """One operation: `write a at rest`, `write both a+b at rest`, `list at grpc`, `rotate`, `kill of store-worker-1`."""

    kind: str
    keys: tuple[str, ...] = ()
    door: str = ""
    part: str = ""

    def __str__(self) -> str:
        pieces = [self.kind, "+".join(self.keys)]
        pieces += [f"at {self.door}"] if self.door else []
        pieces += [f"of {self.part}"] if self.part else []
        return " ".join(piece for piece in pieces if piece)

    @property
    def key(self) -> str:
        return self.keys[0]


def read(text: str) -> list[Step]:
    """The steps of a text, separated by semicolons. Raises AssayError for what is none."""
    steps = []
    for said in (one.strip() for one in text.split(";")):
        found = _FORM.fullmatch(said)
        if not found:
            raise AssayError(
                f"'{said}' is no step; right would be 'write a at rest', 'read a at worker-1', 'restart of store'"
            )
        keys = tuple(found["keys"].split("+")) if found["keys"] else ()
        steps.append(Step(found["kind"], keys, found["door"] or "", found["part"] or ""))
    return steps


@dataclass(frozen=True)
class Expected:
    """What must be answered: accepted with versions, the document that is read or the listed keys, or the name of a problem.

    The version of a key in `anew`, which was deleted before, may be higher than the one that is expected.
    """

    problem: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    anew: frozenset[str] = frozenset()
    document: Any = None
    listed: Sequence[tuple[str, int]] | None = None

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        if self.listed is not None:
            return (
                f"the keys {', '.join(f'{key} in version {number}' for key, number in self.listed) or 'none'}"
            )
        said = ", ".join(f"{key} in version {number}" for key, number in self.versions.items())
        return f"accepted{f', {said}' if said else ''}{f', {self.document}' if self.document is not None else ''}"


class Model:
    """Entities by key; the version of a key goes on where it was, also after a deletion."""

    def __init__(self) -> None:
        self.alive: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self._written = 0
        self._deleted: set[str] = set()

    def is_possible(self, step: Step) -> bool:
        """Whether a step means anything now: who asks for a version must know one."""
        return step.kind not in _CONDITIONAL or step.key in self.alive

    def expected_version(self, step: Step) -> int | None:
        """The version that a step asks for."""
        if step.kind not in _CONDITIONAL:
            return None
        now = self.versions[step.key]
        return (now - 1 or now + 1) if step.kind in _STALE else now

    def document(self, step: Step) -> Any:
        """What a step writes: a document that no other step writes, or one that breaks the schema."""
        return {"value": "no number"} if step.kind == WRITE_BAD else {"value": self._written + 1}

    def take(self, step: Step) -> Expected:
        """Does a step, and says what must be answered."""
        if step.kind in (WRITE, WRITE_BOTH, WRITE_CURRENT):
            return self._write(step)
        if step.kind == WRITE_BAD:
            return Expected("schema-violation")
        if step.kind in _STALE:
            return Expected("stale-version")
        if step.kind == LIST:
            return Expected(listed=[(key, self.versions[key]) for key in sorted(self.alive)])
        if step.kind in DISTURBING:
            return Expected()
        if step.key not in self.alive:
            return Expected("not-found")
        if step.kind in DELETING:
            del self.alive[step.key]
            self._deleted.add(step.key)
            return Expected()
        return Expected(versions={step.key: self.versions[step.key]}, document=self.alive[step.key])

    def _write(self, step: Step) -> Expected:
        document = self.document(step)
        self._written += 1
        for key in step.keys:
            self.alive[key] = document
            self.versions[key] = self.versions.get(key, 0) + 1
        anew = frozenset(self._deleted.intersection(step.keys))
        self._deleted -= anew
        return Expected(versions={key: self.versions[key] for key in step.keys}, anew=anew)

    def learn(self, versions: Mapping[str, int]) -> None:
        """Takes over the versions that were told for keys that were deleted before."""
        self.versions |= versions
