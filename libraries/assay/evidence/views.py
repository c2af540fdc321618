"""Looks through escapes: percent, JSON and Python, HTML entities, wrapped base64, nested in each other."""

import html
import re
from collections.abc import Callable

Locate = Callable[[int, int], tuple[int, int]]

_ESCAPE = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+"
    r"|(?:\\u[0-9A-Fa-f]{4})+"
    r"|(?:\\x[0-9A-Fa-f]{2})+"
    r"|\\[\"'\\/bfnrt]"
    r"|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|(?<=[A-Za-z0-9+/]{60})\r?\n(?=[A-Za-z0-9+/])"
)
_WRAPPED = re.compile(r"\n(?<=[A-Za-z0-9+/]{60}\n)")
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEPTH = 3


def views(text: str) -> list[tuple[str, Locate]]:
    """The text as it is read after one, two and three decodings, each with a way back to places in the original."""
    found: list[tuple[str, Locate]] = []
    current, back = text, _same
    for _ in range(_DEPTH):
        if not ("%" in current or "\\" in current or "&" in current or _WRAPPED.search(current)):
            break
        decoded = _ESCAPE.sub(_decode_match, current)
        if decoded == current:
            break
        back = _Way(current, back).locate
        found.append((decoded, back))
        current = decoded
    return found


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end


class _Way:
    """The way back from a decoded text to the original; worked out only when something was found there."""

    def __init__(self, source: str, before: Locate) -> None:
        self._source = source
        self._before = before
        self._starts: list[int] | None = None
        self._ends: list[int] = []

    def locate(self, start: int, end: int) -> tuple[int, int]:
        if self._starts is None:
            self._starts, self._ends = _map(self._source)
        return self._before(self._starts[start], self._ends[end - 1])


def _map(source: str) -> tuple[list[int], list[int]]:
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(source):
        starts.extend(range(position, match.start()))
        ends.extend(range(position + 1, match.start() + 1))
        at = match.start()
        decoded = _decode(match.group())
        widths = [_width(character, match.group()) for character in decoded]
        exact = sum(widths) == len(match.group())
        for width in widths:
            starts.append(at if exact else match.start())
            at += width
            ends.append(at if exact else match.end())
        position = match.end()
    starts.extend(range(position, len(source)))
    ends.extend(range(position + 1, len(source) + 1))
    return starts, ends


def _width(character: str, escape: str) -> int:
    if escape[0] == "%":
        return 3 * len(character.encode("utf-8", "surrogatepass"))
    if escape.startswith("\\u"):
        return 12 if ord(character) > 0xFFFF else 6
    if escape.startswith("\\x"):
        as_utf8 = 4 * len(character.encode("utf-8", "surrogatepass"))
        return as_utf8 if len(escape) % as_utf8 == 0 else 4
    return len(escape)


def _decode_match(match: re.Match[str]) -> str:
    return _decode(match.group())


def _decode(escape: str) -> str:
    first = escape[0]
    if first == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if first == "&":
        return html.unescape(escape)
    if first != "\\":
        return ""
    kind = escape[1]
    if kind == "u":
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if kind == "x":
        octets = bytes.fromhex(escape.replace("\\x", ""))
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    return _SIMPLE.get(kind, kind)
