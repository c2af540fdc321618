"""What stands at a place of a JSON text, as it is written there."""

from __future__ import annotations

import json
from typing import Any

from assay.core.spelling import value_at


class _Number(str):
    """A number by its digits."""


def text_at(text: str, pointer: str) -> str:
    """The JSON at a pointer, every number with the digits that it has in the text; an empty pointer is all of it.

    Raises ValueError where the text is no JSON.
    """
    if not pointer.strip("/"):
        return text
    read = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    return _written(value_at(read, pointer))


def _written(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_written(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value)
