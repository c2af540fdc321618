"""Several who write at once, one who comes late, and a record for which there was no room."""

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
    "store.late-writers-still-count",
    breaks=["FS-11"],
    says="The ticket of a writer that was given up stays good: when it wakes up late, it overwrites what others wrote.",
    partial=True,
    blind=True,
)
def late_writers_still_count(patch: Patch) -> None:
    late: set[str] = set()

    def freeing(end: Function, _hit: Hit) -> Function:
        def half(self: Any, ticket_id: str) -> None:
            ticket = self._tickets.get(ticket_id)
            if ticket is None or ticket.committing or ticket_id in late:
                end(self, ticket_id)
                return
            late.add(ticket_id)
            self._holders[ticket_id].free()

        return half

    def counted(redeem: Function, hit: Hit) -> Function:
        def lenient(self: Any, ticket_id: str, worker_id: str) -> Any:
            ticket = redeem(self, ticket_id, worker_id)
            if ticket_id in late:
                hit()
            return ticket

        return lenient

    patch.replace("store.leases:Leases.end", freeing)
    patch.replace("store.leases:Leases.redeem", counted)


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
