"""The processing workers that are there now, and which of them is asked."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from cachetools import LRUCache

from reference.common import problems
from reference.store import timing
from reference.store.decider import Decider
from reference.store.wire import Done, News, Task

BUSY = 100
_REMEMBERED = 65536
_PATIENCE_SECONDS = 1.4
_PATIENCE_FOR_EACH = 0.002
_SILENT_SECONDS = 2.5


class Gone(Exception):
    """A worker did not answer."""


class Caller(Protocol):
    """How a worker is asked."""

    async def perform(self, task: Task, seconds: float) -> Done:
        """Has it perform an operation; raises Gone where it does not answer."""

    async def reseal(self, token: str, schema: str, key: str) -> None:
        """Has it seal an entity again; raises Gone where it does not answer."""

    async def metrics(self) -> bytes:
        """Its counters; nothing where it does not answer."""


class Attached:
    """A worker that has a line to main. One that hangs keeps its line for a while, so it counts only as long as it is heard of."""

    def __init__(self, worker_id: str, caller: Caller) -> None:
        self.worker_id, self.caller = worker_id, caller
        self.news: asyncio.Queue[News] = asyncio.Queue()
        self.active = 0
        self._heard = time.monotonic()

    def hear(self) -> None:
        """It has answered just now."""
        self._heard = time.monotonic()

    def is_heard(self) -> bool:
        """Whether it answered within the last seconds."""
        return time.monotonic() - self._heard < _SILENT_SECONDS


class Roster:
    """Workers by their name, for as long as they are there."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._attached: dict[str, Attached] = {}
        self._served: LRUCache[tuple[str, str], str] = LRUCache(_REMEMBERED)
        self.on_change: Callable[[], None] = lambda: None
        self.on_gone: Callable[[], None] = lambda: None
        self.changed = asyncio.Event()
        self.disk_is_well = True

    def attach(self, attached: Attached) -> None:
        """A worker is there; what it had begun before is void."""
        self._decider.leases.end_of_worker(attached.worker_id)
        self._attached[attached.worker_id] = attached
        self._tell()

    def detach(self, attached: Attached) -> None:
        """A worker is gone: it holds nothing any more."""
        if self._attached.get(attached.worker_id) is attached:
            del self._attached[attached.worker_id]
            self._decider.leases.end_of_worker(attached.worker_id)
            self.on_gone()
            self._tell()

    def _tell(self) -> None:
        self.changed.set()
        self.changed.clear()
        self.on_change()

    def workers(self) -> list[Attached]:
        """Everyone who is there."""
        return list(self._attached.values())

    def get(self, worker_id: str) -> Attached | None:
        """A worker, where it is there."""
        return self._attached.get(worker_id)

    def tell_of_disk(self, well: bool) -> None:
        """Tells every worker whether the disk is as it should be, when that has changed."""
        if well != self.disk_is_well:
            self.disk_is_well = well
            self.tell_all(News(well=well))

    def tell_all(self, news: News) -> None:
        """Tells every worker something."""
        for one in self.workers():
            one.news.put_nowait(news)

    async def perform(self, task: Task) -> Done:
        """Has a worker perform an operation, and another one where the first dies before it has done it."""
        tried: set[str] = set()
        while (worker := self.choose(task, tried)) is not None:
            tried.add(worker.worker_id)
            attempt = secrets.token_hex(12)
            task.id = attempt
            worker.active += 1
            try:
                done = await worker.caller.perform(task, min(self.patience(task), timing.left()))
                worker.hear()
                self._served[of(task)] = worker.worker_id
                return done
            except Gone:
                settled = await self._decider.settle(attempt)
                if settled is not None:
                    return settled
            except asyncio.CancelledError:
                self._decider.leases.void_task(attempt)
                raise
            finally:
                worker.active -= 1
        if self._decider.index.refusal is not None:
            raise problems.Problem(self._decider.index.refusal)
        raise problems.unavailable()

    def patience(self, task: Task) -> float:
        """The seconds that a worker may take before another is asked."""
        return _PATIENCE_SECONDS + len(task.documents) * _PATIENCE_FOR_EACH

    def choose(self, task: Task, tried: set[str]) -> Attached | None:
        """The worker that served the entity last, unless it is busy, else the one with the least to do.

        Those that were silent lately are asked when nobody else is left.
        """
        known = [one for one in self.workers() if one.worker_id not in tried and self.may(one, task)]
        fit = [one for one in known if one.is_heard()] or known
        last = self._served.get(of(task))
        for one in fit:
            if one.worker_id == last and one.active <= BUSY:
                return one
        return min(fit, key=self.load, default=None)

    def load(self, worker: Attached) -> tuple[int, bytes]:
        """How much a worker has to do; chance decides between equals."""
        return worker.active, secrets.token_bytes(2)

    def may(self, worker: Attached, task: Task) -> bool:
        """Whether a worker has what an operation needs."""
        if task.operation not in ("getEntity", "putEntities"):
            return True
        return self._decider.grants.granted(worker.worker_id, task.schema) or not self.anybody_may(task)

    def anybody_may(self, task: Task) -> bool:
        """Whether any worker that is there was granted the schema; where none was, any of them says so."""
        granted = self._decider.grants.granted
        return any(granted(one.worker_id, task.schema) for one in self.workers())


def of(task: Task) -> tuple[str, str]:
    """The entity that an operation is about, or the first of them."""
    return task.schema, task.key or (task.documents[0][0] if task.documents else "")
