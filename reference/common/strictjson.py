"""JSON with one meaning: no name twice, no NaN, no bottomless nesting, nothing but UTF-8."""

import json
import re
from collections.abc import Iterable
from typing import Any

MAX_DEPTH = 32
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class NotStrict(ValueError):
    """The text is not JSON, or is JSON that two readers could understand differently."""


def loads(data: bytes) -> Any:
    """Reads JSON (RFC 8259) that is also I-JSON (RFC 7493) in the points where parsers differ.

    Raises NotStrict. Lone surrogates are left to the schema, which refuses them.
    """
    return loads_within(data, MAX_DEPTH)


def loads_within(data: bytes, depth: int) -> Any:
    """Reads JSON as loads() does, nested as deeply as this and no deeper."""
    try:
        text = data.decode("utf-8")
        check_depth(text, depth)
        return json.loads(
            text, object_pairs_hook=unique_names, parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise NotStrict(str(error)) from error


def check_depth(text: str, most: int = MAX_DEPTH) -> None:
    """Refuses nesting beyond a limit before a parser recurses into it."""
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        character = token[0][0]
        if character in "[{":
            depth += 1
            if depth > most:
                raise NotStrict("nested too deep")
        elif character in "]}":
            depth -= 1


def check_surrogates(value: Any) -> None:
    """Refuses text that no Unicode encoding can hold; `value` is what loads() read."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise NotStrict("half of a pair of surrogates") from None


def unique_names(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these members; a name that comes twice is refused."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise NotStrict("a name comes twice")
        members[name] = value
    return members


def _refuse_constant(name: str) -> Any:
    raise NotStrict(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotStrict("a number is too large")
    return number
