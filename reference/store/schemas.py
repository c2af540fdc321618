"""JSON Schemas: what may be kept as one, and which documents are as one says. Nothing is ever fetched."""

import itertools
import re
from collections.abc import Iterable
from typing import Any

import jsonschema_rs
from cachetools import LRUCache

from reference.common import problems, strictjson
from reference.store.wire import Again

DEPTH = 64
MOST_ERRORS = 20
_LONGEST = 200
_KEPT = 256
_BACKTRACKING = 10_000
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class NotLocal(Exception):
    """A schema refers to another document."""


def read(document: bytes, depth: int = DEPTH) -> Any:
    """A document as data; raises malformed-json for what two readers could understand differently, or is nested deeper."""
    try:
        value = strictjson.loads_within(document, depth)
        if _ESCAPED_SURROGATE.search(document):
            strictjson.check_surrogates(value)
    except strictjson.NotStrict:
        raise problems.Problem("malformed-json") from None
    return value


def compiled(document: bytes) -> Any:
    """What checks documents by a schema; raises invalid-schema for what is none."""
    schema = read(document)
    if not isinstance(schema, dict | bool):
        raise problems.Problem("invalid-schema")
    try:
        return make(schema)(
            schema, retriever=refuse, pattern_options=jsonschema_rs.FancyRegexOptions(_BACKTRACKING)
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError):
        raise problems.Problem("invalid-schema") from None


def make(schema: Any) -> Any:
    """What makes a validator: by the draft that a schema names, by draft-07 where it names none."""
    named = isinstance(schema, dict) and "$schema" in schema
    return jsonschema_rs.validator_for if named else jsonschema_rs.Draft7Validator


def refuse(uri: str) -> Any:
    """Fetches nothing."""
    raise NotLocal(uri)


def violations(validator: Any, value: Any) -> list[dict[str, str]]:
    """What is wrong with a document, the first few things."""
    found = itertools.islice(validator.iter_errors(value), MOST_ERRORS)
    return [{"at": pointer(error.instance_path), "what": error.message[:_LONGEST]} for error in found]


def pointer(path: Iterable[str | int]) -> str:
    """A place in a document (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


class Schemas:
    """Schemas that a worker has at hand, by name, each with what it is known by."""

    def __init__(self, depth: int) -> None:
        self._kept: LRUCache[str, tuple[bytes, Any]] = LRUCache(_KEPT)
        self._depth = depth

    def known(self, schema: str) -> bytes:
        """What the schema at hand is known by; nothing where there is none."""
        return self._kept[schema][0] if schema in self._kept else b""

    def keep(self, schema: str, digest: bytes, document: bytes) -> None:
        """Has a schema at hand from now on."""
        self._kept[schema] = (digest, compiled(document))

    def validator(self, schema: str, digest: bytes) -> Any:
        """What checks documents by a schema; raises Again where the one at hand is another by now."""
        known, validator = self._kept.get(schema, (b"", None))
        if known != digest:
            raise Again
        return validator

    def check(self, validator: Any, documents: list[tuple[str, bytes]]) -> None:
        """Raises schema-violation where a document is not as its schema says."""
        for _, document in documents:
            wrong = violations(validator, read(document, self._depth))
            if wrong:
                raise problems.Problem("schema-violation", errors=wrong)
