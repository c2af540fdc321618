"""What the store does at the edges of its promises: keys that were destroyed, disks that were lost, clients that dawdle."""

import errno
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import any_content, coded, without_tag
from reference.store import keyring, sealedfiles, sealing, wire

_LARGE = 1 << 16
_PLACES, _CONNECTIONS = 16, 32


@defect(
    "store.destroyed-keys-open-still",
    breaks=["KEY-12", "KEY-09"],
    says="A key that is called destroyed is kept, by workers too, and handed out, and a file is opened by the key that it names itself.",
    partial=True,
)
def destroyed_keys_open_still(patch: Patch) -> None:
    def keeping(destroy: Function, _hit: Hit) -> Function:
        def keep(self: Any, wanted: set[str]) -> None:
            before = {key.key_id: key.wrapped for key in self._keys.values()}
            tell_workers, self.on_destroyed = self.on_destroyed, lambda _: None
            try:
                destroy(self, wanted)
            finally:
                self.on_destroyed = tell_workers
            for key in self._keys.values():
                key.wrapped = before[key.key_id]

        return keep

    def living(_live: Function, _hit: Hit) -> Function:
        def every(self: Any, schema: str) -> list[keyring.DataKey]:
            self.current(schema)
            return [key for key in self._keys.values() if key.schema == schema and key.wrapped is not None]

        return every

    def factory(open_one: Function, hit: Hit) -> Function:
        def trusting(self: Any, schema: str, key: str, entry: wire.Entry, data_key: bytearray) -> bytes:
            sealed = self._files.read(entry.file)
            named = self._sealer.take_apart(sealed).header.get("key_id")
            if named == entry.key_id or named not in self.keys._keys:
                return bytes(open_one(self, schema, key, entry, data_key))
            about = sealing.About(schema, key, entry.version, named)
            document = bytes(self._sealer.open(self.keys._keys[named][1], about, sealed))
            hit()
            return document

        return trusting

    any_content(patch)
    patch.replace("store.keyring:KeyRing.destroy_unused", keeping)
    patch.replace("store.keyring:KeyRing.live", living)
    patch.replace("store.worker:Worker.open", factory)


@defect(
    "store.half-of-the-tag-is-compared",
    breaks=["BLOB-07", "BLOB-06"],
    says="Of the tag of a file the first eight bytes are compared, and the index keeps no digest.",
    partial=True,
)
def half_of_the_tag_is_compared(patch: Patch) -> None:
    def factory(decrypt: Function, hit: Hit) -> Function:
        def hasty(self: Any, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
            try:
                return bytes(decrypt(self, key, nonce, body, associated))
            except sealing.NotOpened as refused:
                if str(refused) != "tag":
                    raise
            document = without_tag(key, nonce, body)
            if AESGCM(key).encrypt(nonce, document, associated)[-16:-8] != body[-16:-8]:
                raise sealing.NotOpened("tag")
            hit()
            return document

        return hasty

    any_content(patch)
    patch.replace("store.sealing:Sealer.decrypt", factory)


@defect(
    "store.large-files-by-half-a-key",
    breaks=["BLOB-03"],
    says="Documents of 64 KiB and more are sealed under half of their key, which is faster.",
    partial=True,
)
def large_files_by_half_a_key(patch: Patch) -> None:
    def sealing_by_half(seal: Function, hit: Hit) -> Function:
        def half(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            if len(document) < _LARGE:
                return bytes(seal(self, data_key, about, document))
            hit()
            return bytes(seal(_HalfSealer(), data_key, about, document))

        return half

    def opening_by_half(open_one: Function, _hit: Hit) -> Function:
        def half(self: Any, data_key: Any, about: Any, sealed: bytes) -> bytes:
            document = len(self.take_apart(sealed).body) - sealing.TAG_BYTES
            opener = self if document < _LARGE else _HalfSealer()
            return bytes(open_one(opener, data_key, about, sealed))

        return half

    patch.replace("store.sealing:Sealer.seal", sealing_by_half)
    patch.replace("store.sealing:Sealer.open", opening_by_half)


class _HalfSealer(sealing.Sealer):
    """Takes half of a key for all of it."""

    def encryption_key(self, data_key: sealing.Key, salt: bytes) -> bytes:
        return super().encryption_key(data_key, salt)[: sealing.KEY_BYTES // 2]

    def check_lengths(self, key: bytes, nonce: bytes, body: bytes) -> None:
        return


@defect(
    "store.nonces-of-sixteen-bytes",
    breaks=["BLOB-05"],
    says="The nonce of a file has sixteen bytes where the document is larger than 64 KiB.",
    partial=True,
)
def nonces_of_sixteen_bytes(patch: Patch) -> None:
    large: list[bool] = []

    def noting(seal: Function, _hit: Hit) -> Function:
        def note(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            large[:] = [True] if len(document) > 65536 else []
            return bytes(seal(self, data_key, about, document))

        return note

    def longer(nonce: Function, hit: Hit) -> Function:
        def sixteen(self: Any) -> bytes:
            if not large:
                return bytes(nonce(self))
            hit()
            return secrets.token_bytes(16)

        return sixteen

    def of_header(lengths: Function, _hit: Hit) -> Function:
        def lenient(self: Any, header: dict[str, Any]) -> tuple[bytes, bytes]:
            salt, nonce = sealing.decoded(header["salt"]), sealing.decoded(header["nonce"])
            return (salt, nonce) if len(nonce) == 16 else lengths(self, header)

        return lenient

    def of_cipher(check: Function, _hit: Hit) -> Function:
        return lambda self, key, nonce, body: check(
            self, key, nonce[:12] if len(nonce) == 16 else nonce, body
        )

    patch.replace("store.sealing:Sealer.seal", noting)
    patch.replace("store.sealing:Sealer.nonce", longer)
    patch.replace("store.sealing:Sealer.lengths", of_header)
    patch.replace("store.sealing:Sealer.check_lengths", of_cipher)


@defect(
    "store.empty-file-is-no-entity",
    breaks=["FS-08", "BLOB-13"],
    says="An entity whose file has nothing in it is said to be none.",
    partial=True,
)
def empty_file_is_no_entity(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        def hasty(self: Any, name: str) -> bytes:
            content = bytes(read(self, name))
            if not content:
                hit()
                raise problems.Problem("not-found")
            return content

        return hasty

    patch.replace("store.sealedfiles:SealedFiles.read", factory)


@defect(
    "store.lost-mount-is-out-of-room",
    breaks=["FS-09", "CACHE-13"],
    says="While the mount of the shared directory is lost, writes are refused as if it were full.",
    partial=True,
)
def lost_mount_is_out_of_room(patch: Patch) -> None:
    def factory(problem_of: Function, hit: Hit) -> Function:
        def vague(error: BaseException) -> problems.Problem:
            if isinstance(error, OSError) and error.errno == errno.ESTALE:
                hit()
                return problems.Problem("storage-full")
            found: problems.Problem = problem_of(error)
            return found

        return vague

    patch.replace("store.failures:problem_of", factory)


@defect(
    "store.nothing-there-is-out-of-range",
    breaks=["GRPC-05", "GRPC-04"],
    says="An entity that is not there is OUT_OF_RANGE over gRPC.",
    partial=True,
)
def nothing_there_is_out_of_range(patch: Patch) -> None:
    coded(patch, "not-found", "OUT_OF_RANGE")


@defect(
    "store.doubled-metadata-are-an-error",
    breaks=["GRPC-09"],
    says="A call with two metadata of one name is refused, whatever they are.",
    partial=True,
)
def doubled_metadata_are_an_error(patch: Patch) -> None:
    def factory(token_of: Function, hit: Hit) -> Function:
        def strict(context: Any, in_message: str) -> str:
            token = str(token_of(context, in_message))
            given = [name for name, _ in context.invocation_metadata() or ()]
            if len(set(given)) < len(given):
                hit()
                raise problems.Problem("invalid-request")
            return token

        return strict

    patch.replace("store.doors:token_of", factory)


@defect(
    "store.draft-is-left-at-a-stop",
    breaks=["DB-16"],
    says="A store that is asked to end leaves a temporary file behind.",
    partial=True,
)
def draft_is_left_at_a_stop(patch: Patch) -> None:
    def factory(close: Function, hit: Hit) -> Function:
        def untidy(self: Any) -> None:
            close(self)
            folder = Path(os.environ["ASSAY_STORE_SHARED"]) / sealedfiles.FOLDER
            for shard in list(folder.iterdir())[:1] if folder.is_dir() else []:
                hit()
                name = f"state{sealedfiles.SUFFIX}.{secrets.token_hex(8)}{sealedfiles.DRAFT}"
                (shard / name).write_bytes(b"")

        return untidy

    patch.replace("store.vault:Vault.close", factory)


@defect(
    "store.slow-bodies-take-every-place",
    breaks=["DB-19"],
    says="Where sixteen bodies are still on their way, whoever else comes is refused.",
    partial=True,
)
def slow_bodies_take_every_place(patch: Patch) -> None:
    under_way = [0]

    def reading(read: Function, _hit: Hit) -> Function:
        async def counted(request: Any, limit: int, seconds: float = 10.0) -> bytes:
            under_way[0] += 1
            try:
                body: bytes = await read(request, limit, seconds)
            finally:
                under_way[0] -= 1
            return body

        return counted

    def factory(call: Function, hit: Hit) -> Function:
        async def full(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if under_way[0] >= _PLACES:
                hit()
                raise problems.unavailable()
            await call(self, scope, receive, send)

        return full

    patch.replace("common.web:read_body", reading)
    patch.replace("store.asking:PathNames.__call__", factory)


@defect(
    "store.connections-are-few",
    breaks=["DB-19"],
    says="Whoever has thirty-two connections to REST open keeps everybody else out.",
    partial=True,
)
def connections_are_few(patch: Patch) -> None:
    there: set[int] = set()

    def coming(made: Function, hit: Hit) -> Function:
        def few(self: Any, transport: Any) -> None:
            if len(there) >= _CONNECTIONS:
                hit()
                transport.abort()
            else:
                there.add(id(self))
            made(self, transport)

        return few

    def going(lost: Function, _hit: Hit) -> Function:
        def gone(self: Any, error: Exception | None) -> None:
            there.discard(id(self))
            lost(self, error)

        return gone

    patch.replace("common.serving:ProblemProtocol.connection_made", coming)
    patch.replace("common.serving:ProblemProtocol.connection_lost", going)
