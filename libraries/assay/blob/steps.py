"""Steps into the bytes of a file: each takes a part out and puts another in its place, so that reading and tampering
go the same way."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from assay.blob.jsonspan import NoSuchValue, span

ENCODINGS = ("base64", "base64-unpadded", "base64url", "base64url-padded", "hex")
_UNPADDED = ("base64-unpadded", "base64url")
NUMBERS: Mapping[str, tuple[int, str]] = {
    "u8": (1, "big"), "u16be": (2, "big"), "u16le": (2, "little"), "u32be": (4, "big"), "u32le": (4, "little"),
    "u64be": (8, "big"), "u64le": (8, "little"),
}  # fmt: skip


class Malformed(ValueError):
    """A file is not as its layout says; the words complete the sentence "the file ..."."""


class Step(Protocol):
    """One step inwards."""

    def take(self, whole: bytes) -> bytes:
        """The part that the step leads to."""

    def put(self, whole: bytes, part: bytes) -> bytes:
        """The whole with another part in that place."""


def take(steps: Sequence[Step], whole: bytes) -> bytes:
    for step in steps:
        whole = step.take(whole)
    return whole


def put(steps: Sequence[Step], whole: bytes, part: bytes) -> bytes:
    if not steps:
        return part
    inner = put(steps[1:], steps[0].take(whole), part)
    return steps[0].put(whole, inner)


@dataclass(frozen=True)
class Coded:
    """Bytes written as text; only the one spelling that an encoder gives is accepted (RFC 4648, 3.5)."""

    encoding: str

    def take(self, whole: bytes) -> bytes:
        try:
            decoded = self._decode(whole)
        except (ValueError, binascii.Error):
            raise Malformed(f"is no {self.encoding}") from None
        if self.put(b"", decoded) != (whole.lower() if self.encoding == "hex" else whole):
            raise Malformed(f"is not canonical {self.encoding}")
        return decoded

    def put(self, whole: bytes, part: bytes) -> bytes:
        if self.encoding == "hex":
            return part.hex().encode()
        coded = base64.urlsafe_b64encode(part) if "url" in self.encoding else base64.b64encode(part)
        return coded.rstrip(b"=") if self.encoding in _UNPADDED else coded

    def _decode(self, whole: bytes) -> bytes:
        if self.encoding == "hex":
            return bytes.fromhex(whole.decode("ascii"))
        padded = whole + b"=" * (-len(whole) % 4) if self.encoding in _UNPADDED else whole
        return base64.b64decode(padded, b"-_" if "url" in self.encoding else None, validate=True)


@dataclass(frozen=True)
class Number:
    """A binary number, taken as its decimal digits."""

    name: str

    def take(self, whole: bytes) -> bytes:
        size, order = NUMBERS[self.name]
        if len(whole) != size:
            raise Malformed(f"has {len(whole)} bytes where {self.name} has {size}")
        return str(int.from_bytes(whole, order)).encode()  # type: ignore[arg-type]  # one of two words

    def put(self, whole: bytes, part: bytes) -> bytes:
        size, order = NUMBERS[self.name]
        return (int(part) % (1 << 8 * size)).to_bytes(size, order)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pointer:
    """A text or number in JSON, as its UTF-8 bytes or digits; objects and lists as they are written."""

    pointer: str

    def take(self, whole: bytes) -> bytes:
        found = _parsed(whole)
        for name in self.pointer.split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            inner = dict(enumerate(found)) if isinstance(found, list) else found
            at = int(name) if isinstance(found, list) and name.isdigit() else name
            if not isinstance(inner, dict) or at not in inner:
                raise Malformed(f"lacks {self.pointer}")
            found = inner[at]
        if isinstance(found, str):
            return found.encode("utf-8", "surrogatepass")
        text = _text(whole)
        return text[slice(*self._span(text))].encode()

    def put(self, whole: bytes, part: bytes) -> bytes:
        text = _text(whole)
        start, end = self._span(text)
        value = part.decode("utf-8", "surrogatepass")
        plain = text[start] != '"' and _is_json(value)
        return (text[:start] + (value if plain else json.dumps(value)) + text[end:]).encode("utf-8")

    def _span(self, text: str) -> tuple[int, int]:
        try:
            return span(text, self.pointer)
        except NoSuchValue as error:
            raise Malformed(str(error)) from None


@dataclass(frozen=True)
class Span:
    """Where a segment stands, and the length before it that has to fit."""

    start: int
    end: int
    prefix: str = ""

    @property
    def begins(self) -> int:
        """Where the segment begins with its length."""
        return self.start - (NUMBERS[self.prefix][0] if self.prefix else 0)


Finder = Callable[[bytes], Mapping[str, Span]]


@dataclass(frozen=True)
class Segment:
    """A stretch of bytes that a finder knows by name; a length before it follows what is put in its place."""

    name: str
    find: Finder

    def take(self, whole: bytes) -> bytes:
        place = self.find(whole)[self.name]
        return whole[place.start : place.end]

    def put(self, whole: bytes, part: bytes) -> bytes:
        place = self.find(whole)[self.name]
        length = Number(place.prefix).put(b"", str(len(part)).encode()) if place.prefix else b""
        return whole[: place.begins] + length + part + whole[place.end :]


@lru_cache(maxsize=8)
def _parsed(whole: bytes) -> Any:
    """A document with its numbers as they are written; several parts are read from one after the other."""
    try:
        return json.loads(_text(whole), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed("is no JSON") from None


def _text(whole: bytes) -> str:
    try:
        return whole.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("is no text in UTF-8") from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
