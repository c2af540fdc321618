"""Searches everything that a run leaves for values that must not be there.

Written apart from the redaction that it checks: it knows forms of its own, by plain comparison, and looks into the
compressed texts of Robot's log.html.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_COMPRESSED = re.compile(rb'"(eN[A-Za-z0-9+/]{6,}={0,2})"')
_AROUND = 30


@dataclass(frozen=True)
class Leak:
    """A value that was found: which, in which form, in which file, and what stands around it (never the value)."""

    secret: str
    form: str
    file: Path
    around: str

    def __str__(self) -> str:
        return f"{self.secret} ({self.form}) in {self.file}: {self.around}"


def search(places: Iterable[Path], secrets: Mapping[str, str]) -> list[Leak]:
    """Every secret that stands, in any form, in a file of these places (files, or folders with all that is in them).

    `secrets` names the values. One leak is told for each secret, form and file.
    """
    wanted = [
        (name, form, octets) for name, value in secrets.items() for form, octets in forms(value).items()
    ]
    return [
        Leak(name, form, file, around)
        for file in _files(places)
        for name, form, around in _search_file(file, wanted)
    ]


def search_text(text: str, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    """Like `search`, for one text: the secret's name and the form of each that was found."""
    octets = text.encode("utf-8", "surrogatepass")
    return [
        (name, form)
        for name, value in secrets.items()
        for form, wanted in forms(value).items()
        if wanted in octets
    ]


def forms(value: str) -> dict[str, bytes]:
    """The forms in which a value could have been written, by name; equal forms are told once."""
    octets = value.encode("utf-8", "surrogatepass")
    texts = {
        "raw": value,
        "JSON-escaped": json.dumps(value, ensure_ascii=False)[1:-1],
        "JSON-escaped in ASCII": json.dumps(value)[1:-1],
        "JSON-escaped twice": json.dumps(json.dumps(value)[1:-1])[1:-1],
        "in Robot's log": json.dumps(value, ensure_ascii=False)[1:-1].replace("<", "\\x3c"),
        "written by repr": repr(value)[1:-1],
        "HTML-escaped": html.escape(value),
        "XML-escaped": html.escape(value, quote=False),
        "percent-encoded": urllib.parse.quote(value),
        "percent-encoded wholly": urllib.parse.quote(value, safe=""),
        "form-encoded": urllib.parse.quote_plus(value),
        **octet_forms(octets),
    }
    seen: dict[bytes, str] = {}
    for name, text in texts.items():
        seen.setdefault(text.encode("utf-8", "surrogatepass"), name)
    return {name: form for form, name in seen.items() if form}


def octet_forms(octets: bytes) -> dict[str, str]:
    """The forms in which bytes are written as text, by name: hexadecimal, and base64 at each place it can begin in another."""
    texts = {"in hexadecimal": octets.hex(), "in upper hexadecimal": octets.hex().upper()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + octets).decode().rstrip("=")
        # Characters that depend on neighbours are left out at both ends.
        core = encoded[(0, 2, 3)[shift] : len(encoded) - (1 if (shift + len(octets)) % 3 else 0)]
        texts[f"base64 at offset {shift}"] = core
        texts[f"base64url at offset {shift}"] = core.replace("+", "-").replace("/", "_")
    return texts


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(path for path in place.rglob("*") if path.is_file())
        elif place.is_file():
            yield place


def _search_file(file: Path, wanted: list[tuple[str, str, bytes]]) -> Iterator[tuple[str, str, str]]:
    octets = file.read_bytes()
    hidden = b"\n".join(_inflate(match.group(1)) for match in _COMPRESSED.finditer(octets))
    for name, form, value in wanted:
        for text, note in ((octets, ""), (hidden, ", compressed")):
            if (at := text.find(value)) >= 0:
                yield name, form + note, _around(text, at, value)
                break


def _inflate(encoded: bytes) -> bytes:
    try:
        return zlib.decompress(base64.b64decode(encoded))
    except (binascii.Error, zlib.error):
        return b""


def _around(octets: bytes, at: int, value: bytes) -> str:
    before = octets[max(0, at - _AROUND) : at].decode("utf-8", "replace")
    after = octets[at + len(value) : at + len(value) + _AROUND].decode("utf-8", "replace")
    return f"{before}[…]{after}".replace("\n", " ")
