"""Makes the requests that a contract rules out, from the contract itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from robot.api.types import Secret

from assay.contract.agreement import Document, operations, resolved
from assay.core.rows import Row

_KINDS: dict[str, tuple[str, Any]] = {
    "null": ("null", None),
    "integer": ("a number", 42),
    "number": ("a fraction", 0.5),
    "boolean": ("a truth value", True),
    "array": ("a list", ["a", "b"]),
    "object": ("an object", {"$ne": None}),
    "string": ("a text", "text"),
}
# Readers give up at a thousand (Python, Java) or ten thousand (Go); the body is still a small one.
_DEEP = 12_000
_CHUNK = 1_000
_JSON = ("application/json", "application/json; charset=utf-8", "Application/JSON")
_OTHERS = (
    "text/plain",
    "text/html",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "text/json",
    "json",
    "",
)

# The name of a field of which HttpLibrary makes the whole body.
RAW = ""


def rows(document: Document, operation: str, valid: Mapping[str, Any]) -> list[Row]:
    """The rows for an operation, its valid request as the control."""
    schema = _request(document, operation)
    made = [Row("the valid request", dict(valid), accepted=True)]
    for name in schema.get("properties", {}):
        made.extend(_field(name, resolved(document, schema["properties"][name]), schema, valid))
    if schema.get("additionalProperties") is False:
        made.append(Row("a field that nobody knows", {**valid, "is_admin": True}))
    return made


def bodies(valid: Mapping[str, Any]) -> list[Row]:
    """Rows of bodies that are not JSON, or are in more than one way; the valid one as the control."""
    text = _plain(valid)
    return [Row("the valid body", dict(valid), accepted=True)] + [
        Row(name, {RAW: octets}) for name, octets in _bodies(text)
    ]


def kinds(valid: Mapping[str, Any]) -> list[Row]:
    """Rows of the valid body under other media types; as JSON, in several spellings, they are the controls."""
    rows = [Row(f"as {kind}", {**valid, "headers": {"Content-Type": kind}}, accepted=True) for kind in _JSON]
    return rows + [
        Row(f"as {kind or 'nothing'}", {**valid, "headers": {"Content-Type": kind}}) for kind in _OTHERS
    ]


def large(valid: Mapping[str, Any], sizes: Iterable[int], most: int | None = None) -> list[Row]:
    """Rows of the valid body made larger by spaces at its end, each with its length told and in chunks that tell none.

    The control is as it is, or exactly `most` octets in both ways.
    """
    text = _plain(valid)
    controls = {f"of {most or len(text)} octets": {RAW: text.ljust(most).encode()} if most else dict(valid)}
    if most:
        controls[f"of {most} octets in chunks"] = _in_chunks(text.ljust(most).encode())
    rows = [Row(name, request, accepted=True) for name, request in controls.items()]
    for size in sizes:
        octets = text.ljust(size).encode()
        rows.append(Row(f"of {size} octets", {RAW: octets}))
        rows.append(Row(f"of {size} octets in chunks", _in_chunks(octets)))
    return rows


def _in_chunks(octets: bytes) -> dict[str, Any]:
    """A body whose length nobody tells beforehand (RFC 9112, 7.1); no chunk alone is as large as a limit could be."""
    pieces = [octets[at : at + _CHUNK] for at in range(0, len(octets), _CHUNK)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return {RAW: framed + b"0\r\n\r\n", "headers": {"Transfer-Encoding": "chunked"}}


def _plain(valid: Mapping[str, Any]) -> str:
    return json.dumps(
        {name: value.value if isinstance(value, Secret) else value for name, value in valid.items()}
    )


def _bodies(valid: str) -> list[tuple[str, bytes]]:
    first = valid[1:].partition(",")[0].rstrip("}")
    name = first.partition(":")[0]
    return [
        ("nothing", b""),
        ("cut in the middle", valid[: len(valid) // 2].encode()),
        ("without its last bracket", valid[:-1].encode()),
        ("with more after it", f"{valid} {{}}".encode()),
        ("with a comma too many", f"{valid[:-1]},}}".encode()),
        ("with a name twice", f"{{{first},{valid[1:]}".encode()),
        ("with a name twice, empty at first", f'{{{name}:"",{valid[1:]}'.encode()),
        ("with a name twice, null at first", f"{{{name}:null,{valid[1:]}".encode()),
        ("with NaN", f'{valid[:-1]},"x":NaN}}'.encode()),
        ("with Infinity", f'{valid[:-1]},"x":-Infinity}}'.encode()),
        ("with single quotes", (valid if '"' in valid else '{"x":1}').replace('"', "'").encode()),
        ("with a comment", f"/* */ {valid}".encode()),
        ("as a form", b"email=a%40b.test&password=x"),
        ("as XML", b"<login><email>a@b.test</email></login>"),
        ("in UTF-16", valid.encode("utf-16")),
        ("with octets that are no UTF-8", valid[:-2].encode() + b'\xff\xfe"}'),
        ("with a NUL", valid.encode() + b"\0"),
        ("nested too deep", b"[" * _DEEP + b"]" * _DEEP),
    ]


def _request(document: Document, operation: str) -> Document:
    for _, _, name, found in operations(document):
        if name == operation:
            body = resolved(document, found.get("requestBody", {}))
            for media in body.get("content", {}).values():
                schema: Document = resolved(document, media.get("schema", {}))
                return schema
            raise ValueError(f"{operation} takes no body, so there is nothing to send without sense")
    raise ValueError(f"the contract knows no operation {operation}")


def _field(name: str, rules: Document, schema: Document, valid: Mapping[str, Any]) -> Iterator[Row]:
    if name in schema.get("required", []):
        yield Row(f"{name} missing", {key: value for key, value in valid.items() if key != name})
    accepted = rules.get("type", [])
    accepted = {accepted} if isinstance(accepted, str) else set(accepted)
    for kind, (word, value) in _KINDS.items():
        if kind not in accepted and not (kind == "integer" and "number" in accepted):
            yield Row(f"{name} {word}", {**valid, name: value})
    if "string" not in accepted:
        return
    if (most := rules.get("maxLength")) is not None:
        yield Row(f"{name} longer than {most}", {**valid, name: _text(valid.get(name), most + 1)})
    if rules.get("minLength", 0) > 0:
        yield Row(f"{name} empty", {**valid, name: ""})
    if "const" in rules or "enum" in rules:
        yield Row(f"{name} another value", {**valid, name: "another"})
    if rules.get("format") == "email":
        for word, text in _NO_ADDRESSES.items():
            yield Row(f"{name} {word}", {**valid, name: text})


_NO_ADDRESSES = {
    "without a sign @": "nobody.people.test",
    "with nothing before the @": "@people.test",
    "with nothing after the @": "nobody@",
    "with two signs @": "no@body@people.test",
    "with a space inside": "no body@people.test",
    "with a line break": "no\nbody@people.test",
    "with two dots in a row": "nobody@people..test",
}


def _text(valid: Any, length: int) -> Any:
    text = "a" * length
    if isinstance(valid, str) and "@" in valid:
        return ("a" * length + valid)[-length:]
    return Secret(text) if isinstance(valid, Secret) else text
