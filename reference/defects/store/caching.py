"""Memory of processing workers that serves what it should not, or keeps what it should not."""

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cachetools import FIFOCache, TTLCache

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import age_in_memory, always, under_other_names
from reference.store import sealedfiles, sealing, timing, wire


@defect(
    "store.cached-version-is-not-asked",
    breaks=["CACHE-05"],
    says="What is in memory is served without asking whether it is the present version.",
)
def cached_version_is_not_asked(patch: Patch) -> None:
    always(patch, "store.caches:Cache.is_version", True)


@defect(
    "store.late-write-resurrects",
    breaks=["CACHE-07", "DATA-07"],
    says="A write goes to the disk a little after its answer, also where the entity has been deleted meanwhile.",
    partial=True,
)
def late_write_resurrects(patch: Patch) -> None:
    under_way: set[asyncio.Task[None]] = set()

    def factory(put: Function, hit: Hit) -> Function:
        async def flush(self: Any, task: wire.Task) -> None:
            await asyncio.sleep(0.05)
            timing.allow(2.0)
            key, document = task.documents[0]
            with contextlib.suppress(problems.Problem, wire.Again, wire.Unsure):
                admitted = await self.authorise(task, [key])
                if not admitted.entries[key].alive:
                    await self.write(self.reservation(task, [key], admitted), {key: document})
                    hit()

        async def lazy(self: Any, task: wire.Task) -> wire.Done:
            done: wire.Done = await put(self, task)
            if len(task.documents) == 1 and not task.expected:
                later = asyncio.ensure_future(flush(self, task))
                under_way.add(later)
                later.add_done_callback(under_way.discard)
            return done

        return lazy

    patch.replace("store.worker:Worker.put_entities", factory)


@defect(
    "store.cache-ignores-case",
    breaks=["DATA-06"],
    says="In memory a key in capitals stands for the one in small letters.",
    partial=True,
)
def cache_ignores_case(patch: Patch) -> None:
    under_other_names(patch, lambda schema, key: (schema, key.lower()))


@defect(
    "store.cache-replaces-separators",
    breaks=["DATA-06", "DB-18"],
    says="In memory the colons of a key are underscores.",
    partial=True,
)
def cache_replaces_separators(patch: Patch) -> None:
    under_other_names(patch, lambda schema, key: (schema, key.replace(":", "_")))


@defect(
    "store.cache-forgets-the-schema",
    breaks=["CACHE-10"],
    says="In memory an entity is known by its key alone.",
    partial=True,
)
def cache_forgets_the_schema(patch: Patch) -> None:
    under_other_names(patch, lambda schema, key: ("", key))


@defect(
    "store.first-in-first-out",
    breaks=["CACHE-01", "CACHE-02"],
    says="A full cache gives up what came first, however often it is read.",
)
def first_in_first_out(patch: Patch) -> None:
    def factory(make: Function, hit: Hit) -> Function:
        def fifo(capacity: int, ttl: int, on_eviction: Callable[[], None]) -> Any:
            if ttl:
                return make(capacity, ttl, on_eviction)

            used: dict[Any, None] = {}

            class Counting(FIFOCache[Any, Any]):
                def __getitem__(self, name: Any) -> Any:
                    found = super().__getitem__(name)
                    self.use(name)
                    return found

                def __setitem__(self, name: Any, kept: Any) -> None:
                    super().__setitem__(name, kept)
                    self.use(name)

                def __delitem__(self, name: Any) -> None:
                    super().__delitem__(name)
                    used.pop(name, None)

                def use(self, name: Any) -> None:
                    used.pop(name, None)
                    used[name] = None

                def popitem(self) -> Any:
                    least_lately = next(iter(used))
                    given_up = super().popitem()
                    if given_up[0] != least_lately:
                        hit()
                    on_eviction()
                    return given_up

            return Counting(capacity)

        return fifo

    patch.replace("store.caches:make", factory)


@defect(
    "store.cache-of-one-more",
    breaks=["CACHE-03", "CACHE-14"],
    says="A cache holds one entity more than it may.",
    partial=True,
)
def cache_of_one_more(patch: Patch) -> None:
    def roomier(make: Function, _hit: Hit) -> Function:
        return lambda capacity, ttl, on_eviction: make(capacity + 1, ttl, on_eviction)

    def keeping(keep: Function, hit: Hit) -> Function:
        def one_more(self: Any, schema: str, key: str, version: int, document: bytes) -> None:
            keep(self, schema, key, version, document)
            if len(self._kept) == self._kept.maxsize:
                hit()

        return one_more

    patch.replace("store.caches:make", roomier)
    patch.replace("store.caches:Cache.keep", keeping)


@defect(
    "store.evictions-counted-now-and-then",
    breaks=["CACHE-14"],
    says="Of two evictions one is counted.",
    partial=True,
)
def evictions_counted_now_and_then(patch: Patch) -> None:
    def factory(make: Function, hit: Hit) -> Function:
        def sparing(capacity: int, ttl: int, on_eviction: Callable[[], None]) -> Any:
            seen = [0]

            def every_second() -> None:
                seen[0] += 1
                if seen[0] % 2:
                    on_eviction()
                else:
                    hit()

            return make(capacity, ttl, every_second)

        return sparing

    patch.replace("store.caches:make", factory)


@defect(
    "store.lifetime-in-minutes",
    breaks=["CACHE-04"],
    says="The lifetime of what is in memory is taken for minutes.",
)
def lifetime_in_minutes(patch: Patch) -> None:
    age = age_in_memory(patch)

    def lasting(make: Function, _hit: Hit) -> Function:
        return lambda capacity, ttl, on_eviction: make(capacity, 60 * ttl, on_eviction)

    def finding(find: Function, hit: Hit) -> Function:
        def late(self: Any, schema: str, key: str, version: int) -> bytes | None:
            found: bytes | None = find(self, schema, key, version)
            timed = found is not None and isinstance(self._kept, TTLCache)
            if timed and age(self, schema, key) >= self._kept.ttl / 60:
                hit()
            return found

        return late

    patch.replace("store.caches:make", lasting)
    patch.replace("store.caches:Cache.find", finding)


@defect(
    "store.each-reader-loads",
    breaks=["CACHE-08"],
    says="Readers who miss the same entity at the same time load it each for itself.",
    partial=True,
)
def each_reader_loads(patch: Patch) -> None:
    loading: Counter[tuple[str, str, int]] = Counter()

    def factory(_loaded: Function, hit: Hit) -> Function:
        async def alone(self: Any, schema: str, key: str, version: int, load: Any) -> bytes:
            name = (schema, key, version)
            if loading[name]:
                hit()
            loading[name] += 1
            try:
                document: bytes = await self._load(schema, key, version, load)
            finally:
                loading[name] -= 1
            return document

        return alone

    patch.replace("store.caches:Cache.loaded", factory)


@defect(
    "store.refusals-are-kept",
    breaks=["CACHE-09"],
    says="A file that did not open is taken for bad for a quarter of a second, also where it would open by then.",
    partial=True,
)
def refusals_are_kept(patch: Patch) -> None:
    kept: dict[tuple[str, str, int], tuple[float, Exception]] = {}

    def factory(load_one: Function, hit: Hit) -> Function:
        async def remembering(self: Any, schema: str, key: str, version: int, load: Any) -> bytes:
            name = (schema, key, version)
            if name in kept and time.monotonic() < kept[name][0]:
                with contextlib.suppress(sealedfiles.Missing, sealing.NotOpened):
                    await load()
                    hit()
                raise kept[name][1]
            try:
                document: bytes = await load_one(self, schema, key, version, load)
            except (sealedfiles.Missing, sealing.NotOpened) as error:
                kept[name] = (time.monotonic() + 0.25, error)
                raise
            return document

        return remembering

    patch.replace("store.caches:Cache._load", factory)


def _place() -> Path:
    return Path(os.environ["ASSAY_STORE_SHARED"]) / f"{os.environ['ASSAY_STORE_NAME']}.cache"


@defect(
    "store.memory-outlives-a-restart",
    breaks=["CACHE-15"],
    says="A worker that ends writes what it has in memory beside the sealed files, and takes it up again.",
    partial=True,
)
def memory_outlives_a_restart(patch: Patch) -> None:
    def saving(clear: Function, hit: Hit) -> Function:
        def save(self: Any) -> None:
            kept = [[*name, version, document.decode()] for name, (version, document) in self._kept.items()]
            if kept:
                hit()
                _place().write_text(json.dumps(kept))
            clear(self)

        return save

    def factory(begin: Function, _hit: Hit) -> Function:
        def take_up(self: Any, capacity: int, ttl: int, metrics: Any) -> None:
            begin(self, capacity, ttl, metrics)
            with contextlib.suppress(FileNotFoundError):
                for schema, key, version, document in json.loads(_place().read_text()):
                    self.keep(schema, key, version, document.encode())

        return take_up

    patch.replace("store.caches:Cache.clear", saving)
    patch.replace("store.caches:Cache.__init__", factory)


@defect(
    "store.documents-may-be-kept-on-the-way",
    breaks=["CACHE-16"],
    says="Answers with documents may be kept by whoever passes them on.",
    partial=True,
)
def documents_may_be_kept_on_the_way(patch: Patch) -> None:
    def factory(of_version: Function, hit: Hit) -> Function:
        def lasting(version: int) -> dict[str, str]:
            hit()
            return {**of_version(version), "Cache-Control": "max-age=60"}

        return lasting

    patch.replace("store.endpoints:of_version", factory)
