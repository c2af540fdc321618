"""JSON with every number as it is written: 1.0 is not 1, and none loses digits (RFC 8259, section 6)."""

from __future__ import annotations

import json
from typing import Any


class Digits(str):
    """A number by its digits; no text is the same as it."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digits) and str.__eq__(self, other)

    __hash__ = str.__hash__


def read(text: str | bytes) -> Any:
    """A text as JSON. Raises ValueError."""
    return json.loads(text, parse_float=Digits, parse_int=Digits, parse_constant=Digits)


def write(value: Any) -> str:
    """What was read, as JSON again."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{write(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value)


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two texts are the same JSON in every letter and digit; what is no JSON is the same as nothing."""
    try:
        return bool(read(one) == read(other))
    except ValueError:
        return False
