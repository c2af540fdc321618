"""Whether the store can work: asked anew each time, and answered in time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from reference.store.index import Index
from reference.store.roster import Attached, Roster

DEADLINE_SECONDS = 0.8
UP, DOWN = "up", "down"


class Condition:
    """Looks at the disk and asks the workers."""

    def __init__(
        self, index: Index, roster: Roster, ask: Callable[[Attached], Coroutine[Any, Any, bool]]
    ) -> None:
        self._index, self._roster, self._ask = index, roster, ask
        self._asked: set[asyncio.Future[bool]] = set()

    async def checks(self) -> dict[str, str]:
        """What is up and what is down."""
        disk, workers = await asyncio.gather(
            within_deadline(self.ask_disk()), within_deadline(self.ask_workers())
        )
        return {"shared-directory": UP if disk else DOWN, "workers": UP if workers else DOWN}

    async def ask_disk(self) -> bool:
        """Whether the disk is there, and is as it was left."""
        return await asyncio.to_thread(self._index.is_sound)

    async def ask_workers(self) -> bool:
        """Whether any worker answers. The others are heard out, so that of each it is known whether it does."""
        for answer in asyncio.as_completed([self.begin_asking(one) for one in self._roster.workers()]):
            if await answer:
                return True
        return False

    def begin_asking(self, worker: Attached) -> asyncio.Future[bool]:
        """Asks a worker, whether anybody waits for the answer or not."""
        asked = asyncio.ensure_future(self._ask(worker))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        return asked


async def within_deadline(question: Coroutine[Any, Any, bool]) -> bool:
    """The answer, or no; what hangs is not waited for."""
    task = asyncio.ensure_future(question)
    await asyncio.wait({task}, timeout=DEADLINE_SECONDS)
    if not task.done():
        task.cancel()
        return False
    return task.result()
