"""An operation as it is spelled on the wire: steps, where fields go, what answers mean. Contracts and dialects make these."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from assay.core.errors import AssayError

TEMPLATE = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
SECRET = "secret."
HEADER = "header:"
Where = Literal["path", "query", "header", "cookie", "body", "form", "bearer", "basic"]


@dataclass(frozen=True)
class Place:
    """Where a field stands in a request; for `body` the name is a JSON pointer, for `basic` the name of the client."""

    where: Where
    name: str


@dataclass(frozen=True)
class KeyHeader:
    """The header in which an API key is presented, and what stands before the key in it."""

    name: str
    before: str = ""


@dataclass(frozen=True)
class Capture:
    """What a step keeps for later steps.

    From `body` (JSON pointer), `header`, `cookie`, `location` (parameter of the Location header), `text` (regular expression
    with one group) or `html` (the same, with character references resolved). Without one that is not `optional` the
    operation ends with the answer.
    """

    where: Literal["body", "header", "cookie", "location", "text", "html"]
    name: str
    optional: bool = False


@dataclass(frozen=True)
class Step:
    """One request. `constants` are sent as they are; `{name}` in the path and in texts is a field, a capture, or what
    `assay.core.inventing` makes.

    A path that is nothing but `{name}` is a whole URL, relative to the request before; a step whose URL is not known is
    left out. With `follow`, redirects within the service are followed before anything is captured.
    """

    method: str
    path: str
    places: Mapping[str, Place] = field(default_factory=dict)
    constants: Sequence[tuple[Place, Any]] = ()
    captures: Mapping[str, Capture] = field(default_factory=dict)
    statuses: frozenset[int] = frozenset()
    media: str = "application/json"
    bodied: bool = False
    follow: bool = False


@dataclass(frozen=True)
class Refusal:
    """Which answers mean a problem: all that is given must be so.

    `at` is a place, a JSON pointer of the body or `header:Name`: what stands there is compared with `value` where there
    is one, and is what `matches` is looked for in when it is a header.
    """

    problem: str
    status: int | None = None
    at: str | None = None
    value: Any = None
    matches: str | None = None

    def fits(
        self, status: int, document: Any, text: str, headers: Mapping[str, str] = MappingProxyType({})
    ) -> bool:
        """Whether an answer is this refusal."""
        if self.status is not None and status != self.status:
            return False
        if self.at is not None and self.at.startswith(HEADER):
            text = headers.get(self.at.removeprefix(HEADER), "")
            if self.value is not None and text != self.value:
                return False
        elif self.at is not None and value_at(document, self.at) != self.value:
            return False
        return self.matches is None or re.search(self.matches, text) is not None


@dataclass(frozen=True)
class Spelling:
    """An operation in one product's words.

    `fields` are the contract's names of what may be given, `answers` says where the contract's fields stand in the
    answer (JSON pointer or `header:Name`), `constants` are contract fields that this product never says, `secrets`
    are JSON pointers of credentials in the answer (in the contract's words) with the kind of secret. `alone` is there for
    a product that takes one thing in a request where the contract takes several by name: the contract's field of
    them, and what the name of the one is called in the path.
    """

    name: str
    steps: Sequence[Step]
    fields: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    refusals: Sequence[Refusal] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[str, str] | None = None

    def apart(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request; where a product takes one thing in it, the name of that apart and it alone.

        What is no collection at all goes as the one thing, under a name that nothing has.
        """
        several, name = self.alone or ("", "")
        if not self.alone or name in fields:
            return dict(fields)
        given = fields.get(several)
        if not isinstance(given, Mapping):
            return {**fields, name: f"nothing-{secrets.token_hex(6)}"}
        if len(given) != 1:
            raise AssayError(
                f"{self.name} takes one of {several} in a request, by the dialect, and was given {len(given)}"
            )
        return {**fields, name: next(iter(given)), several: next(iter(given.values()))}


def value_at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901), None where nothing does."""
    for raw in pointer.strip("/").split("/") if pointer.strip("/") else ():
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document
