"""Makes the requests that a contract rules out, from the contract itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
_DEEP = 5_000


def rows(document: Document, operation: str, valid: Mapping[str, Any]) -> list[Row]:
    """The rows for an operation, its valid request as the control."""
    schema = _request(document, operation)
    made = [Row("the valid request", dict(valid), accepted=True)]
    for name in schema.get("properties", {}):
        made.extend(_field(name, resolved(document, schema["properties"][name]), schema, valid))
    if schema.get("additionalProperties") is False:
        made.append(Row("a field that nobody knows", {**valid, "is_admin": True}))
    return made


def bodies(valid: str) -> list[tuple[str, bytes]]:
    """Bodies that are not JSON, or are in more than one way, by name; none of them is `valid`."""
    first = valid[1:].partition(",")[0]
    return [
        ("nothing", b""),
        ("cut in the middle", valid[: len(valid) // 2].encode()),
        ("without its last bracket", valid[:-1].encode()),
        ("with more after it", f"{valid} {{}}".encode()),
        ("with a comma too many", f"{valid[:-1]},}}".encode()),
        ("with a name twice", f"{{{first},{valid[1:]}".encode()),
        ("with NaN", f'{valid[:-1]},"x":NaN}}'.encode()),
        ("with Infinity", f'{valid[:-1]},"x":-Infinity}}'.encode()),
        ("with single quotes", valid.replace('"', "'").encode()),
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
    if (least := rules.get("minLength", 0)) > 0:
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
    "with a line break": "nobody@people.test\n",
    "with two dots in a row": "nobody@people..test",
}


def _text(valid: Any, length: int) -> Any:
    text = "a" * length
    if isinstance(valid, str) and "@" in valid:
        return ("a" * length + valid)[-length:]
    return Secret(text) if isinstance(valid, Secret) else text
