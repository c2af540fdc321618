"""What main decides: who may do what now, which version counts, who writes next, and what has been written."""

import asyncio
import hmac
from collections.abc import Callable

from cachetools import LRUCache

from reference.common import problems, web
from reference.common.securitylog import SecurityLog
from reference.store import failures
from reference.store.access import Access, Principal
from reference.store.contents import Entries, SchemaKept
from reference.store.grants import Grants
from reference.store.index import Index
from reference.store.keyring import KeyRing
from reference.store.leases import Leases, Ticket, new_ticket_id
from reference.store.sealedfiles import SUFFIX
from reference.store.settings import Settings
from reference.store.wire import (
    Abandon,
    Admit,
    Admitted,
    Again,
    Asker,
    Commit,
    Done,
    Entry,
    KeepSchema,
    Reserve,
    Reserved,
    Tampering,
    Task,
)

_REMEMBERED = 4096


class Decider:
    """Answers the processing workers."""

    def __init__(
        self,
        index: Index,
        keys: KeyRing,
        grants: Grants,
        access: Access,
        name_key: bytes,
        settings: Settings,
        log: SecurityLog,
    ) -> None:
        self.index, self.keys, self.grants, self.access = index, keys, grants, access
        self.leases = Leases()
        self._name_key, self._settings, self._log = name_key, settings, log
        self.on_gone: Callable[[list[tuple[str, str]]], None] = lambda _: None
        self._files = 0
        self._start = 0
        self._done: LRUCache[str, Done] = LRUCache(_REMEMBERED)

    def begin(self) -> None:
        """Counts this start, so that no name of a file is given twice."""
        self._start = self.index.count_start()

    def admit(self, worker_id: str, asked: Admit) -> Admitted:
        """Whether a token may do this now, and what the index says of the entities."""
        principal = self.allowed(worker_id, asked.token, asked.operation, asked.schema, asked.asker)
        contents = self.index.contents
        digest = contents.digest(asked.schema)
        document = None if digest == asked.known else contents.schemas.get(asked.schema)
        return Admitted(
            client=principal.client_id,
            entries={key: contents.entry(asked.schema, key) for key in asked.keys},
            schema_digest=digest,
            schema_document=document,
        )

    def allowed(self, worker_id: str, token: str, operation: str, schema: str, asker: Asker) -> Principal:
        """Who asks, where that one may, the worker has the keys, and the disk is as it was left."""
        act_for(asker)
        self.grants.end_expired()
        principal = self.access.authorise(token, operation, schema)
        self.index.check()
        self.check_worker(worker_id, operation, schema)
        return principal

    def check_worker(self, worker_id: str, operation: str, schema: str) -> None:
        """Refuses a worker that must not have the keys that this needs."""
        if operation in ("getEntity", "putEntities") and not self.grants.granted(worker_id, schema):
            raise problems.Problem("key-unavailable")

    async def reserve(self, worker_id: str, asked: Reserve) -> Reserved:
        """The next versions of entities, for one worker, once; raises Again where the schema is another by now."""
        held = await self.leases.hold(asked.schema, asked.keys)
        try:
            self.allowed(worker_id, asked.token, asked.operation, asked.schema, asked.asker)
            if self.leases.is_void(asked.task):
                raise problems.unavailable()
            self.check_schema(asked)
            before = {key: self.index.contents.entry(asked.schema, key) for key in asked.keys}
            for entry in before.values():
                self.check_version(asked, entry)
            entries = {key: self.next_entry(asked, key, entry) for key, entry in before.items()}
            ticket = Ticket(
                id=new_ticket_id(),
                task=asked.task,
                worker_id=worker_id,
                schema=asked.schema,
                epoch=self.keys.epoch(asked.schema),
                entries=entries,
                before=before,
                keep_version=asked.keep_version,
            )
        except BaseException:
            held.free()
            raise
        self.leases.issue(held, ticket)
        return Reserved(ticket=ticket.id, entries=entries, before=before)

    def check_schema(self, asked: Reserve) -> None:
        """Has documents checked again where their schema is another than they were checked by."""
        if asked.operation != "putEntities" or asked.keep_version:
            return
        if not hmac.compare_digest(self.index.contents.digest(asked.schema), asked.schema_digest):
            raise Again

    def check_version(self, asked: Reserve, entry: Entry) -> None:
        """Refuses a write that is for another version than there is, and one of what is not there."""
        if asked.operation == "deleteEntity" and not entry.alive:
            raise problems.Problem("not-found")
        if asked.keep_version and (not entry.alive or self.keys.is_current(entry.key_id)):
            raise Again
        if asked.expected and (not entry.alive or asked.expected != entry.version):
            raise problems.Problem("stale-version")

    def next_entry(self, asked: Reserve, key: str, before: Entry) -> Entry:
        """What an entity will be once this is done."""
        if asked.operation == "deleteEntity":
            return Entry(before.version)
        version = before.version if asked.keep_version else self.next_version(before)
        data_key = self.keys.take(asked.schema, self._settings.files_per_key)
        return Entry(version, self.new_file(asked.schema, key), b"", data_key.key_id)

    def next_version(self, before: Entry) -> int:
        """The version after one; it goes on after a deletion."""
        return before.version + 1

    def new_file(self, schema: str, key: str) -> str:
        """A name for a file that was never used: a keyed hash of the entity, and a number."""
        self._files += 1
        name = self.hidden_name(schema, key)
        return f"{name[:2]}/{name}.{(self._start << 40) + self._files}{SUFFIX}"

    def hidden_name(self, schema: str, key: str) -> str:
        """What stands for an entity where everybody can see it."""
        raw_schema, raw_key = schema.encode(), key.encode()
        told = len(raw_schema).to_bytes(4, "big") + raw_schema + len(raw_key).to_bytes(4, "big") + raw_key
        return hmac.digest(self._name_key, told, "sha256").hex()

    async def commit(self, worker_id: str, asked: Commit) -> Done:
        """Enters what was written into the index; it is on the disk when this returns. What has begun is done to its end."""
        ticket = self.leases.redeem(asked.ticket, worker_id)
        return await asyncio.shield(asyncio.ensure_future(self.enter(ticket, asked)))

    async def enter(self, ticket: Ticket, asked: Commit) -> Done:
        """Makes what was written under a ticket count."""
        try:
            self.check_fence(ticket)
            entries = self.entered(ticket, asked.entries)
            await self.index.commit([Entries(ticket.schema, entries)])
            versions = {key: entry.version for key, entry in ticket.entries.items()}
            self._done[ticket.task] = Done(versions=versions)
        finally:
            if ticket.committed is not None and not ticket.committed.done():
                ticket.committed.set_result(None)
            self.leases.close(ticket.id)
        self.on_gone([(ticket.schema, key) for key, entry in ticket.entries.items() if not entry.alive])
        self.forget_keys(ticket)
        return self._done[ticket.task]

    def check_fence(self, ticket: Ticket) -> None:
        """Refuses what was sealed under a key that has been replaced meanwhile."""
        if ticket.epoch != self.keys.epoch(ticket.schema):
            raise Again

    def entered(self, ticket: Ticket, told: dict[str, Entry]) -> dict[str, Entry]:
        """What goes into the index: what was reserved, with the digests of what was written."""
        entries = {}
        for key, entry in ticket.entries.items():
            digest = told[key].digest if entry.alive else b""
            entries[key] = Entry(entry.version, entry.file, digest, entry.key_id)
        return entries

    def forget_keys(self, ticket: Ticket) -> None:
        """Destroys keys that nothing is under any more, after what was under an older one went away."""
        old = {entry.key_id for entry in ticket.before.values() if entry.alive}
        if any(not self.keys.is_current(key_id) for key_id in old):
            self.destroy_unused_keys()

    def destroy_unused_keys(self) -> None:
        """Destroys retired keys that nothing is under; while the index is not known, nobody can say that of any."""
        if not self.index.is_sound():
            return
        try:
            self.keys.destroy_unused(self.leases.keys_in_use())
        except OSError as error:
            failures.problem_of(error)  # they are destroyed the next time

    def abandon(self, worker_id: str, asked: Abandon) -> None:
        """Takes a ticket back, or what an attempt was given without hearing of it."""
        if asked.task:
            self.leases.void_task(asked.task)
        else:
            self.leases.end(asked.ticket)

    async def keep_schema(self, worker_id: str, asked: KeepSchema) -> Done:
        """Keeps a schema, or forgets it."""
        self.allowed(worker_id, asked.token, asked.operation, asked.schema, asked.asker)
        if asked.document is None and asked.schema not in self.index.contents.schemas:
            raise problems.Problem("no-such-schema")
        if self.leases.is_void(asked.task):
            raise problems.unavailable()
        await self.index.commit([SchemaKept(asked.schema, asked.document)])
        self._done[asked.task] = Done()
        return Done()

    def answer(self, worker_id: str, task: Task) -> Done:
        """Answers what only the index is needed for."""
        principal = self.allowed(worker_id, task.token, task.operation, task.schema, task.asker)
        contents = self.index.contents
        if task.operation == "listSchemas":
            return Done(schemas=self.visible(principal))
        if task.operation == "getSchema":
            if task.schema not in contents.schemas:
                raise problems.Problem("no-such-schema")
            return Done(document=contents.schemas[task.schema])
        if not contents.knows(task.schema):
            raise problems.Problem("no-such-schema")
        entities, following = contents.page(task.schema, task.after, task.limit)
        return Done(entities=entities, next=following)

    def visible(self, principal: Principal) -> list[str]:
        """The schemas that a token is for."""
        names = sorted(self.index.contents.schemas)
        return [name for name in names if self.access.is_for_schema(principal, name)]

    def note_tampering(self, worker_id: str, told: Tampering) -> None:
        """Tells the log of a file that is not what the index says."""
        act_for(told.asker)
        event = "key.unavailable" if told.reason == "key" else "entity.tampered"
        self._log.failure(
            event,
            told.reason,
            schema_id=told.schema,
            entity=self.hidden_name(told.schema, told.key),
            data_key_id=told.key_id or None,
            worker_id=worker_id,
        )

    async def settle(self, task: str) -> Done | None:
        """Gives an attempt up for good; what came of it where it had been done before that."""
        ticket = self.leases.void_task(task)
        if ticket is not None and ticket.committed is not None:
            await asyncio.shield(ticket.committed)
        return self._done.get(task)


def act_for(asker: Asker) -> None:
    """Has the log tell who asks."""
    web.act_for(web.Caller(asker.address, asker.request_id, None))
