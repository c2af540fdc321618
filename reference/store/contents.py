"""What the index says, in memory: every schema and every entity, and how many are under which key."""

import bisect
import hashlib
from collections import Counter as Tally
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from reference.store.wire import Entry


class Entries(msgspec.Struct, tag="entries"):
    """Entities of one schema are as told from now on."""

    schema: str
    entries: dict[str, Entry]


class SchemaKept(msgspec.Struct, tag="schema"):
    """A schema is as told from now on; without a document it is forgotten."""

    schema: str
    document: bytes | None


Change: TypeAlias = Entries | SchemaKept


class Whole(msgspec.Struct):
    """Everything, as a snapshot holds it."""

    schemas: dict[str, bytes]
    entities: dict[str, dict[str, Entry]]
    sealed: dict[str, int]


class Contents:
    """What is true after the last record."""

    def __init__(self) -> None:
        self.schemas: dict[str, bytes] = {}
        self.entities: dict[str, dict[str, Entry]] = {}
        self.sealed: Tally[str] = Tally()
        self._digests: dict[str, bytes] = {}
        self._keys: dict[str, list[str]] = {}
        self._under: Tally[str] = Tally()

    def take(self, whole: Whole) -> None:
        """Begins with a snapshot."""
        self.schemas, self.sealed = dict(whole.schemas), Tally(whole.sealed)
        self._digests = {name: digest(document) for name, document in self.schemas.items()}
        self.entities = whole.entities
        self._keys = {
            schema: sorted(key for key, entry in entries.items() if entry.alive)
            for schema, entries in whole.entities.items()
        }
        self._under = Tally(entry.key_id for _, _, entry in self.every() if entry.alive)

    def whole(self) -> Whole:
        """Everything, for a snapshot."""
        return Whole(self.schemas, self.entities, dict(self.sealed))

    def apply(self, change: Change) -> None:
        """Makes one change."""
        if isinstance(change, SchemaKept):
            self._keep_schema(change)
            return
        for key, entry in change.entries.items():
            self._set(change.schema, key, entry)

    def _keep_schema(self, change: SchemaKept) -> None:
        if change.document is None:
            self.schemas.pop(change.schema, None)
            self._digests.pop(change.schema, None)
        else:
            self.schemas[change.schema] = change.document
            self._digests[change.schema] = digest(change.document)

    def _set(self, schema: str, key: str, entry: Entry) -> None:
        entries = self.entities.setdefault(schema, {})
        keys = self._keys.setdefault(schema, [])
        before = entries.get(key)
        was_alive = before is not None and before.alive
        if before is not None and was_alive:
            self._under[before.key_id] -= 1
        if entry.alive:
            self._under[entry.key_id] += 1
            self.sealed[entry.key_id] += 1
        if entry.alive and not was_alive:
            bisect.insort(keys, key)
        elif was_alive and not entry.alive:
            del keys[bisect.bisect_left(keys, key)]
        entries[key] = entry

    def entry(self, schema: str, key: str) -> Entry:
        """What is known of an entity; version 0 where there never was one."""
        return self.entities.get(schema, {}).get(key, _NEVER)

    def digest(self, schema: str) -> bytes:
        """What a schema is known by; nothing where there is none."""
        return self._digests.get(schema, b"")

    def knows(self, schema: str) -> bool:
        """Whether there is a schema, or an entity of one that was forgotten."""
        return schema in self.schemas or bool(self._keys.get(schema))

    def page(self, schema: str, after: str, limit: int) -> tuple[list[tuple[str, int]], str | None]:
        """The next keys of a schema with their versions, and the last of them where there are more."""
        keys = self._keys.get(schema, [])
        start = bisect.bisect_right(keys, after) if after else 0
        chosen = keys[start : start + limit]
        following = chosen[-1] if start + limit < len(keys) else None
        return [(key, self.entities[schema][key].version) for key in chosen], following

    def under(self, key_id: str) -> int:
        """How many entities are sealed under a key."""
        return self._under[key_id]

    def every(self) -> Iterator[tuple[str, str, Entry]]:
        """Every entity that there is or was."""
        for schema, entries in self.entities.items():
            for key, entry in entries.items():
                yield schema, key, entry

    def files(self) -> set[str]:
        """The files that count."""
        return {entry.file for _, _, entry in self.every() if entry.alive}


_NEVER = Entry(0)


def digest(document: bytes) -> bytes:
    """What a schema is known by."""
    return hashlib.sha256(document).digest()
