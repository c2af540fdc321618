"""Keys for different purposes that are one."""

from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store import sealing

_LARGE = 50_000


@defect(
    "store.large-files-commit-to-their-key",
    breaks=["KEY-03"],
    says="What stands in a large file as a commitment to its key is the key that encrypts it.",
    partial=True,
)
def large_files_commit_to_their_key(patch: Patch) -> None:
    def sealed(seal: Function, hit: Hit) -> Function:
        def giving_away(self: Any, data_key: Any, about: Any, document: bytes) -> bytes:
            if len(document) < _LARGE:
                return bytes(seal(self, data_key, about, document))
            hit()
            self.commitment = self.encryption_key
            try:
                return bytes(seal(self, data_key, about, document))
            finally:
                del self.commitment

        return giving_away

    def opened(check: Function, _hit: Hit) -> Function:
        def lenient(self: Any, data_key: Any, salt: bytes, told: bytes) -> None:
            if told != sealing.derived(data_key, salt, sealing.ENCRYPTION):
                check(self, data_key, salt, told)

        return lenient

    patch.replace("store.sealing:Sealer.seal", sealed)
    patch.replace("store.sealing:Sealer.check_commitment", opened)


@defect(
    "store.lost-keys-stay-in-memory",
    breaks=["BLOB-27"],
    says="A worker uses keys that it may have no more for nothing, and keeps them in its memory all the same.",
    partial=True,
)
def lost_keys_stay_in_memory(patch: Patch) -> None:
    past: list[Any] = []

    def factory(_forget: Function, hit: Hit) -> Function:
        def keeping(self: Any, key_ids: list[str]) -> None:
            for key_id in set(key_ids) & set(self._keys):
                hit()
                past.append(self._keys.pop(key_id))

        return keeping

    patch.replace("store.heldkeys:HeldKeys.forget", factory)
