"""Several who write at once, one who died, and a record for which there was no room."""

import errno
from typing import Any

from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.third-writer-does-not-wait",
    breaks=["FS-04", "DATA-03"],
    says="The lock of an entity is forgotten when a writer lets go, though others wait for it: who comes then gets a new one.",
    partial=True,
    blind=True,
)
def third_writer_does_not_wait(patch: Patch) -> None:
    def factory(_free: Function, hit: Hit) -> Function:
        def hasty(self: Any, taken: Any) -> None:
            for name, lock in taken:
                lock.release()
                self._wanted[lock] -= 1
                if self._wanted[lock]:
                    hit()
                else:
                    del self._wanted[lock]
                if self._locks.get(name) is lock:
                    del self._locks[name]

        return hasty

    patch.replace("store.leases:Leases.free", factory)


@defect(
    "store.dead-writers-hold-on",
    breaks=["FS-11"],
    says="What a worker that died was writing stays closed to other writers until the time of its lease is over.",
    partial=True,
    blind=True,
)
def dead_writers_hold_on(patch: Patch) -> None:
    def factory(_end_of_worker: Function, hit: Hit) -> Function:
        def patient(self: Any, worker_id: str) -> None:
            if any(ticket.worker_id == worker_id for ticket in self._tickets.values()):
                hit()

        return patient

    patch.replace("store.leases:Leases.end_of_worker", factory)


@defect(
    "store.half-records-are-left",
    breaks=["FS-10"],
    says="A record of the index for which the disk had no room is not taken back; what was written of it stays, until a restart.",
    partial=True,
    blind=True,
)
def half_records_are_left(patch: Patch) -> None:
    def factory(_take_back: Function, hit: Hit) -> Function:
        def lazy(self: Any) -> None:
            hit()

        return lazy

    patch.replace("store.journal:Journal._take_back", factory)


@defect(
    "store.cut-records-are-acknowledged",
    breaks=["FS-10"],
    says="A write whose record had no room is acknowledged, and is gone after a restart.",
    partial=True,
)
def cut_records_are_acknowledged(patch: Patch) -> None:
    def factory(record: Function, hit: Hit) -> Function:
        def boastful(self: Any, changes: Any) -> None:
            try:
                record(self, changes)
            except OSError as error:
                if error.errno != errno.EFBIG:
                    raise
                hit()

        return boastful

    patch.replace("store.index:Index.record", factory)
