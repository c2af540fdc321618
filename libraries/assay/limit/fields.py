"""Lists of strings with parameters, in the strict form of Structured Fields (RFC 9651)."""

from __future__ import annotations

import base64
import re
from typing import TypeAlias

BareItem: TypeAlias = str | int | float | bool | bytes
Item: TypeAlias = tuple[str, dict[str, BareItem]]

_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_PARAMETER = re.compile(r";\x20*([a-z*][a-z0-9_.*-]*)(=?)")
_COMMA = re.compile(r"[\x20\t]*,[\x20\t]*")
_BARE = re.compile(
    r'(?P<string>"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*")'
    r"|(?P<decimal>-?[0-9]{1,12}\.[0-9]{1,3}(?![0-9.]))|(?P<integer>-?[0-9]{1,15}(?![0-9.]))"
    r"|\?(?P<boolean>[01])|:(?P<octets>[A-Za-z0-9+/]*={0,2}):"
    r"|(?P<token>[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)"
)


class NotStructured(ValueError):
    """The text is no list of strings; the message says where it ceases to be one."""


def strings(text: str) -> list[Item]:
    """The strings of a list with their parameters, in their order. Raises NotStructured, also for an empty list.

    Example: ``strings('"burst";q=100;w=60')`` is ``[("burst", {"q": 100, "w": 60})]``
    """
    text, items, at = text.strip(" "), list[Item](), 0
    while True:
        found = _STRING.match(text, at)
        if found is None:
            raise _wrong(text, at, "a string in double quotes")
        parameters, at = _parameters(text, found.end())
        items.append((_unescaped(found.group(1)), parameters))
        if at == len(text):
            return items
        comma = _COMMA.match(text, at)
        if comma is None:
            raise _wrong(text, at, "a comma or the end")
        at = comma.end()


def _parameters(text: str, at: int) -> tuple[dict[str, BareItem], int]:
    parameters: dict[str, BareItem] = {}
    while found := _PARAMETER.match(text, at):
        name, given = found.groups()
        value: BareItem = True
        at = found.end()
        if given:
            value, at = _bare(text, at)
        parameters.pop(name, None)
        parameters[name] = value
    return parameters, at


def _bare(text: str, at: int) -> tuple[BareItem, int]:
    found = _BARE.match(text, at)
    if found is None or found.lastgroup is None:
        raise _wrong(text, at, "a value")
    kind, value = found.lastgroup, found.group(found.lastgroup)
    made: BareItem
    match kind:
        case "string":
            made = _unescaped(value[1:-1])
        case "integer":
            made = int(value)
        case "decimal":
            made = float(value)
        case "boolean":
            made = value == "1"
        case "octets":
            made = _octets(text, at, value)
        case _:
            made = value
    return made, found.end()


def _octets(text: str, at: int, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise _wrong(text, at, "base64") from None


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)


def _wrong(text: str, at: int, wanted: str) -> NotStructured:
    return NotStructured(f"{wanted} at character {at + 1} of '{text}'")
