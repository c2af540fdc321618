"""Where a value stands in the text of a JSON document, so that it can be edited without touching anything beside it."""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class NoSuchValue(ValueError):
    """The text is no JSON, or has nothing at that pointer."""


def span(text: str, pointer: str) -> tuple[int, int]:
    """Start and end of the value that a JSON pointer (RFC 6901) names; of doubled members the last, as parsers take it."""
    try:
        start = _skip(text, 0)
        _, end = _decode(text, start)
        for name in pointer.split("/")[1:]:
            start, end = _inner(text, start, name.replace("~1", "/").replace("~0", "~"), pointer)
    except (ValueError, IndexError, RecursionError) as error:
        if isinstance(error, NoSuchValue):
            raise
        raise NoSuchValue("is no JSON") from None
    return start, end


def _inner(text: str, start: int, name: str, pointer: str) -> tuple[int, int]:
    opening = text[start]
    found: tuple[int, int] | None = None
    position, number = _skip(text, start + 1), 0
    while opening in "{[" and text[position] not in "}]":
        if opening == "{":
            member, position = _decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
        else:
            member, number = str(number), number + 1
        _, end = _decode(text, position)
        if member == name:
            found = position, end
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    if found is None:
        raise NoSuchValue(f"lacks {pointer}")
    return found


def _skip(text: str, position: int) -> int:
    return _SPACE.match(text, position).end()  # type: ignore[union-attr]  # it matches everywhere
