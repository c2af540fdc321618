"""What stands at a place of a JSON text, as it is written there."""

from __future__ import annotations

from assay.core import exactjson
from assay.core.spelling import value_at


def text_at(text: str, pointer: str) -> str:
    """The JSON at a pointer, every number with the digits that it has in the text; an empty pointer is all of it.

    Raises ValueError where the text is no JSON.
    """
    return exactjson.write(value_at(exactjson.read(text), pointer)) if pointer.strip("/") else text
