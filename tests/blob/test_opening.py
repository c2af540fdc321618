"""Files of every layout are described, verified and opened; a wrong key, document or size is refused with clear words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assay.blob import describing, layout
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from robot.api.types import Secret

from tests.blob.conftest import Store, store_of
from tests.blob.sealed import DOCUMENT, KINDS, b64, b64url


def test_what_was_sealed_opens(store: Store) -> None:
    sealed = store.put()
    store.library.sealed_entity_should_open_to(sealed, Secret(store.key), json.loads(DOCUMENT))
    store.library.sealed_entity_should_open_to(sealed, Secret(store.key), DOCUMENT, exactly=True)
    assert store.library.decrypt_sealed_entity(sealed, Secret(store.key)).value == DOCUMENT.decode()
    store.library.sealed_entity_should_be_well_formed(sealed)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 65535, 65536, 65537])
def test_every_size_opens(size: int, store: Store) -> None:
    sealed = store.put(body=bytes(size))
    store.library.sealed_entity_should_open_to(sealed, store.key, bytes(size))


def test_another_key_does_not_open(store: Store) -> None:
    sealed = store.put()
    other = KINDS[store.layout].secret
    given = other.decode() if store.layout == "age" else other.hex()
    assert store.library.sealed_entity_should_not_open(sealed, Secret(given))
    with pytest.raises(Unmet, match="the sealed files to open by this key, saw that .* (notes/17)*") as told:
        store.library.decrypt_sealed_entity(sealed, Secret(given))
    assert given not in str(told.value)


def test_an_entity_that_opens_though_it_should_not_is_told(store: Store) -> None:
    with pytest.raises(Unmet, match="not to open, saw they open"):
        store.library.sealed_entity_should_not_open(store.put(), store.key)


def test_another_document_is_told_without_showing_it(store: Store) -> None:
    sealed = store.put()
    with pytest.raises(Unmet, match="differ from the") as told:
        store.library.sealed_entity_should_open_to(sealed, store.key, DOCUMENT[:-4] + b"x" + DOCUMENT[-3:])
    assert "konomie" not in str(told.value)


def test_numbers_are_compared_as_they_are_written(reference: Store) -> None:
    sealed = reference.put(body=b'{"n": 1.0}')
    reference.library.sealed_entity_should_open_to(sealed, reference.key, '{ "n":1.0 }')
    for other in ('{"n":1}', '{"n":"1.0"}', '{"n":1.00}'):
        with pytest.raises(Unmet, match="the one that was written"):
            reference.library.sealed_entity_should_open_to(sealed, reference.key, other)


def test_keys_are_read_in_every_spelling(reference: Store) -> None:
    sealed = reference.put()
    for spelt in (reference.secret.hex().upper(), b64(reference.secret), b64url(reference.secret)):
        reference.library.sealed_entity_should_open_to(sealed, Secret(spelt), DOCUMENT)
    with pytest.raises(AssayError, match="the key cannot be read; right would be") as told:
        reference.library.decrypt_sealed_entity(sealed, Secret("not a key!"))
    assert "not a key!" not in str(told.value)


def test_what_is_no_text_comes_as_base64(delta: Store) -> None:
    sealed = delta.put(body=b"\xff\xfe")
    assert delta.library.decrypt_sealed_entity(sealed, delta.key).value == "//4="


def test_a_table_shows_every_part_and_no_secret(store: Store) -> None:
    sealed = store.put()
    told = str(describing.described(sealed, sealed.contents()))
    assert all(f">{name}<" in told for name in sealed.layout.places)
    assert store.key not in told and "konomie" not in told


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("nonce", bytes(11), "nonce: 11 bytes, not 12 bytes"),
        ("tag", bytes(4), "tag: 4 bytes, not 16 bytes"),
        ("algorithm", b"AES-CTR", "'AES-CTR' is not allowed"),
        ("key", b"18", "says that its key is '18', it is '17'"),
    ],
)
def test_what_is_not_well_formed_is_told(part: str, value: bytes, words: str, delta: Store) -> None:
    sealed = delta.put()
    meta = sealed.with_part(part, value, sealed.contents())["meta"]
    sealed.path("meta").write_bytes(meta)
    with pytest.raises(Unmet, match=words):
        delta.library.sealed_entity_should_be_well_formed(sealed)


def test_base64_that_no_encoder_writes_is_told(delta: Store) -> None:
    sealed = delta.put()
    delta.tampers.tamper(sealed, "tag: not canonical base64")
    with pytest.raises(Unmet, match="tag is not canonical base64"):
        delta.library.sealed_entity_should_be_well_formed(sealed)
    delta.library.sealed_entity_should_not_open(sealed, delta.key)


def test_a_version_that_contradicts_the_name_is_told(reference: Store, tmp_path: Path) -> None:
    sealed = reference.put(version=2)
    named = tmp_path / "named-by-version.yaml"
    said = (layout.folder() / "reference.yaml").read_text("utf-8")
    named.write_text(said.replace("{number}", "{version}").replace("number:", "version:"), "utf-8")
    older = sealed.path("sealed").with_name(sealed.path("sealed").name.replace(".2.", ".3."))
    sealed.path("sealed").rename(older)
    moved = type(sealed)(
        layout.named(named), sealed.root, {"sealed": str(older.relative_to(sealed.root))}, sealed.identity
    )
    with pytest.raises(Unmet, match="says that its version is '2', it is '3'"):
        reference.library.sealed_entity_should_be_well_formed(moved)
    assert "version" in reference.library.sealed_entity_should_not_open(moved, reference.key)


def test_files_that_cannot_be_named_are_found_by_the_write_alone(reference: Store, delta: Store) -> None:
    with pytest.raises(AssayError, match="names files by more than schema and key"):
        store_of("reference", reference.root).library.sealed_entity("notes", "17")
    assert delta.put().files == delta.library.sealed_entity("notes", "17").files


def test_a_key_wrapped_for_rsa_opens(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    private = rsa.generate_private_key(65537, 2048)
    content_key, nonce = AESGCM.generate_key(256), b"n" * 12
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    header = b64url(json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM"}).encode())
    made = AESGCM(content_key).encrypt(nonce, b"{}", header.encode())
    wrapped = private.public_key().encrypt(content_key, oaep)
    store = store_of("jwe", tmp_path)
    pieces = [header, *map(b64url, (wrapped, nonce, made[:-16], made[-16:]))]
    (tmp_path / "notes_17.jwe").write_text(".".join(pieces))
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    sealed = store.library.sealed_entity("notes", "17")
    store.library.sealed_entity_should_open_to(sealed, Secret(pem.decode()), "{}")
    assert "no private RSA key" in store.library.sealed_entity_should_not_open(sealed, Secret("00" * 32))


def test_layout_and_folder_must_be_known_first(tmp_path: Path) -> None:
    from assay.BlobLibrary import BlobLibrary

    with pytest.raises(AssayError, match="call `Use Layout` first"):
        BlobLibrary().sealed_entity("notes", "17")
    with pytest.raises(AssayError, match="there is no folder"):
        BlobLibrary().use_layout("jwe", tmp_path / "nowhere")


def test_a_write_that_wrote_nothing_is_told(delta: Store) -> None:
    before = delta.library.snapshot_of_folder()
    with pytest.raises(Unmet, match="the write to make or change a file, saw none"):
        delta.library.files_of_the_write(before)


def test_a_write_is_seen_by_bytes_time_and_inode(delta: Store) -> None:
    sealed = delta.put()
    path = sealed.path("blob")
    before = delta.library.snapshot_of_folder()
    copy = path.with_suffix(".new")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    written = delta.library.files_of_the_write(before)
    assert (written.made, written.changed, written.removed) == ([], [sealed.files["blob"]], [])


def test_of_several_versions_written_the_newest_is_taken(reference: Store) -> None:
    before = reference.library.snapshot_of_folder()
    reference.put(version=1)
    reference.put(version=2)
    found = reference.library.sealed_entity_written(
        reference.library.files_of_the_write(before), "notes", "17"
    )
    assert found.files["sealed"].endswith(".2.sealed")
