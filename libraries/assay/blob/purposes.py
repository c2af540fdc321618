"""Keys for different purposes that are one: what stands in a sealed file and opens it, and keys that stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from assay.blob import sealing
from assay.blob.ciphers import NotOpened, unseal
from assay.blob.entity import Contents, Entity
from assay.blob.matching import key_forms
from assay.blob.steps import Malformed


def given_away(entity: Entity, key: bytes) -> Iterator[str]:
    """In words, every part of an entity's files that opens it, and every form of its keys that is in the files."""
    contents = entity.contents()
    for name in entity.layout.places:
        value = b""
        with suppress(Malformed):
            value = entity.part(name, contents)
        if name != "ciphertext" and _opens(entity, contents, value):
            yield f"the {name} opens the file"
    found = {"data key": key, "key that encrypts": sealing.encryption_key(entity, key, contents)}
    for what, octets in found.items():
        for form, said in key_forms(octets).items():
            for role, content in contents.items():
                if said in content:
                    yield f"the {what} ({form}) stands in {entity.files[role]}"


def _opens(entity: Entity, contents: Contents, value: bytes) -> bool:
    """Whether a value opens an entity: as its data key, or as the key that encrypts."""
    with suppress(NotOpened):
        sealing.unsealed(entity, value, contents, committed=False)
        return True
    with suppress(NotOpened, Malformed):
        unseal(
            sealing.cipher_of(entity, contents),
            value,
            entity.part("nonce", contents),
            entity.view("ciphertext", contents),
            entity.part("tag", contents),
            sealing.associated_data(entity, contents),
        )
        return True
    return False
