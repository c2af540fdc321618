"""Schemas that are not kept as they say, and answers about them."""

import json
import re
import urllib.request
from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import always
from reference.store import wire
from reference.store.schemas import compiled

_MOST_ERRORS = 20
_CONDITIONS = ("if", "then", "else", "not", "oneOf", "anyOf")


def _without(schema: Any, *members: str) -> Any:
    """A schema without some of its members, at every depth."""
    if isinstance(schema, list):
        return [_without(one, *members) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without(value, *members) for name, value in schema.items() if name not in members}


def _not_looked_at(patch: Patch, *members: str) -> None:
    def factory(compiled: Function, hit: Hit) -> Function:
        def hasty(document: bytes) -> Any:
            sound = compiled(document)
            schema = json.loads(document)
            left = _without(schema, *members)
            return sound if left == schema else _Instead(compiled(json.dumps(left).encode()), sound, hit)

        return hasty

    patch.replace("store.schemas:compiled", factory)


class _Instead:
    """A validator that is asked instead of another; a hit is a document of which the other finds something else."""

    def __init__(self, asked: Any, sound: Any, hit: Hit) -> None:
        self.asked, self._sound, self._hit = asked, sound, hit

    def iter_errors(self, value: Any) -> Any:
        found, right = list(self.asked.iter_errors(value)), list(self._sound.iter_errors(value))
        if [_told(one) for one in found] != [_told(one) for one in right]:
            self._hit()
        return iter(found)


def _told(error: Any) -> tuple[list[Any], str]:
    return list(error.instance_path), error.message


@defect(
    "store.patterns-are-not-looked-at",
    breaks=["DATA-01"],
    says="What a schema says of the form of a text is not looked at.",
    partial=True,
)
def patterns_are_not_looked_at(patch: Patch) -> None:
    _not_looked_at(patch, "pattern", "patternProperties")


@defect(
    "store.conditions-are-not-looked-at",
    breaks=["DATA-01"],
    says="What a schema allows or forbids under a condition is not looked at.",
    partial=True,
)
def conditions_are_not_looked_at(patch: Patch) -> None:
    _not_looked_at(patch, *_CONDITIONS)


@defect(
    "store.references-are-not-followed",
    breaks=["DATA-01"],
    says="Where a schema refers to a part of itself, anything is taken.",
    partial=True,
)
def references_are_not_followed(patch: Patch) -> None:
    _not_looked_at(patch, "$ref")


@defect(
    "store.more-members-than-promised",
    breaks=["DATA-01"],
    says="A document may have members that its schema leaves no room for.",
    partial=True,
)
def more_members_than_promised(patch: Patch) -> None:
    _not_looked_at(patch, "additionalProperties", "maxProperties")


@defect(
    "store.schemas-are-fetched",
    breaks=["DATA-01"],
    says="A schema that refers to another is completed from wherever that is.",
    partial=True,
)
def schemas_are_fetched(patch: Patch) -> None:
    def factory(_refuse: Function, hit: Hit) -> Function:
        def fetch(uri: str) -> Any:
            hit()
            with urllib.request.urlopen(uri, timeout=1) as answer:
                return json.load(answer)

        return fetch

    patch.replace("store.schemas:refuse", factory)


@defect(
    "store.patterns-without-end",
    breaks=["DATA-01"],
    says="A regular expression is tried for as long as it takes.",
    partial=True,
)
def patterns_without_end(patch: Patch) -> None:
    def factory(compiled: Function, hit: Hit) -> Function:
        return lambda document: _Patient(compiled(document), json.loads(document), hit)

    patch.replace("store.schemas:compiled", factory)


class _Patient:
    """A validator that tries patterns by an engine that goes back and forth."""

    def __init__(self, validator: Any, schema: Any, hit: Hit) -> None:
        properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
        self._patterns = {
            name: one["pattern"]
            for name, one in properties.items()
            if isinstance(one, dict) and "pattern" in one
        }
        self._validator, self._hit = validator, hit

    def iter_errors(self, value: Any) -> Any:
        for name, pattern in self._patterns.items() if isinstance(value, dict) else ():
            if isinstance(value.get(name), str):
                self._hit()
                re.search(pattern, value[name])
        return self._validator.iter_errors(value)


@defect(
    "store.every-mistake-is-told",
    breaks=["DATA-01"],
    says="An answer tells of every mistake in a document, however many there are.",
    partial=True,
)
def every_mistake_is_told(patch: Patch) -> None:
    def factory(violations: Function, hit: Hit) -> Function:
        def talkative(validator: Any, value: Any) -> list[dict[str, str]]:
            found: list[dict[str, str]] = violations(validator, value)
            if len(found) > _MOST_ERRORS:
                hit()
            return found

        return talkative

    patch.replace("store.schemas:MOST_ERRORS", lambda _: 100_000)
    patch.replace("store.schemas:violations", factory)


@defect(
    "store.any-schema-is-kept",
    breaks=["DATA-01"],
    says="What is no JSON Schema is kept, and allows everything.",
    partial=True,
)
def any_schema_is_kept(patch: Patch) -> None:
    def factory(compiled: Function, hit: Hit) -> Function:
        def lenient(document: bytes) -> Any:
            try:
                return compiled(document)
            except problems.Problem as problem:
                if problem.name != "invalid-schema":
                    raise
                hit()
                return compiled(b"true")

        return lenient

    patch.replace("store.schemas:compiled", factory)


@defect(
    "store.first-schema-counts",
    breaks=["DATA-02"],
    says="A worker goes on to check by the schema that it came to know first.",
    partial=True,
)
def first_schema_counts(patch: Patch) -> None:
    def factory(keep: Function, hit: Hit) -> Function:
        def slow(self: Any, schema: str, digest: bytes, document: bytes) -> None:
            if schema not in self._kept:
                keep(self, schema, digest, document)
                return
            first = self._kept[schema][1]
            asked = getattr(first, "asked", first)
            self._kept[schema] = (digest, _Instead(asked, compiled(document), hit))

        return slow

    patch.replace("store.schemas:Schemas.keep", factory)


@defect(
    "store.entities-go-with-their-schema",
    breaks=["DATA-02"],
    says="Entities of a schema that was forgotten are not found.",
    partial=True,
)
def entities_go_with_their_schema(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        async def strict(self: Any, task: wire.Task, keys: list[str]) -> wire.Admitted:
            admitted: wire.Admitted = await authorise(self, task, keys)
            there = any(entry.alive for entry in admitted.entries.values())
            if task.operation == "getEntity" and there and not admitted.schema_digest:
                hit()
                raise problems.Problem("not-found")
            return admitted

        return strict

    patch.replace("store.worker:Worker.authorise", factory)


@defect(
    "store.forgotten-schemas-linger",
    breaks=["DATA-02"],
    says="Where a schema was forgotten a worker that knew it goes on to take documents.",
    partial=True,
)
def forgotten_schemas_linger(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        async def lasting(self: Any, task: wire.Task, keys: list[str]) -> wire.Admitted:
            known = self.schemas.known(task.schema)
            admitted: wire.Admitted = await authorise(self, task, keys)
            if task.operation == "putEntities" and known and not admitted.schema_digest:
                hit()
                admitted.schema_digest = known
            return admitted

        return lasting

    def unasked(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, asked: wire.Reserve) -> None:
            if self.index.contents.digest(asked.schema):
                check(self, asked)

        return lenient

    patch.replace("store.worker:Worker.authorise", factory)
    patch.replace("store.decider:Decider.check_schema", unasked)


@defect(
    "store.schemas-are-tidied-up",
    breaks=["DATA-02"],
    says="A schema comes back without the bounds of its texts.",
    partial=True,
)
def schemas_are_tidied_up(patch: Patch) -> None:
    def factory(keep: Function, hit: Hit) -> Function:
        async def tidy(self: Any, task: wire.Task, document: bytes | None) -> wire.Done:
            left = document
            if document is not None:
                schema = json.loads(document)
                tidied = _without(schema, "minLength", "maxLength")
                if tidied != schema:
                    left = json.dumps(tidied).encode()
            done: wire.Done = await keep(self, task, left)
            if left != document:
                hit()
            return done

        return tidy

    patch.replace("store.worker:Worker.keep_schema", factory)


@defect(
    "store.mistakes-have-no-place",
    breaks=["DATA-01"],
    says="What is wrong with a document is told, and not where.",
    partial=True,
)
def mistakes_have_no_place(patch: Patch) -> None:
    always(patch, "store.schemas:pointer", "")
