"""Sealed files by themselves: what opens, and what does not."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reference.store.conformance import opened
from reference.store.models import OpenCiphertextRequest
from reference.store.sealedfiles import Missing, SealedFiles
from reference.store.sealing import MAGIC, About, NotOpened, Sealer

KEY = bytearray(range(32))
ABOUT = About("people", "ada", 3, "a-key", "a-worker")
DOCUMENT = b'{"number": 1.000000000000000000001}'


def sealed(about: About = ABOUT, key: bytearray = KEY) -> bytes:
    return Sealer().seal(key, about, DOCUMENT)


def header_of(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[4:8], "big")
    found: dict[str, Any] = json.loads(content[8 : 8 + length])
    return found


def with_header(content: bytes, change: Callable[[dict[str, Any]], Any], spaces: bool = False) -> bytes:
    header, length = header_of(content), int.from_bytes(content[4:8], "big")
    change(header)
    text = json.dumps(header, separators=None if spaces else (",", ":")).encode()
    return MAGIC + len(text).to_bytes(4, "big") + text + content[8 + length :]


def test_what_was_sealed_opens_byte_for_byte() -> None:
    assert Sealer().open(KEY, ABOUT, sealed()) == DOCUMENT


def test_no_octet_can_be_changed_taken_or_added() -> None:
    content = sealed()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        for other in (bytes(changed), content[:place], content[:place] + b"x" + content[place:]):
            with pytest.raises(NotOpened):
                Sealer().open(KEY, ABOUT, other)


@pytest.mark.parametrize(
    "about",
    [
        About("others", "ada", 3, "a-key"),
        About("people", "eve", 3, "a-key"),
        About("peoplea", "da", 3, "a-key"),
        About("people", "ada", 2, "a-key"),
        About("people", "ada", 3, "b-key"),
    ],
)
def test_a_file_is_for_one_entity_version_and_key(about: About) -> None:
    with pytest.raises(NotOpened):
        Sealer().open(KEY, about, sealed())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 1),
        ("format", 3),
        ("algorithm", "AES-128-GCM"),
        ("algorithm", "none"),
        ("version", 4),
        ("version", True),
        ("writer", "somebody"),
        ("nonce", base64.b64encode(bytes(8)).decode()),
        ("salt", base64.b64encode(bytes(15)).decode()),
        ("commitment", base64.b64encode(bytes(32)).decode()),
        ("more", 1),
    ],
)
def test_no_field_of_a_header_can_be_edited(name: str, value: object) -> None:
    changed = with_header(sealed(), lambda header: header.update({name: value}))
    with pytest.raises(NotOpened):
        Sealer().open(KEY, ABOUT, changed)


def test_a_header_has_one_spelling() -> None:
    with pytest.raises(NotOpened, match="header"):
        Sealer().open(KEY, ABOUT, with_header(sealed(), lambda _: None, spaces=True))


def test_another_key_is_told_by_the_commitment_before_anything_is_decrypted() -> None:
    with pytest.raises(NotOpened, match="commitment"):
        Sealer().open(bytearray(32), ABOUT, sealed())


def test_equal_documents_look_different_and_no_nonce_comes_twice() -> None:
    many = [sealed() for _ in range(200)]
    for name in ("nonce", "salt"):
        assert len({header_of(one)[name] for one in many}) == 200
    assert len({one[-16:] for one in many}) == 200


def test_what_is_written_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    files = SealedFiles(tmp_path)
    before = os.umask(0)
    try:
        files.write_all({"ab/one.1.sealed": b"1", "cd/two.2.sealed": b"2"})
    finally:
        os.umask(before)
    assert files.read("ab/one.1.sealed") == b"1"
    assert sorted(files.names()) == ["ab/one.1.sealed", "cd/two.2.sealed"]
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize(("key", "nonce"), [(16, 12), (24, 12), (32, 0), (32, 8), (32, 16)])
def test_no_other_length_is_decrypted(key: int, nonce: int) -> None:
    assert Sealer().decrypt(bytes(32), bytes(12), AESGCM(bytes(32)).encrypt(bytes(12), b"", b""), b"") == b""
    body = AESGCM(bytes(key)).encrypt(bytes(nonce), DOCUMENT, b"") if nonce else bytes(40)
    with pytest.raises(NotOpened, match="length"):
        Sealer().decrypt(bytes(key), bytes(nonce), body, b"")
    with pytest.raises(NotOpened, match="length"):
        Sealer().decrypt(bytes(32), bytes(12), bytes(15), b"")


def test_a_ciphertext_alone_is_opened_as_a_file_is() -> None:
    sealed = AESGCM(bytes(32)).encrypt(bytes(12), DOCUMENT, b"about")
    parts = {
        "key": bytes(32),
        "nonce": bytes(12),
        "associated_data": b"about",
        "ciphertext": sealed[:-16],
        "tag": sealed[-16:],
    }

    def asked(**other: bytes) -> OpenCiphertextRequest:
        told = {name: base64.b64encode(part).decode() for name, part in {**parts, **other}.items()}
        return OpenCiphertextRequest(**told)

    assert opened(asked()) == DOCUMENT
    others: list[dict[str, bytes]] = [
        {"tag": sealed[-16:-1]},
        {"tag": sealed[-12:], "ciphertext": sealed[:-12]},
        {"tag": sealed[-17:], "ciphertext": sealed[:-17]},
        {"associated_data": b""},
        {"key": bytes(16)},
    ]
    for other in others:
        with pytest.raises(NotOpened):
            opened(asked(**other))
    with pytest.raises(NotOpened):
        opened(asked().model_copy(update={"tag": "no base64"}))


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = SealedFiles(tmp_path)

    def full(self: SealedFiles, descriptor: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(SealedFiles, "sync", full)
    with pytest.raises(OSError, match="no space"):
        files.write_all({"ab/one.1.sealed": b"1"})
    assert files.names() == []


def _link(place: Path) -> None:
    place.symlink_to("/etc/passwd")


@pytest.mark.parametrize("make", [lambda place: None, os.mkdir, os.mkfifo, _link])
def test_what_is_no_file_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "files" / "ab").mkdir(parents=True)
    make(tmp_path / "files" / "ab" / "one.1.sealed")
    with pytest.raises(Missing):
        SealedFiles(tmp_path).read("ab/one.1.sealed")


def test_a_disk_that_is_away_is_not_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SealedFiles(tmp_path / "nowhere").read("ab/one.1.sealed")
