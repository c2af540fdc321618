"""Listings that lose or repeat what stands at the edge of a page."""

import bisect
from typing import Any

from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.pages-begin-with-the-last-key",
    breaks=["FS-15"],
    says="A page that comes after another begins with the last key of that one.",
    partial=True,
)
def pages_begin_with_the_last_key(patch: Patch) -> None:
    def factory(page: Function, hit: Hit) -> Function:
        def repeating(self: Any, schema: str, after: str, limit: int) -> Any:
            keys = self._keys.get(schema, [])
            place = bisect.bisect_left(keys, after)
            if not after or place >= len(keys) - 1 or place == 0:
                return page(self, schema, after, limit)
            hit()
            return page(self, schema, keys[place - 1], limit)

        return repeating

    patch.replace("store.contents:Contents.page", factory)


@defect(
    "store.large-pages-end-too-soon",
    breaks=["FS-15"],
    says="Of large pages the last but one is said to be the last.",
    partial=True,
)
def large_pages_end_too_soon(patch: Patch) -> None:
    def factory(page: Function, hit: Hit) -> Function:
        def short(self: Any, schema: str, after: str, limit: int) -> Any:
            chosen, following = page(self, schema, after, limit)
            keys = self._keys.get(schema, [])
            left = len(keys) - bisect.bisect_right(keys, following) if following else 0
            if not 0 < left <= limit or limit < 500:
                return chosen, following
            hit()
            return chosen, None

        return short

    patch.replace("store.contents:Contents.page", factory)
