"""A processing worker: every operation, whichever door it came by, is performed here, and only after main has admitted it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from reference.common import problems
from reference.store import failures, names, schemas
from reference.store.caches import Cache
from reference.store.heldkeys import HeldKeys
from reference.store.locks import Locks
from reference.store.metrics import Metrics
from reference.store.schemas import Schemas
from reference.store.sealedfiles import Missing, SealedFiles, shard_of
from reference.store.sealing import About, NotOpened, Sealer
from reference.store.threads import Threads
from reference.store.wire import (
    Abandon,
    Admit,
    Admitted,
    Again,
    Commit,
    Done,
    Entry,
    KeepSchema,
    Reseal,
    Reserve,
    Reserved,
    Subscribed,
    Tampering,
    Task,
    Unsure,
)

MOST_DOCUMENTS = 1000
MOST_LISTED = 1000
_ATTEMPTS = 8
_CHECKS_AT_ONCE = 4


class Main(Protocol):
    """What a worker asks main."""

    async def admit(self, asked: Admit) -> Admitted:
        """May this be done, and what does the index say?"""

    async def reserve(self, asked: Reserve) -> Reserved:
        """What are the next versions?"""

    async def commit(self, asked: Commit) -> Done:
        """This is what was written. Raises Unsure where no answer came."""

    async def abandon(self, asked: Abandon) -> None:
        """Nothing was written."""

    async def keep_schema(self, asked: KeepSchema) -> Done:
        """A schema is to be kept or forgotten."""

    async def answer(self, task: Task) -> Done:
        """What only the index is needed for."""

    async def note_tampering(self, told: Tampering) -> None:
        """A file is not what the index says."""

    async def subscribe(self, public_key: bytes, wanted: list[str]) -> Subscribed:
        """The keys of schemas."""


class Worker:
    """Performs operations; seals and opens."""

    def __init__(
        self,
        name: str,
        main: Main,
        files: SealedFiles,
        locks: Locks,
        cache: Cache,
        metrics: Metrics,
        depth: int,
    ) -> None:
        self.name, self._main, self._files, self._locks = name, main, files, locks
        self.cache, self.metrics = cache, metrics
        self.keys, self.schemas, self._sealer = HeldKeys(name), Schemas(depth), Sealer()
        self._threads, self._checks = Threads("disk"), Threads("check", _CHECKS_AT_ONCE)

    async def perform(self, task: Task) -> Done:
        """Does what is asked; raises the problem where it cannot or may not be done."""
        code = "cancelled"
        try:
            done = await self.operation(task.operation)(task)
            code = "OK"
            return done
        except problems.Problem as problem:
            code = problem.name
            raise
        except Exception as error:  # noqa: BLE001 - whoever asked is told by the name of a problem
            found = failures.problem_of(error)
            code = found.name
            raise found from None
        finally:
            self.metrics.requests.labels(task.operation, code).inc()

    def operation(self, name: str) -> Callable[[Task], Awaitable[Done]]:
        """What does an operation."""
        known: dict[str, Callable[[Task], Awaitable[Done]]] = {
            "getEntity": self.get_entity,
            "putEntities": self.put_entities,
            "deleteEntity": self.delete_entity,
            "listEntities": self.list_entities,
            "putSchema": self.put_schema,
            "getSchema": self.answer,
            "deleteSchema": self.delete_schema,
            "listSchemas": self.answer,
        }
        if name not in known:
            raise names.invalid("operation", "is not known")
        return known[name]

    async def authorise(self, task: Task, keys: list[str]) -> Admitted:
        """Asks main whether this may be done, each time anew."""
        admitted = await self._main.admit(
            Admit(
                task=task.id,
                token=task.token,
                operation=task.operation,
                schema=task.schema,
                keys=keys,
                asker=task.asker,
                known=self.schemas.known(task.schema),
            )
        )
        names.check(task.schema, "schema_id")
        for key in keys:
            names.check(key, "key")
        if admitted.schema_document is not None:
            self.schemas.keep(task.schema, admitted.schema_digest, admitted.schema_document)
        return admitted

    async def admit(self, task: Task) -> None:
        """Raises a problem where whoever asks may not do this."""
        try:
            await self.authorise(task, [])
        except problems.Problem as problem:
            self.metrics.requests.labels(task.operation, problem.name).inc()
            raise

    async def get_entity(self, task: Task) -> Done:
        """The document of an entity, as it was written last."""
        failed: tuple[Entry, problems.Problem, str] | None = None
        for _ in range(_ATTEMPTS):
            entry = (await self.authorise(task, [task.key])).entries[task.key]
            if not entry.alive:
                raise problems.Problem("not-found")
            if failed is not None and failed[0] == entry:
                await self.report(task, entry, failed[2])
                raise failed[1]
            try:
                return Done(document=await self.document(task, entry), version=entry.version)
            except Missing as missing:
                failed = (entry, problems.Problem("tampered"), str(missing))
            except NotOpened as closed:
                failed = (entry, problems.Problem("tampered"), str(closed))
            except problems.Problem as problem:
                if problem.name != "key-unavailable":
                    raise
                failed = (entry, problem, "key")
        raise problems.unavailable()

    async def document(self, task: Task, entry: Entry) -> bytes:
        """A document, out of memory or from the disk."""
        return await self.cache.get(
            task.schema, task.key, entry.version, lambda: self.load(task.schema, task.key, entry)
        )

    async def load(self, schema: str, key: str, entry: Entry) -> bytes:
        """Reads and opens a sealed file; raises Missing or NotOpened where it is not what the index says."""
        data_key = await self.keys.get(schema, entry.key_id, self.subscribe)
        async with self._locks.shared([shard_of(entry.file)]):
            return await self._threads.run(self.open, schema, key, entry, data_key)

    def open(self, schema: str, key: str, entry: Entry, data_key: bytearray) -> bytes:
        """The document in the file that the index names."""
        sealed = self._files.read(entry.file)
        self._files.check_digest(sealed, entry.digest)
        about = About(schema, key, entry.version, entry.key_id)
        document = self._sealer.open(data_key, about, sealed)
        self.metrics.opened.inc()
        return document

    async def report(self, task: Task, entry: Entry, reason: str) -> None:
        """Counts a file that is not what the index says, and tells main of it."""
        self.metrics.failures.inc()
        told = Tampering(
            schema=task.schema, key=task.key, reason=reason, key_id=entry.key_id, asker=task.asker
        )
        await self._main.note_tampering(told)

    async def report_if_still(self, task: Task, entry: Entry, reason: str) -> None:
        """Reports a file where the index still says the same of it, so that no write meanwhile is taken for tampering."""
        if (await self.authorise(task, [task.key])).entries[task.key] == entry:
            await self.report(task, entry, reason)

    async def put_entities(self, task: Task) -> Done:
        """Writes entities, all or none."""
        keys = [key for key, _ in task.documents]
        for _ in range(_ATTEMPTS):
            admitted = await self.authorise(task, keys)
            self.check_documents(task)
            if not admitted.schema_digest:
                raise problems.Problem("no-such-schema")
            with contextlib.suppress(Again):
                validator = self.schemas.validator(task.schema, admitted.schema_digest)
                await self._checks.run(self.schemas.check, validator, task.documents)
                return await self.write(self.reservation(task, keys, admitted), dict(task.documents))
        raise problems.unavailable()

    def check_documents(self, task: Task) -> None:
        """Refuses no documents, too many, the same key twice, and a version for several."""
        count = len(task.documents)
        if not 0 < count <= MOST_DOCUMENTS or len(dict(task.documents)) != count:
            raise names.invalid("documents", "must be 1 to 1000 documents, each of another key")
        if task.expected and count > 1:
            raise names.invalid("if_match", "takes one document")

    def reservation(self, task: Task, keys: list[str], admitted: Admitted) -> Reserve:
        """What is asked of main before something is written."""
        return Reserve(
            task=task.id,
            token=task.token,
            operation=task.operation,
            schema=task.schema,
            keys=keys,
            expected=task.expected,
            schema_digest=admitted.schema_digest,
            asker=task.asker,
        )

    async def write(self, asked: Reserve, documents: dict[str, bytes]) -> Done:
        """Reserves, seals and commits; what was written and does not count is taken away again."""
        reserved = await self._main.reserve(asked)
        files = [entry.file for entry in reserved.entries.values() if entry.alive]
        old = [entry.file for entry in reserved.before.values() if entry.alive]
        done: Done | None = None
        try:
            async with self._locks.exclusive(map(shard_of, [*files, *old])):
                entries = await self.seal_all(asked.schema, reserved, documents)
                done = await self._main.commit(Commit(ticket=reserved.ticket, entries=entries))
                await self._threads.run(self._files.remove_all, old)
        except Unsure:
            raise problems.unavailable() from None
        except BaseException:
            # What is committed counts, whoever gave up meanwhile: its files are not taken away.
            if done is None:
                await self.take_back(reserved.ticket, files)
            raise
        for key in reserved.before:
            self.cache.drop(asked.schema, key)
        return done

    async def take_back(self, ticket: str, files: list[str]) -> None:
        """Leaves nothing of a write that does not count."""
        await self._threads.run(self._files.remove_all, files)
        with contextlib.suppress(problems.Problem, Unsure):
            await self._main.abandon(Abandon(ticket=ticket))

    async def seal_all(
        self, schema: str, reserved: Reserved, documents: dict[str, bytes]
    ) -> dict[str, Entry]:
        """Seals documents into the files that were reserved for them; what the index is to say of each."""
        entries, contents = dict(reserved.entries), {}
        for key, entry in reserved.entries.items():
            if entry.alive:
                data_key = await self.keys.get(schema, entry.key_id, self.subscribe)
                about = About(schema, key, entry.version, entry.key_id, self.name)
                contents[entry.file] = self.seal(data_key, about, documents[key])
                digest = self._files.digest(contents[entry.file])
                entries[key] = Entry(entry.version, entry.file, digest, entry.key_id)
        if contents:
            await self._threads.run(self._files.write_all, contents)
        return entries

    def seal(self, data_key: bytearray, about: About, document: bytes) -> bytes:
        """A document as a sealed file."""
        sealed = self._sealer.seal(data_key, about, document)
        self.metrics.sealed.inc()
        return sealed

    async def delete_entity(self, task: Task) -> Done:
        """Deletes an entity; its version goes on from where it was."""
        for _ in range(_ATTEMPTS):
            admitted = await self.authorise(task, [task.key])
            with contextlib.suppress(Again):
                await self.write(self.reservation(task, [task.key], admitted), {})
                return Done()
        raise problems.unavailable()

    async def list_entities(self, task: Task) -> Done:
        """The keys of a schema, a page of them."""
        if not 1 <= task.limit <= MOST_LISTED:
            raise names.invalid("limit", "must be 1 to 1000")
        if task.after:
            names.check(task.after, "after")
        return await self.answer(task)

    async def answer(self, task: Task) -> Done:
        """What main answers by itself."""
        if task.operation != "listSchemas":
            names.check(task.schema, "schema_id")
        return await self._main.answer(task)

    async def put_schema(self, task: Task) -> Done:
        """Keeps a schema, exactly as it was given."""
        await self.authorise(task, [])
        _, document = task.documents[0]
        schemas.compiled(document)
        return await self.keep_schema(task, document)

    async def delete_schema(self, task: Task) -> Done:
        """Forgets a schema; entities of it stay."""
        await self.authorise(task, [])
        return await self.keep_schema(task, None)

    async def keep_schema(self, task: Task, document: bytes | None) -> Done:
        """Has main keep a schema or forget it."""
        asked = KeepSchema(
            task=task.id,
            token=task.token,
            operation=task.operation,
            schema=task.schema,
            document=document,
            asker=task.asker,
        )
        return await self._main.keep_schema(asked)

    async def reseal(self, asked: Reseal) -> None:
        """Seals an entity again, as the same version, under the key of today."""
        task = Task(operation="putEntities", schema=asked.schema, key=asked.key, token=asked.token)
        admitted = await self.authorise(task, [asked.key])
        entry = admitted.entries[asked.key]
        if not entry.alive:
            return
        try:
            document = await self.load(asked.schema, asked.key, entry)
        except (Missing, NotOpened) as closed:
            await self.report_if_still(task, entry, str(closed))
            raise problems.Problem("tampered") from None
        reservation = self.reservation(task, [asked.key], admitted)
        reservation.keep_version = True
        reservation.expected = entry.version
        with contextlib.suppress(Again):
            await self.write(reservation, {asked.key: document})

    async def subscribe(self, wanted: list[str]) -> None:
        """Asks for the keys of schemas."""
        self.keys.take(await self._main.subscribe(self.keys.public_key(), wanted))

    async def end(self) -> None:
        """Forgets everything that nobody else may have."""
        self.keys.forget_all()
        self.cache.clear()
        await asyncio.sleep(0)
