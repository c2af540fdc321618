"""The cases of tables that hold for every operation: methods, bodies, media types, what browsers ask."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from robot.api.types import Secret

from assay.contract import nonsense
from assay.core.platform import Platform
from assay.http.answers import Response
from assay.rest.cases import Case
from assay.rest.positions import Field, Places, Position, data

METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "FOO")
_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_ACCEPTS = (
    "text/html",
    "application/xml",
    "image/*",
    "*/*;q=0",
    "application/json;q=0, text/plain",
    ",;=",
)
_DEEP = 1_000


def promised(positions: Iterable[Position], platform: Platform) -> dict[str, dict[str, Position]]:
    """The operations of a service by path and method, as the platform spells them; those of several steps are left out."""
    found: dict[str, dict[str, Position]] = {}
    for position in positions:
        steps = platform.spelling(position.operation).steps
        if len(steps) == 1:
            found.setdefault(_shape(steps[0].path), {})[steps[0].method] = position
    return found


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def left_out(service: str, platform: Platform) -> dict[str, set[str]]:
    """The methods of operations that no table calls, by path."""
    found: dict[str, set[str]] = {}
    for name in data(service).get("left_out", {}):
        for step in platform.spelling(f"{service}.{name}").steps:
            found.setdefault(_shape(step.path), set()).add(step.method)
    return found


def methods(
    paths: Mapping[str, Mapping[str, Position]], at: Places, beside: Mapping[str, set[str]]
) -> Iterator[Case]:
    """Every method that a path does not know: refused, with the list of those that it knows.

    `beside` are methods of the paths that no table calls.
    """
    for path, known in paths.items():
        position = next(iter(known.values()))
        request = addressed(position, at)
        allowed = {*known, *(["HEAD"] if "GET" in known else []), *beside.get(path, ())}
        for method in METHODS:
            if method not in allowed:
                yield Case(
                    f"{method} {path}",
                    position.operation,
                    {**request, "method": method},
                    "405" if method == "HEAD" else "method-not-allowed",
                    check=_allows(allowed, method),
                )


def overrides(
    paths: Mapping[str, Mapping[str, Position]], at: Places, beside: Mapping[str, set[str]]
) -> Iterator[Case]:
    """A method that a path does not know, with a header or a parameter that asks for one it knows."""
    for path, known in paths.items():
        method, position = next(iter(known.items()))
        other = "POST" if "POST" not in known else "GET"
        if other in known or other in beside.get(path, ()):
            continue
        request = {**addressed(position, at), "method": other}
        for header in _OVERRIDES:
            yield Case(
                f"{other} {path} with {header}: {method}",
                position.operation,
                {**request, "headers": {header: method}},
                "method-not-allowed",
            )
        yield Case(
            f"{other} {path} with _method={method}",
            position.operation,
            {**request, "_method": method},
            "method-not-allowed",
        )


def heads(paths: Mapping[str, Mapping[str, Position]], at: Places) -> Iterator[Case]:
    """HEAD where there is GET: the same status and no content (RFC 9110, 9.3.2)."""
    for path, known in paths.items():
        if "GET" in known:
            position = known["GET"]
            yield Case(
                f"HEAD {path}",
                position.operation,
                {**position.valid(at.of(position)), "method": "HEAD"},
                check=lambda answer: f"content with HEAD: {answer.text[:40]}" if answer.text else "",
            )


def controls(positions: Iterable[Position], at: Places) -> Iterator[Case]:
    """The valid request of each operation, which must be accepted."""
    for position in positions:
        yield Case(
            f"{position.operation} as it should be",
            position.operation,
            position.valid(at.of(position)),
            control=True,
        )


def bodies(position: Position, at: Places) -> Iterator[Case]:
    """Bodies that can be read in several ways or in none, each refused as that; and odd ones that can be read."""
    inside = {name for name, field in position.fields.items() if field.where == "body"}
    request = position.valid(at.of(position))
    valid = {name: value for name, value in request.items() if name in inside}
    extra = {name: value for name, value in request.items() if name not in inside}
    text = json.dumps({name: plain(value) for name, value in valid.items()})
    for row in nonsense.bodies(valid):
        if not row.accepted:
            yield _case(position, row.name, {**row.request, **extra}, "malformed-json")
    for name, octets in _unreadable(text):
        yield _case(position, name, {nonsense.RAW: octets, **extra}, "malformed-json")
    for name, octets in _odd(text):
        if position.whole and name.startswith("with "):
            continue  # any member may be in it
        yield _case(position, name, {nonsense.RAW: octets, **extra}, "invalid-request")


def _unreadable(valid: str) -> Iterator[tuple[str, bytes]]:
    head = valid[:-1] + ("," if len(valid) > 2 else "")
    yield "with a mark of byte order", b"\xef\xbb\xbf" + valid.encode()
    yield "with a number too large", f'{head}"x":1e999}}'.encode()
    yield (
        f"with {_DEEP} objects in one another",
        (f'{head}"x":' + '{"x":' * _DEEP + "1" + "}" * _DEEP + "}").encode(),
    )
    yield "with a name twice, once in escapes", f'{head}"x":1,"\\u0078":2}}'.encode()
    yield "with a raw line break in a text", f'{head}"x":"a\nb"}}'.encode()
    yield "with a number in another notation", f'{head}"x":0x10}}'.encode()


def _odd(valid: str) -> Iterator[tuple[str, bytes]]:
    head = valid[:-1] + ("," if len(valid) > 2 else "")
    for what, value in (
        ("list", f"[{valid}]"),
        ("text", '"x"'),
        ("number", "9007199254740993"),
        ("null", "null"),
    ):
        yield f"a {what} in the place of the object", value.encode()
    yield "with an integer beyond 2^53", f'{head}"x":9007199254740993}}'.encode()
    yield "with __proto__", f'{head}"__proto__":{{"is_admin":true}}}}'.encode()
    yield "with constructor", f'{head}"constructor":{{"prototype":{{"is_admin":true}}}}}}'.encode()


def media(position: Position, at: Places) -> Iterator[Case]:
    """The valid body as something else than JSON; for an operation that does not spend it, as JSON in other spellings."""
    request = position.valid(at.of(position))
    for row in nonsense.kinds(request):
        headers = {"headers": row.request["headers"]}
        if not row.accepted:
            yield _case(position, row.name, {**request, **headers}, "unsupported-media-type")
        elif not position.spends:
            yield Case(
                f"{position.operation} {row.name}", position.operation, {**request, **headers}, control=True
            )
    packed = {"headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}}
    yield _case(position, "packed", {**request, **packed}, "unsupported-media-type")
    if not position.spends:
        for coding in ("identity", "Identity"):
            headers = {"headers": {"Content-Type": "application/json", "Content-Encoding": coding}}
            name = f"{position.operation} Content-Encoding: {coding}"
            yield Case(name, position.operation, {**request, **headers}, control=True)


def accepts(positions: Iterable[Position], at: Places) -> Iterator[Case]:
    """What is only read, asked for in forms that the service does not have: it answers in the one that it has."""
    for position in positions:
        if position.method == "GET" and position.told_as <= {"application/json"}:
            for accept in _ACCEPTS:
                request = {**position.valid(at.of(position)), "headers": {"Accept": accept}}
                yield Case(
                    f"{position.operation} Accept: {accept}", position.operation, request, check=_is_json
                )


def wrong(position: Position, at: Places) -> Iterator[Case]:
    """Each field missing, of another kind, too long or too short by one: refused, with that field named and no other.

    Where there are several, all wrong at once as well: each of them is named.
    """
    from assay.core.contract import contract

    service, _, name = position.operation.partition(".")
    valid = position.valid(at.of(position))
    fields = {one: value for one, value in valid.items() if one in position.fields}
    extra = {} if "token" in position.fields else _token(position, at)
    at_once: dict[str, Any] = {}
    for row in nonsense.rows(contract(service).document, name, fields):
        if not row.accepted:
            field = next((one for one in position.fields if row.name.startswith(f"{one} ")), "")
            if field in row.request:
                at_once.setdefault(field, row.request[field])
            yield _wrong(position, row.name, {**row.request, **extra}, field)
    if len(at_once) > 1:
        yield _wrong(position, "all wrong at once", {**fields, **at_once, **extra}, " ".join(at_once))


def addressed(position: Position, at: Places) -> dict[str, Any]:
    """Only what names the thing that an operation is about, and the token."""
    request = position.valid(at.of(position))
    return {
        name: value
        for name, value in request.items()
        if name not in position.fields and name == "token" or _where(position.fields.get(name)) == "path"
    }


def _where(field: Field | None) -> str:
    return field.where if field else ""


def _token(position: Position, at: Places) -> dict[str, Any]:
    return {"token": at.of(position)[position.token]} if position.token else {}


def _case(position: Position, name: str, request: Mapping[str, Any], expects: str) -> Case:
    return Case(f"{position.operation} {name}", position.operation, request, expects)


def _wrong(position: Position, name: str, request: Mapping[str, Any], names: str) -> Case:
    return replace(_case(position, name, request, "invalid-request"), names=names)


def _allows(allowed: set[str], method: str) -> Any:
    def check(answer: Response) -> str:
        told = {word.strip() for word in answer.headers.get("Allow", "").split(",")} - {"", "OPTIONS", "HEAD"}
        wanted = allowed - {"HEAD"}
        return (
            ""
            if told == wanted
            else f"Allow: {', '.join(sorted(told)) or 'nothing'}, not {', '.join(sorted(wanted))}"
        )

    return check


def _is_json(answer: Response) -> str:
    kind = answer.headers.get("Content-Type", "none").partition(";")[0]
    return "" if kind == "application/json" else f"{answer.status} as {kind}"


def plain(value: Any) -> Any:
    """A secret opened, anything else as it is."""
    return value.value if isinstance(value, Secret) else value
