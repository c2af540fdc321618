"""What can be read, or is followed, outside of what is sealed."""

import secrets
from typing import Any

from reference.common import web
from reference.defects import Function, Hit, Patch, defect


@defect(
    "store.key-ids-name-their-schema",
    breaks=["BLOB-25"],
    says="The id of a data key begins with the name of its schema, and every sealed file tells the id in the clear.",
    partial=True,
    blind=True,
)
def key_ids_name_their_schema(patch: Patch) -> None:
    def factory(new_key: Function, hit: Hit) -> Function:
        def telling(self: Any, schema: str) -> Any:
            hit()
            self.new_id = lambda: f"{schema[:32]}-{secrets.token_hex(8)}"
            return new_key(self, schema)

        return telling

    patch.replace("store.keyring:KeyRing.new_key", factory)


@defect(
    "store.retired-keys-in-the-log",
    breaks=["BLOB-23"],
    says="A worker that is given a key which was retired before writes the key itself to its log.",
    partial=True,
    blind=True,
)
def retired_keys_in_the_log(patch: Patch) -> None:
    def factory(unwrap: Function, hit: Hit) -> Function:
        def talkative(self: Any, wrapped: Any) -> bytearray:
            key = bytearray(unwrap(self, wrapped))
            if not wrapped.current:
                hit()
                web.log_notice(f"key {wrapped.key_id} is not current any more: {key.hex()}")
            return key

        return talkative

    patch.replace("store.heldkeys:HeldKeys.unwrap", factory)


@defect(
    "store.links-are-followed",
    breaks=["BLOB-13"],
    says="A symbolic link in the place of a sealed file is followed to wherever it leads.",
    partial=True,
    blind=True,
)
def links_are_followed(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        def following(self: Any, name: str) -> bytes:
            place = self._folder / name
            if not place.is_symlink():
                return bytes(read(self, name))
            content = bytes(read(self, str(place.resolve())))
            hit()
            return content

        return following

    patch.replace("store.sealedfiles:SealedFiles.read", factory)
