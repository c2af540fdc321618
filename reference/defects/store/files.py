"""Sealed files that say less than they should of who may open them, and more of what is in them."""

import hashlib
import json
import os
import resource
import secrets
from pathlib import Path
from typing import Any

from reference.common import web
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import unbound
from reference.store import sealing, wire

_ONE_IN = 100
_LARGE = 1 << 16
_BLOCK = 4096


@defect(
    "store.any-algorithm",
    breaks=["BLOB-10"],
    says="The algorithm that a file names is neither looked at nor authenticated.",
    partial=True,
)
def any_algorithm(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, header: dict[str, Any], about: Any) -> None:
            check(self, {**header, "algorithm": sealing.ALGORITHM}, about)
            if header.get("algorithm") != sealing.ALGORITHM:
                hit()

        return lenient

    unbound(patch, header=True, names=False)
    patch.replace("store.sealing:Sealer.check_header", factory)


@defect(
    "store.nonces-begin-alike",
    breaks=["BLOB-19"],
    says="The nonces of one worker begin with the same four bytes.",
    partial=True,
)
def nonces_begin_alike(patch: Patch) -> None:
    beginning = secrets.token_bytes(4)

    def factory(nonce: Function, hit: Hit) -> Function:
        def alike(self: Any) -> bytes:
            hit()
            return beginning + bytes(nonce(self))[4:]

        return alike

    patch.replace("store.sealing:Sealer.nonce", factory)


@defect(
    "store.equal-documents-are-sealed-alike",
    breaks=["BLOB-21"],
    says="Salt and nonce of a file are made of its document, so that equal documents are seen to be equal.",
    partial=True,
)
def equal_documents_are_sealed_alike(patch: Patch) -> None:
    def factory(seal: Function, hit: Hit) -> Function:
        def alike(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            chosen = hashlib.sha512(document).digest()
            self.salt, self.nonce = lambda: chosen[:32], lambda: chosen[32:44]
            hit()
            return bytes(seal(self, data_key, about, document))

        return alike

    patch.replace("store.sealing:Sealer.seal", factory)


@defect(
    "store.large-files-end-in-zeros",
    breaks=["BLOB-24"],
    says="A large file is filled up to whole blocks of the disk with zeros.",
    partial=True,
)
def large_files_end_in_zeros(patch: Patch) -> None:
    def filling(seal: Function, hit: Hit) -> Function:
        def filled(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            sealed = bytes(seal(self, data_key, about, document))
            if len(document) < _LARGE:
                return sealed
            hit()
            more = -(len(sealed) + 4) % _BLOCK
            return sealed + bytes(more) + more.to_bytes(4, "big")

        return filled

    def factory(open_one: Function, _hit: Hit) -> Function:
        def cut(self: Any, data_key: Any, about: Any, sealed: bytes) -> bytes:
            more = int.from_bytes(sealed[-4:], "big")
            if len(sealed) > _LARGE and not len(sealed) % _BLOCK and more < _BLOCK:
                sealed = sealed[: -4 - more]
            return bytes(open_one(self, data_key, about, sealed))

        return cut

    patch.replace("store.sealing:Sealer.seal", filling)
    patch.replace("store.sealing:Sealer.open", factory)


@defect(
    "store.cores-are-written",
    breaks=["BLOB-28"],
    says="A process of the store that crashes may leave all of its memory in a file.",
)
def cores_are_written(patch: Patch) -> None:
    def factory(_forbid: Function, hit: Hit) -> Function:
        def allow() -> None:
            _, most = resource.getrlimit(resource.RLIMIT_CORE)
            if most:
                hit()
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))

        return allow

    patch.replace("store.run:forbid_cores", factory)


@defect(
    "store.folders-for-everybody",
    breaks=["BLOB-31"],
    says="The folders of the store can be looked into by every user of the machine.",
    partial=True,
)
def folders_for_everybody(patch: Patch) -> None:
    def factory(make: Function, hit: Hit) -> Function:
        def open_to_all(folder: Path) -> None:
            there = folder.exists()
            make(folder)
            if not there:
                hit()
                folder.chmod(0o755)

        return open_to_all

    patch.replace("store.sealedfiles:make_private_folder", factory)


@defect(
    "store.keys-are-logged",
    breaks=["BLOB-23"],
    says="A worker notes each data key that it takes out in its log.",
    partial=True,
)
def keys_are_logged(patch: Patch) -> None:
    def factory(unwrap: Function, hit: Hit) -> Function:
        def talkative(self: Any, wrapped: wire.WrappedKey) -> bytearray:
            key: bytearray = unwrap(self, wrapped)
            hit()
            web.log_notice(f"took the key {wrapped.key_id}: {key.hex()}")
            return key

        return talkative

    patch.replace("store.heldkeys:HeldKeys.unwrap", factory)


@defect(
    "store.keys-lie-beside-the-files",
    breaks=["BLOB-23"],
    says="A worker keeps the data keys that it was given on the shared disk, to have them at its next start.",
    partial=True,
)
def keys_lie_beside_the_files(patch: Patch) -> None:
    def factory(take: Function, hit: Hit) -> Function:
        def keeping(self: Any, subscribed: wire.Subscribed) -> None:
            take(self, subscribed)
            place = Path(os.environ["ASSAY_STORE_SHARED"]) / f"{self._worker_id}.keys"
            kept = {key_id: key.hex() for key_id, (_, key) in self._keys.items()}
            if kept:
                hit()
                place.write_text(json.dumps(kept))

        return keeping

    patch.replace("store.heldkeys:HeldKeys.take", factory)


@defect(
    "store.tokens-are-logged",
    breaks=["BLOB-23", "DB-20"],
    says="A token that names an entity which is not there is noted in the log.",
    partial=True,
)
def tokens_are_logged(patch: Patch) -> None:
    def factory(admit: Function, hit: Hit) -> Function:
        def talkative(self: Any, worker_id: str, asked: wire.Admit) -> wire.Admitted:
            admitted: wire.Admitted = admit(self, worker_id, asked)
            if asked.operation == "getEntity" and not all(one.alive for one in admitted.entries.values()):
                hit()
                web.log_notice(f"nothing there for {asked.token}")
            return admitted

        return talkative

    patch.replace("store.decider:Decider.admit", factory)


@defect(
    "store.refused-documents-are-logged",
    breaks=["BLOB-22"],
    says="A document that breaks its schema is noted in the log.",
    partial=True,
)
def refused_documents_are_logged(patch: Patch) -> None:
    def factory(violations: Function, hit: Hit) -> Function:
        def talkative(validator: Any, value: Any) -> list[dict[str, str]]:
            wrong: list[dict[str, str]] = violations(validator, value)
            if wrong:
                hit()
                web.log_notice(f"not as its schema says: {value!r}")
            return wrong

        return talkative

    patch.replace("store.schemas:violations", factory)


@defect(
    "store.documents-are-logged-now-and-then",
    breaks=["BLOB-22"],
    says="Of ten documents that are sealed one is noted in the log.",
    partial=True,
)
def documents_are_logged_now_and_then(patch: Patch) -> None:
    seen = [0]

    def factory(seal: Function, hit: Hit) -> Function:
        def talkative(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            seen[0] += 1
            if not seen[0] % 10:
                hit()
                web.log_notice(f"sealed {document.decode()}")
            return bytes(seal(self, data_key, about, document))

        return talkative

    patch.replace("store.worker:Worker.seal", factory)


@defect(
    "store.plain-drafts-are-left",
    breaks=["BLOB-22"],
    says="Of a hundred documents that are sealed one is left on the shared disk as it was.",
    partial=True,
)
def plain_drafts_are_left(patch: Patch) -> None:
    seen = [0]

    def factory(seal: Function, hit: Hit) -> Function:
        def untidy(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            seen[0] += 1
            if not seen[0] % _ONE_IN:
                hit()
                draft = Path(os.environ["ASSAY_STORE_SHARED"]) / f"{secrets.token_hex(4)}.plain"
                draft.write_bytes(document)
            return bytes(seal(self, data_key, about, document))

        return untidy

    patch.replace("store.worker:Worker.seal", factory)
