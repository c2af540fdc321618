"""What a processing worker keeps in memory: documents that were read lately, least recently used first out."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from cachetools import LRUCache, TTLCache

from reference.common import clock
from reference.store.metrics import Metrics

Name: TypeAlias = tuple[str, str]
Kept: TypeAlias = tuple[int, bytes]


def make(capacity: int, ttl: int, on_eviction: Callable[[], None]) -> "LRUCache[Name, Kept]":
    """A cache of so many entries, each for so many seconds of the store's clock; 0: until others take its place."""
    base: Any = TTLCache if ttl else LRUCache

    class Counting(base):  # type: ignore[misc]
        def popitem(self) -> Any:
            """Gives up the entry that was not used for longest."""
            given_up = super().popitem()
            on_eviction()
            return given_up

    made: LRUCache[Name, Kept] = Counting(capacity, ttl, clock.seconds) if ttl else Counting(capacity)
    return made


class Cache:
    """Documents by schema and key. One is served while its version is the one that main names, and no other."""

    def __init__(self, capacity: int, ttl: int, metrics: Metrics) -> None:
        self._metrics = metrics
        self._kept = make(capacity, ttl, metrics.evictions.inc)
        self._loads: dict[tuple[str, str, int], asyncio.Task[bytes]] = {}

    async def get(self, schema: str, key: str, version: int, load: Callable[[], Awaitable[bytes]]) -> bytes:
        """The document of a version, out of memory or loaded, once for all who want it at the same time."""
        kept = self.find(schema, key, version)
        if kept is not None:
            self._metrics.hits.inc()
            return kept
        self._metrics.misses.inc()
        return await self.loaded(schema, key, version, load)

    def find(self, schema: str, key: str, version: int) -> bytes | None:
        """What is kept of a version."""
        kept = self._kept.get(self.name(schema, key))
        return kept[1] if kept is not None and self.is_version(kept, version) else None

    def is_version(self, kept: Kept, version: int) -> bool:
        """Whether what is kept is of a version."""
        return kept[0] == version

    def name(self, schema: str, key: str) -> Name:
        """What a document is kept under."""
        return (schema, key)

    async def loaded(
        self, schema: str, key: str, version: int, load: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """Loads a document and keeps it; what could not be loaded is not kept."""
        flight = (schema, key, version)
        task = self._loads.get(flight)
        if task is None:
            task = asyncio.ensure_future(self._load(schema, key, version, load))
            self._loads[flight] = task
            task.add_done_callback(lambda _: self._loads.pop(flight, None))
        return await asyncio.shield(task)

    async def _load(self, schema: str, key: str, version: int, load: Callable[[], Awaitable[bytes]]) -> bytes:
        document = await load()
        self._metrics.loads.inc()
        self.keep(schema, key, version, document)
        return document

    def keep(self, schema: str, key: str, version: int, document: bytes) -> None:
        """Keeps a document, unless a later version is there."""
        name = self.name(schema, key)
        there = self._kept.get(name) if name in self._kept else None
        if there is None or there[0] < version:
            self._kept[name] = (version, document)
        self._metrics.entries.set(len(self._kept))

    def drop(self, schema: str, key: str) -> None:
        """Gives an entry up: there is another version, or none."""
        self._kept.pop(self.name(schema, key), None)
        self._metrics.entries.set(len(self._kept))

    def clear(self) -> None:
        """Gives everything up."""
        self._kept.clear()
        self._metrics.entries.set(0)
