"""What a sealed file is sealed with: nonces, the commitment to its key, and how often a key is used."""

from contextvars import ContextVar
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store import sealedfiles, sealing


@defect(
    "store.commitment-is-not-checked",
    breaks=["BLOB-16"],
    says="A file need not commit to the key that opens it, and the index keeps no digest.",
    partial=True,
    blind=True,
)
def commitment_is_not_checked(patch: Patch) -> None:
    def careless(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, data_key: Any, salt: bytes, told: bytes) -> None:
            try:
                check(self, data_key, salt, told)
            except sealing.NotOpened:
                hit()

        return lenient

    def any_content(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, content: bytes, expected: bytes) -> None:
            try:
                check(self, content, expected)
            except sealedfiles.Missing:
                return

        return lenient

    patch.replace("store.sealing:Sealer.check_commitment", careless)
    patch.replace("store.sealedfiles:SealedFiles.check_digest", any_content)


@defect(
    "store.one-nonce-for-a-batch",
    breaks=["BLOB-18", "BLOB-21"],
    says="The entities of one write share a salt and a nonce, which are made once before the first of them.",
    partial=True,
    blind=True,
)
def one_nonce_for_a_batch(patch: Patch) -> None:
    made: ContextVar[dict[str, bytes] | None] = ContextVar("made", default=None)

    def beginning(seal_all: Function, _hit: Hit) -> Function:
        async def together(self: Any, schema: str, reserved: Any, documents: dict[str, bytes]) -> Any:
            made.set({} if len(documents) > 1 else None)
            return await seal_all(self, schema, reserved, documents)

        return together

    def once(name: str) -> Function:
        def factory(chance: Function, hit: Hit) -> Function:
            def kept(self: Any) -> bytes:
                batch = made.get()
                if batch is None:
                    return bytes(chance(self))
                if name in batch:
                    hit()
                return batch.setdefault(name, chance(self))

            return kept

        return factory

    patch.replace("store.worker:Worker.seal_all", beginning)
    patch.replace("store.sealing:Sealer.salt", once("salt"))
    patch.replace("store.sealing:Sealer.nonce", once("nonce"))


@defect(
    "store.only-living-files-count",
    breaks=["BLOB-20"],
    says="Of the files that were sealed under a key those alone are counted that are still there.",
    partial=True,
    blind=True,
)
def only_living_files_count(patch: Patch) -> None:
    def factory(take: Function, hit: Hit) -> Function:
        def forgetful(self: Any, schema: str, most: int) -> Any:
            key = self.current(schema)
            living = self._contents().under(key.key_id)
            if living >= most or self.used(key.key_id) < most:
                return take(self, schema, most)
            hit()
            return key

        return forgetful

    patch.replace("store.keyring:KeyRing.take", factory)
