"""How the segments of a file are found: declared one after the other, between dots, or as age writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        rest = next((at for at, one in enumerate(self.declared) if one.get("rest")), len(self.declared))
        found: dict[str, Span] = {}
        position = 0
        for one in self.declared[:rest]:
            found[one["name"]] = place = _next(one, whole, position)
            position = place.end
        end = len(whole)
        for one in reversed(self.declared[rest + 1 :]):
            found[one["name"]] = Span(end - one["bytes"], end)
            end -= one["bytes"]
        if end < position:
            raise Malformed(f"is too short: its {len(whole)} bytes do not hold all segments")
        if rest < len(self.declared):
            found[self.declared[rest]["name"]] = Span(position, end)
        elif position != len(whole):
            raise Malformed(f"has {len(whole) - position} bytes after its last segment")
        return found


def _next(one: Mapping[str, Any], whole: bytes, position: int) -> Span:
    name, prefix = one["name"], one.get("prefix", "")
    if prefix:
        size, order = NUMBERS[prefix]
        length = int.from_bytes(whole[position : position + size], order)  # type: ignore[arg-type]
        position += size
    else:
        length = one["bytes"]
    if position + length > len(whole):
        raise Malformed(f"ends within its segment {name}")
    constant = str(one.get("constant", "")).encode()
    if constant and whole[position : position + length] != constant:
        raise Malformed(f"does not have '{constant.decode()}' as its {name}")
    return Span(position, position + length, prefix)


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
