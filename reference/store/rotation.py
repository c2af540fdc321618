"""Rotation: new data keys at once, and a job that seals again what is under older ones, which goes on after a restart."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec

from reference.common import clock, problems, web
from reference.common.securitylog import SecurityLog
from reference.store.access import READ, WRITE, Access, Principal
from reference.store.decider import Decider
from reference.store.keyring import RETIRED, DataKey
from reference.store.roster import Attached, Gone, Roster
from reference.store.statefile import StateFile

NONE, RUNNING, DONE = "none", "running", "done"
_TOGETHER = 4
_PAUSE_SECONDS = 1.0
_ALONE_SECONDS = 3600


class State(msgspec.Struct):
    """The rotation that runs or ran last: the keys that it made, and those that it retired."""

    state: str = NONE
    schemas: list[str] = []
    key_ids: list[str] = []
    old: list[str] = []


class Rotation:
    """Replaces data keys."""

    def __init__(
        self,
        decider: Decider,
        roster: Roster,
        access: Access,
        state: Path,
        log: SecurityLog,
        reseal: Callable[[Attached, str, str, str], Awaitable[None]],
    ) -> None:
        self._decider, self._roster, self._access, self._log = decider, roster, access, log
        self._reseal = reseal
        self._file = StateFile(state / "rotation.json")
        self._state = self._file.load(State) or State()
        self._job: asyncio.Task[None] | None = None

    def begin(self, schemas: list[str] | None, reseal: bool) -> None:
        """Replaces the keys of schemas, of all where none are named; a second rotation has to wait for the first."""
        self._decider.index.check()
        if self.is_running():
            raise problems.Problem("conflict")
        chosen = self.chosen(schemas)
        key_ids = [key.key_id for key in self._decider.keys.replace(chosen)]
        old = [key.key_id for key in self._decider.keys.every() if self.is_old(key, chosen)]
        self.keep(State(RUNNING if reseal else DONE, chosen, key_ids, old))
        self._decider.destroy_unused_keys()
        self.go_on()

    def is_old(self, key: DataKey, schemas: list[str]) -> bool:
        """Whether what is under a key is to be sealed again."""
        return key.state == RETIRED and key.schema in schemas

    def is_running(self) -> bool:
        """Whether something is still being sealed again."""
        return self._state.state == RUNNING

    def chosen(self, schemas: list[str] | None) -> list[str]:
        """The schemas that are meant; those that never had a key have nothing to be replaced."""
        known = self._decider.keys.schemas()
        kept = self._decider.index.contents.schemas
        if schemas is None:
            return known
        for schema in schemas:
            if schema not in known and schema not in kept:
                raise problems.Problem("no-such-schema")
        return list(dict.fromkeys(schemas))

    def keep(self, state: State) -> None:
        """Remembers how far it is, over restarts."""
        self._file.save(state)
        self._state = state

    def go_on(self) -> None:
        """Begins the job, or takes it up again, as soon as it is known what there is."""
        idle = self._job is None or self._job.done()
        if self.is_running() and idle and self._decider.index.is_sound():
            self._job = asyncio.ensure_future(self.run())

    def left(self) -> int:
        """How many entities are still under a key that was retired."""
        return sum(self._decider.index.contents.under(key_id) for key_id in self._state.old)

    async def run(self) -> None:
        """Seals again until nothing is left that can be; what does not open stays under its key."""
        failed: set[tuple[str, str]] = set()
        try:
            while todo := [one for one in self.todo() if one not in failed]:
                await self.somebody()
                failed |= await self.go_through(todo)
            self.finish()
        except Exception as error:  # noqa: BLE001 - the next start takes it up again
            web.log_error(error)

    def todo(self) -> list[tuple[str, str]]:
        """The entities that are left."""
        old = set(self._state.old)
        every = self._decider.index.contents.every()
        return [(schema, key) for schema, key, entry in every if entry.alive and entry.key_id in old]

    async def go_through(self, todo: list[tuple[str, str]]) -> set[tuple[str, str]]:
        """Goes once through what is left, a few at a time; those that can never be opened."""
        token, failed = self.token(), set()
        before = self.left()
        while todo and self._roster.workers():
            batch, todo = todo[:_TOGETHER], todo[_TOGETHER:]
            opened = await asyncio.gather(*(self.one(schema, key, token) for schema, key in batch))
            failed |= {one for one, good in zip(batch, opened, strict=True) if not good}
        if self.left() == before and not failed:
            await self.something_else()
        return failed

    async def something_else(self) -> None:
        """Waits, where nothing could be done, for another worker or a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._roster.changed.wait(), _PAUSE_SECONDS)

    async def somebody(self) -> None:
        """Waits until there is a worker."""
        while not self._roster.workers():
            await self._roster.changed.wait()

    def token(self) -> str:
        """What the job reads and writes by."""
        ends = clock.now() + timedelta(seconds=_ALONE_SECONDS)
        return self._access.issue(Principal("rotation", (READ, WRITE), None, ends))

    async def one(self, schema: str, key: str, token: str) -> bool:
        """Has a worker seal one entity again; whether it could be opened."""
        granted = self._decider.grants.granted
        workers = [one for one in self._roster.workers() if granted(one.worker_id, schema)]
        if not workers:
            return not self._roster.workers()
        worker = min(workers, key=self._roster.load)
        worker.active += 1
        try:
            await self._reseal(worker, token, schema, key)
        except Gone:
            return True
        except problems.Problem as problem:
            return problem.name not in ("tampered", "key-unavailable")
        finally:
            worker.active -= 1
        return True

    def finish(self) -> None:
        """The job is done."""
        self._decider.destroy_unused_keys()
        self.keep(msgspec.structs.replace(self._state, state=DONE))
        left = {schema for schema, _ in self.todo()}
        for schema in self._state.schemas:
            if schema in left:
                self._log.failure("key.resealed", "left", schema_id=schema)
            else:
                self._log.success("key.resealed", schema_id=schema)

    def describe(self) -> tuple[str, int, list[str]]:
        """How far it is: state, entities that are left, and the keys that new files are under."""
        return self._state.state, self.left(), self._state.key_ids
