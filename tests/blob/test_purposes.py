"""Keys that stand in the files that they open are told."""

from __future__ import annotations

import pytest
from assay.blob import sealing
from assay.blob.entity import Entity
from assay.evidence.expect import Unmet

from tests.blob.conftest import Store


def changed(sealed: Entity, name: str, value: bytes) -> None:
    contents = sealed.with_part(name, value, sealed.contents())
    for role, content in contents.items():
        sealed.path(role).write_bytes(content)


def test_good_files_hold_no_key(store: Store) -> None:
    if store.layout == "age":
        pytest.skip("the key of age opens a header, not the file")
    store.library.sealed_entity_should_hold_no_key(store.put(), store.key)


def test_a_commitment_that_is_the_key_that_encrypts_is_told(reference: Store) -> None:
    sealed = reference.put()
    key = sealing.encryption_key(sealed, reference.secret, sealed.contents())
    changed(sealed, "commitment", key)
    with pytest.raises(Unmet, match="the key that encrypts .* stands in"):
        reference.library.sealed_entity_should_hold_no_key(sealed, reference.key)


def test_a_part_that_opens_the_file_is_told(delta: Store) -> None:
    sealed = delta.put()
    path = sealed.path(sealed.layout.places["key_id"].file)
    path.write_bytes(path.read_bytes().replace(b"main-key-v1", delta.secret.hex().encode()))
    with pytest.raises(Unmet, match="the data key .* stands in"):
        delta.library.sealed_entity_should_hold_no_key(sealed, delta.key)
