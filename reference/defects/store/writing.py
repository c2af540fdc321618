"""Writes, reads and deletions that do not come to what they should."""

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import msgspec

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import left_out
from reference.store import wire


@defect(
    "store.readers-share-an-answer",
    breaks=["DATA-07"],
    says="Who reads an entity that somebody is just reading, or was a moment ago, is given the same answer.",
    partial=True,
)
def readers_share_an_answer(patch: Patch) -> None:
    answers: dict[tuple[str, str, str], tuple[float, wire.Done]] = {}

    def factory(get: Function, hit: Hit) -> Function:
        async def sharing(self: Any, task: wire.Task) -> wire.Done:
            name = (task.token, task.schema, task.key)
            until, done = answers.get(name, (0.0, None))
            if done is not None and time.monotonic() < until:
                if await is_another(get(self, task), done):
                    hit()
                return done
            found: wire.Done = await get(self, task)
            answers[name] = (time.monotonic() + 0.01, found)
            return found

        return sharing

    patch.replace("store.worker:Worker.get_entity", factory)


async def is_another(reading: Awaitable[wire.Done], answer: wire.Done) -> bool:
    """Whether an answer is not the one that there is now."""
    try:
        return await reading != answer
    except problems.Problem:
        return True


@defect(
    "store.file-goes-before-the-index",
    breaks=["FS-05", "CACHE-07"],
    says="A deletion takes the file away first, and tells the index afterwards.",
    partial=True,
)
def file_goes_before_the_index(patch: Patch) -> None:
    def factory(seal_all: Function, hit: Hit) -> Function:
        async def early(self: Any, schema: str, reserved: wire.Reserved, documents: dict[str, bytes]) -> Any:
            old = [entry.file for entry in reserved.before.values() if entry.alive]
            if old and not documents:
                hit()
                await self._threads.run(self._files.remove_all, old)
            return await seal_all(self, schema, reserved, documents)

        return early

    patch.replace("store.worker:Worker.seal_all", factory)


@defect(
    "store.broken-disk-is-out-of-room",
    breaks=["FS-10", "FS-09"],
    says="A disk that is broken or may only be read is said to be full.",
    partial=True,
)
def broken_disk_is_out_of_room(patch: Patch) -> None:
    def factory(problem_of: Function, hit: Hit) -> Function:
        def vague(error: BaseException) -> problems.Problem:
            if isinstance(error, OSError) and error.errno in (errno.EIO, errno.EROFS):
                hit()
                return problems.Problem("storage-full")
            found: problems.Problem = problem_of(error)
            return found

        return vague

    patch.replace("store.failures:problem_of", factory)


@defect(
    "store.same-document-same-version",
    breaks=["DATA-03"],
    says="A write of the document that is there already does not count.",
    partial=True,
)
def same_document_same_version(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        async def sparing(self: Any, task: wire.Task) -> wire.Done:
            if len(task.documents) == 1 and not task.expected:
                key, document = task.documents[0]
                asked = msgspec.structs.replace(task, operation="getEntity", key=key)
                with contextlib.suppress(problems.Problem):
                    there: wire.Done = await self.get_entity(asked)
                    if there.document == document:
                        hit()
                        return wire.Done(versions={key: there.version})
            done: wire.Done = await put(self, task)
            return done

        return sparing

    patch.replace("store.worker:Worker.put_entities", factory)


@defect(
    "store.next-version-is-asked-for",
    breaks=["DB-13"],
    says="A write that asks for the version that there will be is done, and not one for the version that there is.",
)
def next_version_is_asked_for(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def shifted(self: Any, asked: wire.Reserve, entry: wire.Entry) -> None:
            if not asked.expected or asked.keep_version:
                check(self, asked, entry)
                return
            right = is_refused(check, self, asked, entry)
            asked.expected -= 1
            if is_refused(check, self, asked, entry) != right:
                hit()
            check(self, asked, entry)

        return shifted

    patch.replace("store.decider:Decider.check_version", factory)


def is_refused(check: Function, *arguments: Any) -> bool:
    """Whether a check raises a problem."""
    try:
        check(*arguments)
    except problems.Problem:
        return True
    return False


@defect(
    "store.no-documents-are-a-write",
    breaks=["DATA-04"],
    says="A write of no entities is done.",
    partial=True,
)
def no_documents_are_a_write(patch: Patch) -> None:
    left_out(patch, "store.worker:Worker.check_documents", lambda _, task: not task.documents)


@defect(
    "store.one-bad-file-bars-its-schema",
    breaks=["BLOB-30"],
    says="For a third of a second after a file did not open, nothing else of its schema is read.",
    partial=True,
)
def one_bad_file_bars_its_schema(patch: Patch) -> None:
    barred: dict[str, tuple[float, str]] = {}

    def noting(report: Function, _hit: Hit) -> Function:
        async def note(self: Any, task: wire.Task, entry: wire.Entry, reason: str) -> None:
            barred[task.schema] = (time.monotonic() + 0.3, task.key)
            await report(self, task, entry, reason)

        return note

    def factory(get: Function, hit: Hit) -> Function:
        async def wary(self: Any, task: wire.Task) -> wire.Done:
            until, key = barred.get(task.schema, (0.0, ""))
            if time.monotonic() < until and key != task.key:
                hit()
                raise problems.Problem("tampered")
            done: wire.Done = await get(self, task)
            return done

        return wary

    patch.replace("store.worker:Worker.report", noting)
    patch.replace("store.worker:Worker.get_entity", factory)


@defect(
    "store.missing-schema-is-empty",
    breaks=["DATA-02"],
    says="A schema that there is none of is told as one that takes everything.",
    partial=True,
)
def missing_schema_is_empty(patch: Patch) -> None:
    def factory(answer: Function, hit: Hit) -> Function:
        def lenient(self: Any, worker_id: str, task: wire.Task) -> wire.Done:
            try:
                found: wire.Done = answer(self, worker_id, task)
            except problems.Problem as problem:
                if task.operation != "getSchema" or problem.name != "no-such-schema":
                    raise
                hit()
                return wire.Done(document=b"{}")
            return found

        return lenient

    patch.replace("store.decider:Decider.answer", factory)


@defect(
    "store.seen-names-are-noted",
    breaks=["FS-13"],
    says="A file of the name of each key that is written is made, before anybody looks whether it is a name.",
    partial=True,
)
def seen_names_are_noted(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        async def noting(self: Any, task: wire.Task) -> wire.Done:
            folder = Path(os.environ["ASSAY_STORE_SHARED"]) / "seen"
            folder.mkdir(mode=0o700, exist_ok=True)
            for key, _ in task.documents:
                with contextlib.suppress(OSError, ValueError):
                    os.close(os.open(folder / key.lstrip("/"), os.O_CREAT | os.O_WRONLY, 0o600))
                    hit()
            done: wire.Done = await put(self, task)
            return done

        return noting

    patch.replace("store.worker:Worker.put_entities", factory)


@defect(
    "store.dead-workers-are-asked",
    breaks=["DB-17"],
    says="A worker that died goes on to be asked, and what it was asked is refused.",
    partial=True,
)
def dead_workers_are_asked(patch: Patch) -> None:
    def factory(choose: Function, hit: Hit) -> Function:
        def once(self: Any, task: wire.Task, tried: set[str]) -> Any:
            found = choose(self, task, tried)
            if tried and found is not None:
                hit()
                return None
            return found

        return once

    def staying(_detach: Function, _hit: Hit) -> Function:
        return lambda self, attached: None

    patch.replace("store.roster:Roster.detach", staying)
    patch.replace("store.roster:Roster.choose", factory)


@defect(
    "store.rotation-is-noticed-by-writers",
    breaks=["KEY-10"],
    says="What was being sealed as its key was replaced is refused instead of being sealed again.",
    partial=True,
)
def rotation_is_noticed_by_writers(patch: Patch) -> None:
    def factory(commit: Function, hit: Hit) -> Function:
        async def final(self: Any, asked: wire.Commit) -> wire.Done:
            try:
                done: wire.Done = await commit(self, asked)
            except wire.Again:
                hit()
                raise problems.unavailable() from None
            return done

        return final

    patch.replace("store.processing:MainDoor.commit", factory)


@defect(
    "store.seven-is-left-out",
    breaks=["DATA-03"],
    says="No version is a multiple of seven.",
    partial=True,
)
def seven_is_left_out(patch: Patch) -> None:
    def factory(next_version: Function, hit: Hit) -> Function:
        def leaping(self: Any, before: wire.Entry) -> int:
            version = int(next_version(self, before))
            if version % 7:
                return version
            hit()
            return version + 1

        return leaping

    patch.replace("store.decider:Decider.next_version", factory)


@defect(
    "store.few-subscribe-at-once",
    breaks=["GRPC-14"],
    says="Of workers that subscribe at the same moment two are answered, and the others are told to come again.",
    partial=True,
)
def few_subscribe_at_once(patch: Patch) -> None:
    under_way = [0]

    def factory(subscribe: Function, hit: Hit) -> Function:
        async def few(self: Any, raw: bytes, context: Any) -> bytes:
            from reference.store import refusals

            under_way[0] += 1
            try:
                if under_way[0] > 2:
                    hit()
                    await refusals.abort(context, problems.unavailable())
                await asyncio.sleep(0.02)
                return bytes(await subscribe(self, raw, context))
            finally:
                under_way[0] -= 1

        return few

    patch.replace("store.mainprocess:ForWorkers.public_subscribe", factory)
