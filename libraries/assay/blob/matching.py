"""Finds thousands of values in bytes in one pass: an Aho-Corasick automaton over the beginnings of all their forms."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from assay.core.errors import AssayError
from assay.evidence.search import forms, octet_forms

SHORTEST = 12
_ANCHOR = 5  # a short one, so that the tables of the automaton stay in the caches of the processor
#: How gzip and the levels of zlib begin, and how zlib is told which of them it reads.
COMPRESSED = {b"\x1f\x8b\x08": 31, b"\x78\x01": 15, b"\x78\x5e": 15, b"\x78\x9c": 15, b"\x78\xda": 15}
_ESCAPED = "JSON-escaped wholly"
_WIDE = {_ESCAPED: 4, "UTF-16": 2, "hexadecimal with": 2}
_FEW = 40_000  # anchors up to which an automaton of tables, which is twice as fast, needs less than 200 MB


@dataclass(frozen=True)
class Match:
    """A value that stands in bytes: whose it is, in which form, from where to where."""

    name: str
    form: str
    start: int
    end: int


def text_forms(value: str) -> dict[str, bytes]:
    """Every form of a text: those that logs are searched for, and those of other encodings."""
    return {
        **forms(value),
        "UTF-16LE": value.encode("utf-16-le", "surrogatepass"),
        "UTF-16BE": value.encode("utf-16-be", "surrogatepass"),
        "JSON with escaped slashes": json.dumps(value)[1:-1].replace("/", "\\/").encode(),
        _ESCAPED: _units(value).encode(),
        f"{_ESCAPED}, upper": _units(value).upper().replace("\\U", "\\u").encode(),
        "percent-encoded in small letters": _lower_percent(value).encode(),
    }


def key_forms(key: bytes) -> dict[str, bytes]:
    """Every form of a key: raw, hexadecimal, base64 and base64url at each alignment."""
    texts = {
        **octet_forms(key),
        "hexadecimal with colons": key.hex(":"),
        "hexadecimal with spaces": key.hex(" "),
    }
    return {"raw": key, **{name: text.encode() for name, text in texts.items()}}


class Matcher:
    """Values by name, each in its forms. The cost of a search grows with the bytes, hardly with the values."""

    def __init__(self, values: Mapping[str, Mapping[str, bytes]]) -> None:
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        self._forms: dict[bytes, list[tuple[str, str, bytes]]] = {}
        for name, of_value in values.items():
            if len(next(iter(of_value.values()), b"")) < SHORTEST:
                raise AssayError(f"{name} is shorter than {SHORTEST} bytes and would be found by chance")
            by_octets: dict[bytes, str] = {}
            for form, octets in of_value.items():
                by_octets.setdefault(octets, form)
            for octets, form in by_octets.items():
                self._forms.setdefault(_anchor(octets, form), []).append((name, form, octets))
        self._anchors = [*self._forms, *COMPRESSED]
        few = len(self._anchors) <= _FEW
        kind = Implementation.DFA if few else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(self._anchors, implementation=kind)
        self.longest = max((len(form[2]) for found in self._forms.values() for form in found), default=0)

    def find(self, octets: bytes) -> tuple[list[Match], list[tuple[int, int]]]:
        """Every place of a value, and every place where something that looks compressed begins with what zlib is told of it."""
        found, compressed = [], []
        for index, start, _end in self._automaton.find_matches_as_indexes(octets, overlapping=True):
            if index >= len(self._forms):
                compressed.append((start, COMPRESSED[self._anchors[index]]))
                continue
            for name, form, wanted in self._forms[self._anchors[index]]:
                if octets.startswith(wanted, start):
                    found.append(Match(name, form, start, start + len(wanted)))
        return found, compressed


def _anchor(octets: bytes, form: str) -> bytes:
    """The beginning of a form; longer where a letter takes several bytes, so that a thousand values do not all begin alike."""
    wide = next((times for start, times in _WIDE.items() if form.startswith(start)), 1)
    return octets[: wide * _ANCHOR]


def _units(value: str) -> str:
    octets = value.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{octets[at : at + 4]}" for at in range(0, len(octets), 4))


def _lower_percent(value: str) -> str:
    pieces = urllib.parse.quote(value, safe="").split("%")
    return "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])
