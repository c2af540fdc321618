"""Writes that do not wait for each other, locks that stay, and versions that do not follow each other."""

import asyncio
from collections import Counter
from typing import Any

import msgspec

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.store import wire


@defect(
    "store.first-lock-stays",
    breaks=["FS-11"],
    says="A worker keeps the first lock that it takes for as long as it lives.",
    partial=True,
)
def first_lock_stays(patch: Patch) -> None:
    kept: list[int] = []

    def factory(take: Function, hit: Hit) -> Function:
        async def keeping(self: Any, shard: str, kind: int, ends: float) -> int | None:
            descriptor: int | None = await take(self, shard, kind, ends)
            if descriptor is None or kept:
                return descriptor
            hit()
            kept.append(descriptor)
            return None

        return keeping

    patch.replace("store.locks:Locks.take", factory)


@defect(
    "store.late-writers-are-let-in",
    breaks=["FS-11"],
    says="What a worker began to write counts when it hands it in, though its time is over and others have written meanwhile.",
    partial=True,
)
def late_writers_are_let_in(patch: Patch) -> None:
    lost: dict[str, Any] = {}

    def noting(end: Function, _hit: Hit) -> Function:
        def note(self: Any, ticket_id: str) -> None:
            ticket = self._tickets.get(ticket_id)
            if ticket is not None and ticket.ends.when() <= asyncio.get_running_loop().time():
                lost[ticket_id] = ticket
            end(self, ticket_id)

        return note

    def factory(redeem: Function, hit: Hit) -> Function:
        def lenient(self: Any, ticket_id: str, worker_id: str) -> Any:
            late = lost.pop(ticket_id, None)
            if late is None or ticket_id in self._tickets:
                return redeem(self, ticket_id, worker_id)
            hit()
            late.committing, late.committed = True, asyncio.get_running_loop().create_future()
            return late

        return lenient

    patch.replace("store.leases:Leases.end", noting)
    patch.replace("store.leases:Leases.redeem", factory)


@defect(
    "store.locks-are-not-waited-for",
    breaks=["FS-11"],
    says="A lock that another host holds is gone by without waiting.",
    partial=True,
)
def locks_are_not_waited_for(patch: Patch) -> None:
    def factory(take: Function, hit: Hit) -> Function:
        async def hasty(self: Any, shard: str, kind: int, ends: float) -> int | None:
            descriptor: int | None = await take(self, shard, kind, 0.0)
            if descriptor is None and asyncio.get_running_loop().time() < ends:
                hit()
            return descriptor

        return hasty

    patch.replace("store.locks:Locks.take", factory)


@defect(
    "store.no-locks-are-taken",
    breaks=["FS-11"],
    says="Lock files are made and opened, and never locked.",
    partial=True,
)
def no_locks_are_taken(patch: Patch) -> None:
    def factory(_lock: Function, hit: Hit) -> Function:
        def idle(self: Any, descriptor: int, kind: int) -> bool:
            hit()
            return True

        return idle

    patch.replace("store.locks:Locks.lock", factory)


@defect(
    "store.several-are-held-as-they-come",
    breaks=["FS-12"],
    says="Several entities are waited for in the order in which a request names them.",
    partial=True,
)
def several_are_held_as_they_come(patch: Patch) -> None:
    def factory(order: Function, hit: Hit) -> Function:
        def unordered(self: Any, keys: list[str]) -> list[str]:
            told = list(dict.fromkeys(keys))
            if told != order(self, keys):
                hit()
            return told

        return unordered

    patch.replace("store.leases:Leases.order", factory)


@defect(
    "store.version-compared-before-waiting",
    breaks=["DB-13"],
    says="The version that a write asks for is compared as it comes in, and not again once it is its turn.",
    partial=True,
)
def version_compared_before_waiting(patch: Patch) -> None:
    seen: dict[tuple[str, str], int] = {}

    def noting(admit: Function, _hit: Hit) -> Function:
        def note(self: Any, worker_id: str, asked: wire.Admit) -> wire.Admitted:
            admitted: wire.Admitted = admit(self, worker_id, asked)
            for entry in admitted.entries.values():
                seen[asked.token, asked.task] = entry.version
            return admitted

        return note

    def factory(check: Function, hit: Hit) -> Function:
        def early(self: Any, asked: wire.Reserve, entry: wire.Entry) -> None:
            before = seen.pop((asked.token, asked.task), None)
            if asked.expected and entry.alive and asked.expected == before != entry.version:
                hit()
                return
            check(self, asked, entry)

        return early

    patch.replace("store.decider:Decider.admit", noting)
    patch.replace("store.decider:Decider.check_version", factory)


@defect(
    "store.several-count-one-by-one",
    breaks=["DATA-04"],
    says="Several entities that are written together come to count one after the other.",
    partial=True,
)
def several_count_one_by_one(patch: Patch) -> None:
    def factory(commit: Function, hit: Hit) -> Function:
        async def one_by_one(self: Any, changes: list[Any]) -> None:
            for change in changes:
                entries = getattr(change, "entries", {})
                if len(entries) < 2:
                    await commit(self, [change])
                    continue
                hit()
                for key, entry in entries.items():
                    await commit(self, [msgspec.structs.replace(change, entries={key: entry})])
                    await asyncio.sleep(0.005)

        return one_by_one

    patch.replace("store.index:Index.commit", factory)


@defect(
    "store.refused-writes-count",
    breaks=["DATA-03"],
    says="A write that is refused for its document raises the version of the next one.",
    partial=True,
)
def refused_writes_count(patch: Patch) -> None:
    begun: Counter[tuple[str, str]] = Counter()

    def noting(admit: Function, _hit: Hit) -> Function:
        def note(self: Any, worker_id: str, asked: wire.Admit) -> wire.Admitted:
            if asked.operation == "putEntities":
                begun.update((asked.schema, key) for key in asked.keys)
            admitted: wire.Admitted = admit(self, worker_id, asked)
            return admitted

        return note

    def factory(next_entry: Function, hit: Hit) -> Function:
        def gapped(self: Any, asked: wire.Reserve, key: str, before: wire.Entry) -> wire.Entry:
            entry: wire.Entry = next_entry(self, asked, key, before)
            more = begun.pop((asked.schema, key), 1) - 1
            if not entry.alive or asked.keep_version or more < 1:
                return entry
            hit()
            return msgspec.structs.replace(entry, version=entry.version + more)

        return gapped

    patch.replace("store.decider:Decider.admit", noting)
    patch.replace("store.decider:Decider.next_entry", factory)


@defect(
    "store.versions-leap-after-a-restart",
    breaks=["DATA-03"],
    says="The first write of an entity after a restart raises its version by two.",
    partial=True,
)
def versions_leap_after_a_restart(patch: Patch) -> None:
    written: set[tuple[str, str]] = set()

    def factory(next_entry: Function, hit: Hit) -> Function:
        def leaping(self: Any, asked: wire.Reserve, key: str, before: wire.Entry) -> wire.Entry:
            entry: wire.Entry = next_entry(self, asked, key, before)
            if (asked.schema, key) in written or not entry.alive or asked.keep_version:
                return entry
            written.add((asked.schema, key))
            if not before.version:
                return entry
            hit()
            return msgspec.structs.replace(entry, version=entry.version + 1)

        return leaping

    patch.replace("store.decider:Decider.next_entry", factory)


@defect(
    "store.two-writers-one-version",
    breaks=["DATA-03", "DATA-07"],
    says="Who writes an entity while another does is not kept waiting, so that two writes have one version.",
    partial=True,
)
def two_writers_one_version(patch: Patch) -> None:
    def factory(reserve: Function, hit: Hit) -> Function:
        async def impatient(self: Any, worker_id: str, asked: wire.Reserve) -> wire.Reserved:
            held = [(asked.schema, key) for key in asked.keys if (asked.schema, key) in self.leases._locks]
            lent = {name: self.leases._locks.pop(name) for name in held}
            if lent:
                hit()
            try:
                reserved: wire.Reserved = await reserve(self, worker_id, asked)
                return reserved
            finally:
                self.leases._locks.update(lent)

        return impatient

    def freeing(_free: Function, _hit: Hit) -> Function:
        def free(self: Any, taken: Any) -> None:
            for name, lock in taken:
                lock.release()
                self._wanted[lock] -= 1
                if not self._wanted[lock]:
                    del self._wanted[lock]
                    if self._locks.get(name) is lock:
                        del self._locks[name]

        return free

    patch.replace("store.decider:Decider.reserve", factory)
    patch.replace("store.leases:Leases.free", freeing)


@defect(
    "store.lists-tell-the-first-version",
    breaks=["DATA-03"],
    says="The list of entities tells version 1 of each.",
    partial=True,
)
def lists_tell_the_first_version(patch: Patch) -> None:
    def factory(page: Function, hit: Hit) -> Function:
        def old(self: Any, schema: str, after: str, limit: int) -> Any:
            found, following = page(self, schema, after, limit)
            if any(version != 1 for _, version in found):
                hit()
            return [(key, 1) for key, _ in found], following

        return old

    patch.replace("store.contents:Contents.page", factory)


@defect(
    "store.deletions-ask-for-no-version",
    breaks=["DB-13"],
    says="A deletion is done whatever version it asks for.",
    partial=True,
)
def deletions_ask_for_no_version(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, asked: wire.Reserve, entry: wire.Entry) -> None:
            try:
                check(self, asked, entry)
            except problems.Problem as problem:
                if asked.operation != "deleteEntity" or problem.name != "stale-version":
                    raise
                hit()

        return lenient

    patch.replace("store.decider:Decider.check_version", factory)
