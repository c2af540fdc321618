"""How the segments of a file are found: declared one after the other, between dots, or as age writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.blob.steps import NUMBERS, Finder, Malformed, Span

_AGE_VERSION = b"age-encryption.org/v1\n"
_AGE_NONCE, _AGE_TAG = 16, 16
_AGE_CHUNK = (64 << 10) + _AGE_TAG
AGE_SEGMENTS = ("version", "stanzas", "mac", "payload_nonce", "payload", "last_tag")


@dataclass(frozen=True)
class Binary:
    """Segments in their order; those after the one of no fixed length are counted from the end."""

    declared: tuple[Mapping[str, Any], ...]

    def __call__(self, whole: bytes) -> dict[str, Span]:
        first, rest, last = self._parts
        found: dict[str, Span] = {}
        position = 0
        for one in first:
            found[one.name] = place = one.find(whole, position)
            position = place.end
        end = len(whole)
        for one in last:
            found[one.name] = Span(end - one.size, end)
            end -= one.size
        if end < position:
            raise Malformed(f"is too short: its {len(whole)} bytes do not hold all segments")
        if rest:
            found[rest] = Span(position, end)
        elif position != len(whole):
            raise Malformed(f"has {len(whole) - position} bytes after its last segment")
        return found

    @cached_property
    def _parts(self) -> tuple[list[_Declared], str, list[_Declared]]:
        """The segments before that of no fixed length, its name, and those after it from the last to the first."""
        rest = next((at for at, one in enumerate(self.declared) if one.get("rest")), len(self.declared))
        name = "".join(one["name"] for one in self.declared[rest : rest + 1])
        first = [_Declared.of(one) for one in self.declared[:rest]]
        return first, name, [_Declared.of(one) for one in reversed(self.declared[rest + 1 :])]


@dataclass(frozen=True)
class _Declared:
    """A segment with a length: its own, or the number before it."""

    name: str
    size: int
    prefix: str
    constant: bytes

    @classmethod
    def of(cls, one: Mapping[str, Any]) -> _Declared:
        constant = str(one.get("constant", "")).encode()
        return cls(one["name"], one.get("bytes", 0), one.get("prefix", ""), constant)

    def find(self, whole: bytes, position: int) -> Span:
        length = self.size
        if self.prefix:
            size, order = NUMBERS[self.prefix]
            length = int.from_bytes(whole[position : position + size], order)  # type: ignore[arg-type]
            position += size
        end = position + length
        if end > len(whole):
            raise Malformed(f"ends within its segment {self.name}")
        if self.constant and whole[position:end] != self.constant:
            raise Malformed(f"does not have '{self.constant.decode()}' as its {self.name}")
        return Span(position, end, self.prefix)


@dataclass(frozen=True)
class Compact:
    """Segments between dots, as in JWS and JWE (RFC 7515, 7516)."""

    names: tuple[str, ...]

    def __call__(self, whole: bytes) -> dict[str, Span]:
        pieces = whole.split(b".")
        if len(pieces) != len(self.names):
            raise Malformed(f"has {len(pieces)} segments between dots, not {len(self.names)}")
        found, position = {}, 0
        for name, piece in zip(self.names, pieces, strict=True):
            found[name] = Span(position, position + len(piece))
            position += len(piece) + 1
        return found


def age(whole: bytes) -> dict[str, Span]:
    """The segments of a file of age v1 without armor (C2SP age: header, header MAC, payload nonce, STREAM)."""
    if not whole.startswith(_AGE_VERSION):
        raise Malformed("does not begin with the version line of age")
    last = whole.find(b"\n--- ", len(_AGE_VERSION) - 1)
    line_end = whole.find(b"\n", last + 1)
    if last < 0 or line_end < 0:
        raise Malformed("has no header MAC")
    nonce = line_end + 1
    payload = nonce + _AGE_NONCE
    if len(whole) < payload + _AGE_TAG:
        raise Malformed("ends before its first chunk does")
    begin = len(_AGE_VERSION)
    return {
        "version": Span(0, begin - 1),
        "stanzas": Span(begin, last + 1),
        "mac": Span(last + 5, line_end),
        "payload_nonce": Span(nonce, payload),
        "payload": Span(payload, len(whole)),
        "last_tag": Span(len(whole) - _AGE_TAG, len(whole)),
    }


def chunks(payload: bytes, size: int = _AGE_CHUNK) -> list[bytes]:
    """The chunks of a STREAM, each with its tag."""
    return [payload[start : start + size] for start in range(0, len(payload), size)]


def finder(kind: str, declared: Sequence[Mapping[str, Any]]) -> Finder:
    """What finds the segments of a file of that kind."""
    if kind == "age":
        return age
    if kind == "compact":
        return Compact(tuple(one["name"] for one in declared))
    return Binary(tuple(declared))
