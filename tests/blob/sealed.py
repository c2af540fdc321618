"""Seals files of every shipped layout, written apart from the reader that is tested here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DOCUMENT = json.dumps(
    {"title": "Ökonomie", "text": "a note of ours " * 8, "n": 12345678901234567890.10}
).encode()


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def b64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def seal_delta(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    nonce = os.urandom(12)
    made = AESGCM(secret).encrypt(nonce, body, None)
    meta = {
        "key_id": "main-key-v1", "alg": "AES-GCM", "iv": b64(nonce), "tag": b64(made[-16:]), "schema_id": schema,
        "version": version, "writer_id": "worker-1", "timestamp": "2026-01-01T00:00:00Z", "schema": schema,
        "entity_key": key,
    }  # fmt: skip
    folder = root / "files"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{schema}_{key}.json.enc").write_bytes(made[:-16])
    (folder / f"{schema}_{key}.meta.json").write_text(json.dumps(meta, indent=2))


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def _framed(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def seal_reference(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    nonce, salt = os.urandom(12), os.urandom(32)
    header = json.dumps({
        "format": 2, "algorithm": "AES-256-GCM", "key_id": f"{schema}-1", "salt": b64(salt), "nonce": b64(nonce),
        "commitment": b64(_hkdf(secret, salt, b"store.v1 commitment")), "version": version, "writer": "worker-1",
    }).encode()  # fmt: skip
    front = b"ASL1" + len(header).to_bytes(4, "big") + header
    bound = front + _framed(schema) + _framed(key)
    made = AESGCM(_hkdf(secret, salt, b"store.v1 encryption")).encrypt(nonce, body, bound)
    name = hashlib.sha256(f"names/{schema}/{key}".encode()).hexdigest()
    folder = root / "files" / name[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.{version}.sealed").write_bytes(front + made)


def seal_jwe(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    header = b64url(json.dumps({"alg": "dir", "enc": "A256GCM"}).encode())
    nonce = os.urandom(12)
    made = AESGCM(secret).encrypt(nonce, body, header.encode())
    root.mkdir(parents=True, exist_ok=True)
    text = ".".join((header, "", b64url(nonce), b64url(made[:-16]), b64url(made[-16:])))
    (root / f"{schema}_{key}.jwe").write_text(text)


def seal_fernet(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{schema}_{key}.fernet").write_bytes(Fernet(base64.urlsafe_b64encode(secret)).encrypt(body))


def seal_box(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    nonce, name = os.urandom(12), b"box-key"
    front = b"BOX2" + bytes([len(name)]) + name + version.to_bytes(4, "little")
    front += len(nonce).to_bytes(2, "little") + nonce
    bound = front + b"".join(len(one).to_bytes(2, "big") + one.encode() for one in (schema, key))
    made = ChaCha20Poly1305(secret).encrypt(nonce, body, bound)
    commitment = hmac.new(secret, b"box commitment" + nonce, "sha256").digest()
    folder = root / "boxes" / schema
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key}.box").write_bytes(front + made[:-16] + commitment + made[-16:])


def seal_age(root: Path, schema: str, key: str, secret: bytes, body: bytes, version: int = 1) -> None:
    import pyrage

    recipient = pyrage.x25519.Identity.from_str(secret.decode()).to_public()
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{schema}_{key}.age").write_bytes(pyrage.encrypt(body, [recipient]))


@dataclass(frozen=True)
class Kind:
    """How files of a layout are sealed."""

    seal: Callable[..., None]
    suffix: str

    @property
    def secret(self) -> bytes:
        if self.seal is not seal_age:
            return os.urandom(32)
        import pyrage

        return str(pyrage.x25519.Identity.generate()).encode()


KINDS: Mapping[str, Kind] = {
    "deltadatabase": Kind(seal_delta, ".json.enc"),
    "reference": Kind(seal_reference, ".sealed"),
    "jwe": Kind(seal_jwe, ".jwe"),
    "fernet": Kind(seal_fernet, ".fernet"),
    "example-header": Kind(seal_box, ".box"),
    "age": Kind(seal_age, ".age"),
}
