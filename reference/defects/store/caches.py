"""What workers keep in memory: for too long, under the wrong name, or counted wrongly."""

from typing import Any

from cachetools import TTLCache

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import age_in_memory, under_other_names


@defect(
    "store.reading-prolongs",
    breaks=["CACHE-04"],
    says="The lifetime of an entity in memory begins anew each time that it is read.",
    blind=True,
)
def reading_prolongs(patch: Patch) -> None:
    age = age_in_memory(patch)

    def factory(find: Function, hit: Hit) -> Function:
        def renewing(self: Any, schema: str, key: str, version: int) -> bytes | None:
            found: bytes | None = find(self, schema, key, version)
            if found is not None and isinstance(self._kept, TTLCache):
                if age(self, schema, key) >= self._kept.ttl:
                    hit()
                self._kept[self.name(schema, key)] = (version, found)
            return found

        return renewing

    patch.replace("store.caches:Cache.find", factory)


@defect(
    "store.cache-joins-names",
    breaks=["CACHE-10", "DATA-05"],
    says="In memory the names of schema and entity are joined by an underscore, so that a_b and c is a and b_c.",
    partial=True,
    blind=True,
)
def cache_joins_names(patch: Patch) -> None:
    under_other_names(patch, lambda schema, key: ("", f"{schema}_{key}"))


@defect(
    "store.dropped-counts-as-evicted",
    breaks=["CACHE-14"],
    says="An entity that leaves the memory since it was written anew or deleted counts as one that gave way to others.",
    partial=True,
    blind=True,
)
def dropped_counts_as_evicted(patch: Patch) -> None:
    def factory(drop: Function, hit: Hit) -> Function:
        def counting(self: Any, schema: str, key: str) -> None:
            if self.name(schema, key) in self._kept:
                hit()
                self._metrics.evictions.inc()
            drop(self, schema, key)

        return counting

    patch.replace("store.caches:Cache.drop", factory)
