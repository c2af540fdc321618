"""The data keys: for each schema one that is sealed under now, and older ones for as long as something is under them."""

import secrets
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from reference.common import clock, problems
from reference.common.securitylog import SecurityLog
from reference.store.contents import Contents
from reference.store.statefile import StateFile
from reference.store.vault import KEY_BYTES, Vault, wipe

CURRENT, RETIRED, DESTROYED = "current", "retired", "destroyed"


class DataKey(msgspec.Struct):
    """A data key; of one that was destroyed there are no bytes any more."""

    key_id: str
    schema: str
    state: str
    created_at: datetime
    wrapped: bytes | None


class KeyRing:
    """Every data key that there is or was, by its id, kept under the master key outside of the shared directory."""

    def __init__(self, vault: Vault, state: Path, contents: Callable[[], Contents], log: SecurityLog) -> None:
        self._vault, self._contents, self._log = vault, contents, log
        self._file = StateFile(state / "keys.json")
        self._keys = {key.key_id: key for key in self._file.load(list[DataKey]) or []}
        self._current = {key.schema: key.key_id for key in self._keys.values() if key.state == CURRENT}
        self._reserved: dict[str, int] = {}
        self._epochs: Tally[str] = Tally()
        self.on_destroyed: Callable[[list[str]], None] = lambda _: None

    def current(self, schema: str) -> DataKey:
        """The key that is sealed under now; made where there is none yet."""
        return self._keys[self._current[schema]] if schema in self._current else self.generate([schema])[0]

    def take(self, schema: str, most: int) -> DataKey:
        """The key for one more file, counted; another key where as many were sealed under this one as may be."""
        key = self.current(schema)
        if self.used(key.key_id) >= most:
            key = self.generate([schema])[0]
        self._reserved[key.key_id] = self.used(key.key_id) + 1
        return key

    def used(self, key_id: str) -> int:
        """How many files were sealed under a key, or may have been."""
        return max(self._contents().sealed[key_id], self._reserved.get(key_id, 0))

    def generate(self, schemas: list[str]) -> list[DataKey]:
        """Another key for each of some schemas, all or none; those before are retired."""
        if not schemas:
            return []
        made = [self.new_key(schema) for schema in schemas]
        before = [self._keys[self._current[schema]] for schema in schemas if schema in self._current]
        self._keep([*made, *(msgspec.structs.replace(key, state=RETIRED) for key in before)])
        self._current.update((key.schema, key.key_id) for key in made)
        retired = {key.schema for key in before}
        for key in made:
            if key.schema in retired:
                self._log.success("key.rotated", schema_id=key.schema, data_key_id=key.key_id)
        return made

    def new_key(self, schema: str) -> DataKey:
        """A key that nobody has had, wrapped."""
        key_id = self.new_id()
        raw = bytearray(secrets.token_bytes(KEY_BYTES))
        wrapped = self._vault.wrap(raw, about(schema, key_id))
        wipe(raw)
        return DataKey(key_id, schema, CURRENT, clock.now(), wrapped)

    def replace(self, schemas: list[str]) -> list[DataKey]:
        """Another key for each of some schemas, at once: what is being sealed under those before is not taken any more."""
        self._epochs.update(schemas)
        return self.generate(schemas)

    def epoch(self, schema: str) -> int:
        """How often the key of a schema was replaced since the start."""
        return self._epochs[schema]

    def new_id(self) -> str:
        """A name for a key that tells nothing of it."""
        return secrets.token_hex(12)

    def unwrap(self, key_id: str, schema: str) -> bytearray:
        """The key itself; raises key-unavailable where it is unknown, destroyed or another schema's."""
        key = self._keys.get(key_id)
        if key is None or key.wrapped is None or key.schema != schema:
            raise problems.Problem("key-unavailable")
        return self._vault.unwrap(key.wrapped, about(schema, key_id))

    def live(self, schema: str) -> list[DataKey]:
        """The keys of a schema that have not been destroyed; there is always one."""
        self.current(schema)
        return [key for key in self._keys.values() if key.schema == schema and key.state != DESTROYED]

    def is_current(self, key_id: str) -> bool:
        """Whether new files are sealed under a key."""
        key = self._keys.get(key_id)
        return key is not None and key.state == CURRENT

    def every(self) -> Iterable[DataKey]:
        """Every key that there is or was, the oldest first."""
        return self._keys.values()

    def schemas(self) -> list[str]:
        """The schemas that have keys."""
        return sorted(self._current)

    def destroy_unused(self, wanted: set[str]) -> None:
        """Destroys every retired key that nothing is under, but for those that somebody is just sealing under."""
        unused = [
            key
            for key in self._keys.values()
            if key.state == RETIRED and key.key_id not in wanted and not self._contents().under(key.key_id)
        ]
        if not unused:
            return
        self._keep([msgspec.structs.replace(key, state=DESTROYED, wrapped=None) for key in unused])
        self.on_destroyed([key.key_id for key in unused])
        for key in unused:
            self._log.success("key.destroyed", schema_id=key.schema, data_key_id=key.key_id)

    def _keep(self, changed: list[DataKey]) -> None:
        """Keys that are new or changed count once they are on the disk: nothing is sealed under one that a restart would not find."""
        kept = {**self._keys, **{key.key_id: key for key in changed}}
        self._file.save(list(kept.values()))
        self._keys = kept


def about(schema: str, key_id: str) -> str:
    """What a data key is wrapped for."""
    return f"data key {key_id} of {schema}"
