"""Every tampering changes the disk, is noticed by verifying or opening, and is undone to the last byte."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from assay.blob import sealing, tampering
from assay.blob.entity import Entity
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from robot.api.types import Secret

from tests.blob.conftest import Store, store_of
from tests.blob.sealed import DOCUMENT, KINDS

# What a layout binds to nothing, so that no reader of the files can notice it. Of age and Fernet: whose a file is.
UNNOTICED = {
    "deltadatabase": (
        "key_id: ", "schema_id: ", "version: ", "writer: ", "timestamp: ", "files: rolled back", "files: the other's under",
    ),
    "reference": ("files: rolled back",),
    "jwe": ("files: swapped", "files: the other's in", "files: rolled back", "token: a hard"),
    "fernet": ("files: swapped", "files: the other's in", "files: rolled back", "token: a hard"),
    "example-header": ("files: rolled back",),
    "age": ("files: swapped", "files: the other's in", "files: rolled back", "sealed: a hard"),
}  # fmt: skip


def disk(root: Path) -> dict[str, tuple[int, bytes, int]]:
    found = {}
    for path in root.rglob("*"):
        about = path.lstat()
        readable = stat.S_ISREG(about.st_mode) and os.access(path, os.R_OK)
        content = path.read_bytes() if readable else b""
        found[str(path)] = about.st_mode, content, about.st_mtime_ns if path.is_file() else 0
    return found


def noticed(store: Store, sealed: Entity) -> bool:
    try:
        store.library.sealed_entity_should_be_well_formed(sealed)
        store.library.sealed_entity_should_open_to(sealed, store.key, DOCUMENT)
    except Unmet:
        return True
    return False


def test_every_tampering_is_noticed_and_undone(store: Store) -> None:
    first = store.put(body=DOCUMENT)
    earlier = store.tampers.keep_copies_of_sealed_files(first)
    sealed = store.put(body=DOCUMENT)
    other = store.put(key="18", body=DOCUMENT)
    before = disk(store.root)
    names = store.tampers.tamperings_of(sealed, other, earlier, Secret(store.key))
    assert len(names) > 40
    missed = []
    for name in names:
        store.tampers.tamper(sealed, name, other, earlier, Secret(store.key))
        assert disk(store.root) != before, name
        if not noticed(store, sealed):
            missed.append(name)
    known = UNNOTICED[store.layout]
    assert [name for name in missed if not name.startswith(known)] == []
    assert [start for start in known if not any(name.startswith(start) for name in missed)] == []
    store.tampers.restore_sealed_files()
    assert disk(store.root) == before


def test_what_is_left_out_says_why(delta: Store) -> None:
    sealed = delta.put()
    scene = tampering.Scene(sealed, sealed.contents())
    fitting, left_out = tampering.sort(scene)
    assert left_out["salt: another"] == "the layout has no salt"
    assert left_out["files: swapped with the other's"] == "no other entity is given"
    assert left_out["files: rolled back to an earlier copy"] == "no earlier copy is given"
    assert left_out["files: sealed for another key"] == "the layout binds no key"
    assert left_out["nonce: not canonical base64"] == "its length leaves no bits over"
    assert left_out["format: a lower one"] == "the layout has no format"
    assert left_out["chunks: the last one twice"] == "the layout has no chunks"
    assert "algorithm: AES-CTR" in [one.name for one in fitting]
    assert len({one.name for one in tampering.table(sealed.layout)}) == len(tampering.table(sealed.layout))


def test_tamperings_can_be_chosen_by_what_they_touch(delta: Store) -> None:
    sealed = delta.put()
    names = delta.tampers.tamperings_of(sealed, touches="tag")
    assert "tag: 4 bytes long" in names
    assert all(name.startswith("tag: ") for name in names)
    with pytest.raises(AssayError, match="nothing that touches 'tga'.*did you mean 'tag'"):
        delta.tampers.tamperings_of(sealed, touches="tga")


def test_what_does_not_apply_is_an_error_not_a_pass(delta: Store) -> None:
    sealed = delta.put()
    with pytest.raises(AssayError, match="does not apply to notes/17: the layout has no chunks"):
        delta.tampers.tamper(sealed, "chunks: the last one dropped")
    with pytest.raises(AssayError, match="there is no tampering 'tag: zeroes'"):
        delta.tampers.tamper(sealed, "tag: zeroes")


def test_chunks_of_a_long_file_are_tampered_with(tmp_path: Path) -> None:
    store = store_of("age", tmp_path)
    body = os.urandom(200_000)
    sealed, other = store.put(body=body), store.put(key="18", body=os.urandom(200_000))
    names = store.tampers.tamperings_of(sealed, other, touches="chunks")
    assert len(names) == 4
    for name in names:
        store.tampers.tamper(sealed, name, other)
        store.library.sealed_entity_should_not_open(sealed, store.key)
    store.tampers.restore_sealed_files()
    store.library.sealed_entity_should_open_to(sealed, store.key, body)


def test_an_edit_touches_nothing_beside_it(delta: Store) -> None:
    sealed = delta.put()
    before = sealed.path("meta").read_text()
    delta.tampers.tamper(sealed, "version: one more")
    assert sealed.path("meta").read_text() == before.replace('"version": 1', '"version": 2')


def test_copies_and_links_are_readable_by_us_alone(delta: Store) -> None:
    sealed = delta.put()
    copies = delta.tampers.keep_copies_of_sealed_files(sealed)
    kept = copies.states["blob"].copy
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    delta.tampers.restore_sealed_files()
    assert not kept.parent.exists()


def test_what_the_product_reads_in_the_place_of_a_file(delta: Store) -> None:
    sealed, other = delta.put(), delta.put(key="18")
    path = sealed.path("blob")
    content = path.read_bytes()
    seen = {}
    for name in delta.tampers.tamperings_of(sealed, other, touches="blob"):
        delta.tampers.tamper(sealed, name, other)
        seen[name] = stat.S_IFMT(path.lstat().st_mode) if os.path.lexists(path) else 0
        if name == "blob: a symbolic link to its bytes":
            assert path.read_bytes() == content
    assert seen["blob: deleted"] == 0
    assert seen["blob: a pipe"] == stat.S_IFIFO
    assert seen["blob: a folder"] == stat.S_IFDIR
    assert seen["blob: a symbolic link to itself"] == stat.S_IFLNK
    delta.tampers.restore_sealed_files()
    assert path.read_bytes() == content and path.lstat().st_nlink == 1
    assert not list(path.parent.glob(".*"))


def test_restoring_does_nothing_where_nothing_was_done(delta: Store) -> None:
    sealed = delta.put()
    before = disk(delta.root)
    delta.tampers.restore_sealed_files()
    assert disk(delta.root) == before and sealed.path("blob").exists()


def test_sealing_anew_is_a_control_that_opens(store: Store) -> None:
    sealed = store.put()
    if store.layout == "age":
        with pytest.raises(AssayError, match="for recipients"):
            store.tampers.seal_anew(sealed, Secret(store.key), "{}")
        return
    store.tampers.seal_anew(sealed, Secret(store.key), {"other": 1})
    store.library.sealed_entity_should_open_to(sealed, Secret(store.key), {"other": 1})
    store.tampers.restore_sealed_files()
    store.library.sealed_entity_should_open_to(sealed, Secret(store.key), DOCUMENT)


@pytest.mark.parametrize("layout", ["reference", "deltadatabase", "jwe"])
def test_one_ciphertext_opens_under_two_keys_but_for_a_commitment(layout: str, tmp_path: Path) -> None:
    store = store_of(layout, tmp_path)
    sealed = store.put()
    one, two = Secret(store.key), Secret(KINDS[layout].secret.hex())
    document = {"title": "found under the second key", "padding": "x" * 1000}
    store.tampers.seal_under_two_keys(sealed, one, two, document)
    found = sealing.unsealed(sealed, bytes.fromhex(str(two.value)), committed=False)
    assert {**json.loads(found), "room": ""} == {**document, "room": ""}
    store.library.decrypt_sealed_entity(sealed, one)
    if layout == "reference":
        assert "commitment is to another key" in store.library.sealed_entity_should_not_open(sealed, two)
    else:
        store.library.decrypt_sealed_entity(sealed, two)


def test_two_keys_need_a_cipher_that_allows_it(tmp_path: Path) -> None:
    store = store_of("example-header", tmp_path)
    sealed = store.put()
    with pytest.raises(AssayError, match="is made for AES-GCM"):
        store.tampers.seal_under_two_keys(sealed, Secret("00" * 32), Secret("11" * 32), {})
