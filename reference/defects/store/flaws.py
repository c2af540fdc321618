"""Flaws that published stores have: on sealed files, names, schemas and writes of several entities."""

import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import any_content, coded, unbound
from reference.store import wire


def _any_version(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, header: dict[str, Any], about: Any) -> None:
            told = header.get("version", about.version)
            check(self, header, dataclasses.replace(about, version=told))
            if told != about.version:
                hit()

        return lenient

    patch.replace("store.sealing:Sealer.check_header", factory)


@defect(
    "store.nothing-is-bound",
    breaks=["BLOB-09", "BLOB-08"],
    says="Nothing is authenticated along with a document, and the index keeps neither digest nor version of a file.",
)
def nothing_is_bound(patch: Patch) -> None:
    unbound(patch, header=True, names=True)
    _any_version(patch)


@defect(
    "store.earlier-file-is-taken",
    breaks=["BLOB-12", "BLOB-09", "CACHE-06"],
    says="A file is bound to its entity, and nobody looks whether it is the one of the present version.",
    partial=True,
)
def earlier_file_is_taken(patch: Patch) -> None:
    any_content(patch)
    _any_version(patch)


@defect(
    "store.tampering-is-an-internal-error",
    breaks=["GRPC-04"],
    says="A file that does not open is INTERNAL over gRPC, as any mistake of the server.",
    partial=True,
)
def tampering_is_an_internal_error(patch: Patch) -> None:
    coded(patch, "tampered", "INTERNAL")


@defect(
    "store.workers-ask-for-no-token",
    breaks=["GRPC-16"],
    says="A processing worker does what it is asked directly by its own right, whatever token comes along.",
    partial=True,
)
def workers_ask_for_no_token(patch: Patch) -> None:
    own: list[str] = []

    def keeping(take: Function, _hit: Hit) -> Function:
        def keep(self: Any, subscribed: wire.Subscribed) -> None:
            own[:] = [subscribed.token]
            take(self, subscribed)

        return keep

    def factory(token_of: Function, hit: Hit) -> Function:
        def trusting(context: Any, in_message: str) -> str:
            if not own:
                return str(token_of(context, in_message))
            hit()
            return own[0]

        return trusting

    patch.replace("store.heldkeys:HeldKeys.take", keeping)
    patch.replace("store.doors:token_of", factory)


@defect(
    "store.any-document-without-schema",
    breaks=["DATA-01"],
    says="Where there is no schema any document is taken.",
)
def any_document_without_schema(patch: Patch) -> None:
    def factory(authorise: Function, hit: Hit) -> Function:
        async def lenient(self: Any, task: wire.Task, keys: list[str]) -> wire.Admitted:
            admitted: wire.Admitted = await authorise(self, task, keys)
            if task.operation == "putEntities" and not admitted.schema_digest:
                hit()
                admitted.schema_digest = b"any"
                self.schemas.keep(task.schema, b"any", b"true")
            return admitted

        return lenient

    def unasked(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, asked: wire.Reserve) -> None:
            if self.index.contents.digest(asked.schema):
                check(self, asked)

        return lenient

    patch.replace("store.worker:Worker.authorise", factory)
    patch.replace("store.decider:Decider.check_schema", unasked)


@defect(
    "store.several-one-by-one",
    breaks=["DATA-04"],
    says="Several entities in one request are written one after the other, each for itself.",
    partial=True,
)
def several_one_by_one(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        async def each(self: Any, task: wire.Task) -> wire.Done:
            if len(task.documents) < 2:
                done: wire.Done = await put(self, task)
                return done
            hit()
            versions: dict[str, int] = {}
            for document in task.documents:
                done = await put(self, msgspec.structs.replace(task, documents=[document]))
                versions.update(done.versions)
            return wire.Done(versions=versions)

        return each

    patch.replace("store.worker:Worker.put_entities", factory)


@defect(
    "store.one-of-several-is-written",
    breaks=["DATA-04"],
    says="Of several entities in one request the first is written, and the answer is as if all were.",
)
def one_of_several_is_written(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        async def first(self: Any, task: wire.Task) -> wire.Done:
            done: wire.Done = await put(self, msgspec.structs.replace(task, documents=task.documents[:1]))
            if len(task.documents) > 1:
                hit()
                done.versions = {key: 1 for key, _ in task.documents}
            return done

        return first

    patch.replace("store.worker:Worker.put_entities", factory)


@defect(
    "store.names-stand-on-the-disk",
    breaks=["BLOB-25"],
    says="The files of an entity have the names of schema and key in their own.",
)
def names_stand_on_the_disk(patch: Patch) -> None:
    def factory(hidden: Function, hit: Hit) -> Function:
        def clear(self: Any, schema: str, key: str) -> str:
            hit()
            told = quote(f"{schema}_{key}", safe="").replace(".", "%2E")[:140]
            return f"{hidden(self, schema, key)[:16]}_{told}"

        return clear

    patch.replace("store.decider:Decider.hidden_name", factory)


@defect(
    "store.index-before-the-file",
    breaks=["FS-05"],
    says="The index names a file before it is there: a crash between the two leaves an entity that nobody can read.",
    partial=True,
)
def index_before_the_file(patch: Patch) -> None:
    waiting: dict[str, tuple[Any, bytes]] = {}
    written: list[Function] = []

    def later(write_all: Function, _hit: Hit) -> Function:
        written.append(write_all)

        def keep(self: Any, contents: dict[str, bytes]) -> None:
            waiting.update({name: (self, content) for name, content in contents.items()})

        return keep

    def factory(commit: Function, hit: Hit) -> Function:
        async def early(self: Any, asked: wire.Commit) -> wire.Done:
            done: wire.Done = await commit(self, asked)
            for entry in asked.entries.values():
                if entry.file in waiting:
                    files, content = waiting.pop(entry.file)
                    hit()
                    written[0](files, {entry.file: content})
            return done

        return early

    patch.replace("store.sealedfiles:SealedFiles.write_all", later)
    patch.replace("store.processing:MainDoor.commit", factory)


@defect(
    "store.drafts-of-one-name",
    breaks=["FS-06"],
    says="The temporary file of an entity has one name, whoever writes it.",
    partial=True,
)
def drafts_of_one_name(patch: Patch) -> None:
    def factory(_draft: Function, hit: Hit) -> Function:
        def fixed(self: Any, place: Path) -> Path:
            hit()
            entity = place.name.partition(".")[0]
            return place.with_name(f"{entity}.sealed.part")

        return fixed

    patch.replace("store.sealedfiles:SealedFiles.draft", factory)
