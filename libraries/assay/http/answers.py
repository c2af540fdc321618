"""What a call returns: the answer in the contract's words, with credentials wrapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from robot.api.types import Secret

from assay.evidence.exchange import Exchange
from assay.evidence.expect import Unmet


class Headers(Mapping[str, str]):
    """Headers of an answer; names in any case. One that came several times is joined by commas."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def __getitem__(self, name: str) -> str:
        if not (values := self.all(name)):
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.pairs))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.pairs})

    def __contains__(self, name: object) -> bool:
        return bool(self.all(str(name)))

    def all(self, name: str) -> list[str]:
        """Every value of a header, in the order in which they came."""
        lower = name.lower()
        return [value for given, value in self.pairs if given.lower() == lower]

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


@dataclass
class Response:
    """The answer of one operation.

    `body` is what the answer says, in the contract's field names, credentials as `Secret`; `problem` is the contract's
    name of the refusal, or None. `document` is the body as the service wrote it, parsed.
    """

    operation: str
    status: int
    headers: Headers
    body: Any
    text: str
    problem: str | None
    seconds: float
    document: Any = None
    steps: list[Exchange] = field(default_factory=list)
    shown: str = ""

    @property
    def where(self) -> str:
        """Where an expectation was not met: the operation, and with which certificate it was asked if with one."""
        return f"{self.operation}, with a certificate {self.shown}" if self.shown else self.operation

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300 and self.problem is None

    def summary(self) -> str:
        """The answer in few words: status and problem."""
        return f"{self.status} {self.problem}" if self.problem else str(self.status)

    def __repr__(self) -> str:
        return f"<{self.operation} answered {self.summary()}>"

    __str__ = __repr__


def pointer(document: Any, path: str, where: str = "the body") -> Any:
    """The value at a JSON pointer (RFC 6901); the leading slash may be left out."""
    found = document
    walked = ""
    for part in path.strip("/").split("/") if path.strip("/") else ():
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            raise Unmet(
                f"'{path.strip('/')}' in {where}", f"{_kind(found)}{f' at {walked}' if walked else ''}", where
            )
        walked += f"/{part}"
    return found


def wrap(document: Any, at: str, kind: str) -> Any:
    """The document with the text at a JSON pointer as a Secret, `*` standing for every item; the original stays."""
    parts = at.strip("/").split("/")
    return _wrapped(document, parts, kind)


def _wrapped(document: Any, parts: list[str], kind: str) -> Any:
    if not parts:
        return _secret(document, kind)
    head, rest = parts[0], parts[1:]
    if isinstance(document, dict):
        return {
            name: _wrapped(value, rest, kind) if head in ("*", name) else value
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [
            _wrapped(value, rest, kind) if head in ("*", str(index)) else value
            for index, value in enumerate(document)
        ]
    return document


def _secret(value: Any, kind: str) -> Any:
    from assay.evidence.redact import conceal

    if not isinstance(value, str) or not value:
        return value
    conceal(value, kind)
    return Secret(value)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, value)) or 'nothing'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "no body" if value is None else repr(value)
