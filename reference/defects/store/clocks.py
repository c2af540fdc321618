"""Moments that decide what nobody should ask them."""

import os
import time
from datetime import UTC, datetime, timedelta
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


@defect(
    "store.grants-end-by-the-workers-clock",
    breaks=["KEY-15"],
    says="A grant of a processing worker ends by the clock that the worker told last.",
    partial=True,
)
def grants_end_by_the_workers_clock(patch: Patch) -> None:
    def telling(authorise: Function, _hit: Hit) -> Function:
        async def tell(self: Any, task: Any, keys: list[str]) -> Any:
            place = _told_by(self.name)
            draft = place.with_suffix(".new")
            draft.write_text(str(clock.seconds() - time.time()))
            os.replace(draft, place)
            return await authorise(self, task, keys)

        return tell

    def factory(holds: Function, hit: Hit) -> Function:
        def by_its_own(self: Any, grant: Any) -> bool:
            truly = bool(holds(self, grant))
            of = [one for one in self.workers() if any(grant is given for given in one.grants.values())]
            if grant.expires_at is None or not of or not _told_by(of[0].worker_id).exists():
                return truly
            ahead = float(_told_by(of[0].worker_id).read_text())
            seems = bool(datetime.now(UTC) + timedelta(seconds=ahead) < grant.expires_at)
            if seems != truly:
                hit()
            return seems

        return by_its_own

    patch.replace("store.worker:Worker.authorise", telling)
    patch.replace("store.grants:Grants.holds", factory)


def _told_by(worker_id: str) -> Path:
    return Path(os.environ["ASSAY_STORE_STATE"]) / f"{worker_id}.clock"
