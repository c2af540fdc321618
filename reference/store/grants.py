"""The workers that were enrolled, and the schemas whose keys they were granted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from reference.common import clock, problems
from reference.common.securitylog import SecurityLog
from reference.store.statefile import StateFile


class Grant(msgspec.Struct):
    """The keys of one schema for one worker, until a time or until taken back."""

    granted_at: datetime
    expires_at: datetime | None = None


class Worker(msgspec.Struct):
    """A worker that may subscribe; `every` is a grant of all schemas but those in `without`."""

    worker_id: str
    enrolled_at: datetime
    last_seen: datetime | None = None
    tags: dict[str, str] = {}
    every: bool = False
    without: list[str] = []
    grants: dict[str, Grant] = {}


class Grants:
    """Who may be given which keys; kept outside of the shared directory."""

    def __init__(self, state: Path, log: SecurityLog) -> None:
        self._log = log
        self._file = StateFile(state / "workers.json")
        found = self._file.load(list[Worker])
        self.is_new = found is None
        self._workers = {worker.worker_id: worker for worker in found or []}
        # Called before an end is written down: whatever happens in between, a second try does both again.
        self.on_ended: Callable[[str, list[str]], None] = lambda _worker, _schemas: None

    def enrol(self, worker_id: str, every: bool = False) -> Worker:
        """Lets a worker subscribe; it has no grants yet."""
        if worker_id in self._workers:
            raise problems.Problem("conflict")
        self._keep(Worker(worker_id, clock.now(), every=every))
        self._log.success("worker.enrolled", worker_id=worker_id)
        return self._workers[worker_id]

    def remove(self, worker_id: str, schemas: list[str]) -> None:
        """Takes a worker out, with all that it was granted."""
        self.get(worker_id)
        self.on_ended(worker_id, [schema for schema in schemas if self.granted(worker_id, schema)])
        left = {name: worker for name, worker in self._workers.items() if name != worker_id}
        self._file.save(list(left.values()))
        self._workers = left
        self._log.success("worker.removed", worker_id=worker_id)

    def get(self, worker_id: str) -> Worker:
        """A worker that was enrolled."""
        if worker_id not in self._workers:
            raise problems.Problem("not-found")
        return self._workers[worker_id]

    def is_enrolled(self, worker_id: str) -> bool:
        """Whether a worker may subscribe."""
        return worker_id in self._workers

    def workers(self) -> list[Worker]:
        """Every worker by its name."""
        return [self._workers[name] for name in sorted(self._workers)]

    def grant(self, worker_id: str, schema: str, seconds: int | None) -> Grant:
        """Grants the keys of a schema, in place of an earlier grant of the same."""
        worker = self.get(worker_id)
        now = clock.now()
        ends = None if seconds is None else now + timedelta(seconds=seconds)
        given = Grant(now, ends)
        self._keep(msgspec.structs.replace(worker, grants={**worker.grants, schema: given}))
        self._log.success("grant.given", worker_id=worker_id, schema_id=schema)
        return given

    def revoke(self, worker_id: str, schema: str) -> None:
        """Takes a grant back."""
        worker = self.get(worker_id)
        if not self.granted(worker_id, schema):
            raise problems.Problem("not-found")
        self.on_ended(worker_id, [schema])
        self._keep(without(worker, [schema]))
        self._log.success("grant.revoked", worker_id=worker_id, schema_id=schema)

    def granted(self, worker_id: str, schema: str) -> bool:
        """Whether a worker may have the keys of a schema now."""
        worker = self._workers.get(worker_id)
        if worker is None:
            return False
        grant = worker.grants.get(schema)
        if grant is not None:
            return self.holds(grant)
        return worker.every and schema not in worker.without

    def holds(self, grant: Grant) -> bool:
        """Whether a grant has not ended by the store's own clock."""
        return grant.expires_at is None or clock.now() < grant.expires_at

    def of(self, worker_id: str, schemas: list[str]) -> dict[str, Grant]:
        """What a worker is granted of the schemas that there are, and by name."""
        worker = self.get(worker_id)
        named = {name: grant for name, grant in worker.grants.items() if self.holds(grant)}
        by_all = {
            name: Grant(worker.enrolled_at)
            for name in schemas
            if name not in worker.grants and self.granted(worker_id, name)
        }
        return dict(sorted({**by_all, **named}.items()))

    def end_expired(self) -> None:
        """Ends the grants whose time has come."""
        for worker in self.workers():
            ended = [schema for schema, grant in worker.grants.items() if not self.holds(grant)]
            if not ended:
                continue
            self.on_ended(worker.worker_id, ended)
            self._keep(without(worker, ended))
            for schema in ended:
                self._log.success("grant.ended", worker_id=worker.worker_id, schema_id=schema)

    def saw(self, worker_id: str, tags: dict[str, str] | None = None) -> None:
        """Remembers when a worker was there last."""
        worker = self.get(worker_id)
        told = worker.tags if tags is None else tags
        self._keep(msgspec.structs.replace(worker, last_seen=clock.now(), tags=told))

    def _keep(self, worker: Worker) -> None:
        """A worker that is new or changed counts once it is on the disk."""
        kept = {**self._workers, worker.worker_id: worker}
        self._file.save(list(kept.values()))
        self._workers = kept


def without(worker: Worker, schemas: list[str]) -> Worker:
    """A worker that is granted these schemas no more."""
    left = {name: grant for name, grant in worker.grants.items() if name not in schemas}
    taken = [*worker.without, *schemas] if worker.every else worker.without
    return msgspec.structs.replace(worker, grants=left, without=taken)
