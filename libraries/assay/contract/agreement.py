"""Compares two OpenAPI documents: does the one that is served promise what was agreed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_DEPTH = 8
# What a text, a number or a list in a request is limited by (JSON Schema 2020-12, validation, 6.2 to 6.4).
_LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
Document = Mapping[str, Any]


def differences(agreed: Document, served: Document, compared: set[str]) -> list[str]:
    """Every way in which the served document promises less than the agreed one, in words.

    `compared` names the operations to compare.
    """
    found: list[str] = []
    there = {name: (method, path, operation) for method, path, name, operation in operations(served)}
    for method, path, name, operation in operations(agreed):
        if name not in compared:
            continue
        if name not in there:
            found.append(f"{name} is missing")
            continue
        seen_method, seen_path, seen = there[name]
        if (seen_method, seen_path) != (method, path):
            found.append(f"{name} is {seen_method.upper()} {seen_path}, not {method.upper()} {path}")
        found.extend(f"{name}: {what}" for what in _operation(agreed, operation, served, seen))
    return found


def operations(document: Document) -> Iterator[tuple[str, str, str, Document]]:
    """Method, path, operationId and description of each operation."""
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item and "operationId" in item[method]:
                yield method, path, item[method]["operationId"], item[method]


def resolved(document: Document, schema: Any) -> Any:
    """What a reference stands for; anything else stays."""
    seen = 0
    while isinstance(schema, Mapping) and "$ref" in schema and seen < _DEPTH:
        found: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = (
                found.get(part.replace("~1", "/").replace("~0", "~"), {})
                if isinstance(found, Mapping)
                else {}
            )
        schema = found
        seen += 1
    return schema


def _operation(agreed: Document, mine: Document, served: Document, theirs: Document) -> Iterator[str]:
    body, their_body = _schema(agreed, mine.get("requestBody")), _schema(served, theirs.get("requestBody"))
    if body is not None:
        yield from _fields(agreed, body, served, their_body, "the request", 0)
        yield from _demands(agreed, body, served, their_body)
    answers = resolved(served, theirs.get("responses", {}))
    for status, answer in mine.get("responses", {}).items():
        if status == "default":
            continue
        if status not in answers:
            yield f"status {status} is not promised"
            continue
        schema = _schema(agreed, answer)
        if schema is not None and int(status) < 400:
            yield from _fields(
                agreed, schema, served, _schema(served, answers[status]), f"the answer {status}", 0
            )


def _schema(document: Document, holder: Any) -> Any:
    holder = resolved(document, holder)
    content = holder.get("content", {}) if isinstance(holder, Mapping) else {}
    for media in content.values():
        return resolved(document, media.get("schema", {}))
    return None


def _fields(
    agreed: Document, mine: Any, served: Document, theirs: Any, where: str, depth: int
) -> Iterator[str]:
    mine, theirs = resolved(agreed, mine), resolved(served, theirs)
    if depth > _DEPTH or not isinstance(mine, Mapping) or not mine:
        return
    if not isinstance(theirs, Mapping):
        yield f"{where} is not described"
        return
    kinds, their_kinds = _kinds(mine), _kinds(_alternatives(served, theirs))
    if (
        kinds
        and their_kinds
        and not kinds <= their_kinds | ({"number"} if "integer" in their_kinds else set())
    ):
        yield f"{where} is {' or '.join(sorted(their_kinds))}, not {' or '.join(sorted(kinds))}"
    if missing := set(map(str, _values(mine))) - set(map(str, _values(theirs))):
        yield (
            f"{where} is not promised to be {' or '.join(sorted(missing))}"
            if _values(theirs)
            else f"{where} may be anything"
        )
    if where.endswith("the request"):
        yield from _limits(_limited(agreed, mine), _limited(served, theirs), where)
    properties = theirs.get("properties", {})
    for name, schema in mine.get("properties", {}).items():
        if name not in properties:
            yield f"{name} is missing in {where}"
        else:
            yield from _fields(agreed, schema, served, properties[name], f"{name} in {where}", depth + 1)
    if "items" in mine:
        yield from _fields(
            agreed, mine["items"], served, theirs.get("items"), f"an item of {where}", depth + 1
        )
    if not where.endswith("the request"):
        for name in sorted(set(mine.get("required", [])) - set(theirs.get("required", []))):
            yield f"{name} may be absent in {where}"


def _limits(mine: Document, theirs: Document, where: str) -> Iterator[str]:
    for limit, value in mine.items():
        if limit not in theirs:
            yield f"{where} is not told to have a {limit} of {value}"
        elif theirs[limit] != value:
            yield f"{where} has a {limit} of {theirs[limit]}, not {value}"


def _limited(document: Document, schema: Document) -> Document:
    """The limits of a schema; where it has alternatives, one of which may be null, also those that stand in them."""
    options = [resolved(document, one) for one in schema.get("anyOf", schema.get("oneOf", []))]
    told = [one for one in [schema, *options] if isinstance(one, Mapping)]
    return {limit: one[limit] for one in told for limit in _LIMITS if limit in one}


def _demands(agreed: Document, mine: Any, served: Document, theirs: Any) -> Iterator[str]:
    mine, theirs = resolved(agreed, mine), resolved(served, theirs)
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        asked, asked_there = set(mine.get("required", [])), set(theirs.get("required", []))
        for name in sorted(asked_there - asked):
            yield f"{name} is required in the request"
        for name in sorted(asked - asked_there):
            yield f"{name} may be absent in the request"


def _alternatives(document: Document, schema: Document) -> Document:
    """`anyOf: [string, null]` says the same as `type: [string, null]`."""
    options = [resolved(document, one) for one in schema.get("anyOf", schema.get("oneOf", []))]
    kinds = {kind for one in options if isinstance(one, Mapping) for kind in _kinds(one)}
    return {**schema, "type": sorted(kinds)} if kinds else schema


def _kinds(schema: Document) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _values(schema: Document) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))
