"""Moments that decide what nobody should ask them."""

import os
from pathlib import Path
from typing import Any

from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.the-latest-clock-wins",
    breaks=["FS-16"],
    says="A write by a worker whose clock is behind the time of the file that is there leaves the document as it was.",
    partial=True,
)
def the_latest_clock_wins(patch: Patch) -> None:
    def timed(fill: Function, _hit: Hit) -> Function:
        def stamped(self: Any, draft: Path, content: bytes) -> None:
            fill(self, draft, content)
            os.utime(draft, (clock.seconds(), clock.seconds()))

        return stamped

    def factory(seal_all: Function, hit: Hit) -> Function:
        async def compared(self: Any, schema: str, reserved: Any, documents: Any) -> Any:
            kept = dict(documents)
            for key, before in reserved.before.items():
                place = self._files._folder / before.file
                if key in kept and before.alive and place.stat().st_mtime > clock.seconds() + 1:
                    hit()
                    kept[key] = await self.load(schema, key, before)
            return await seal_all(self, schema, reserved, kept)

        return compared

    patch.replace("store.sealedfiles:SealedFiles.fill", timed)
    patch.replace("store.worker:Worker.seal_all", factory)
