"""Sealed files: AES-256-GCM under a key of their own, bound to their entity, with a commitment to the data key.

magic, length of the header, header (JSON), ciphertext, tag. What is authenticated along with the ciphertext: all before it,
and the names of schema and entity (RFC 5116). Encryption key and commitment are derived apart (RFC 5869; RFC 9771, 4.3.5).
"""

import base64
import binascii
import hmac
import json
import secrets
import struct
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Key: TypeAlias = bytes | bytearray

MAGIC = b"ASL1"
FORMAT = 2
SALTS = {1: 16, 2: 32}  # bytes of salt, by the formats that are read
ALGORITHM = "AES-256-GCM"
NONCE_BYTES, TAG_BYTES, KEY_BYTES = 12, 16, 32
ENCRYPTION, COMMITMENT = b"store.v1 encryption", b"store.v1 commitment"
_LENGTH = struct.Struct(">I")
_MEMBERS = {
    "format": int,
    "algorithm": str,
    "key_id": str,
    "salt": str,
    "nonce": str,
    "commitment": str,
    "version": int,
    "writer": str,
}


class NotOpened(Exception):
    """A sealed file does not open; the text is one word for why, for the log alone."""


@dataclass(frozen=True)
class About:
    """What a file is sealed for."""

    schema: str
    key: str
    version: int
    key_id: str
    writer: str = ""


@dataclass(frozen=True)
class Parts:
    """A sealed file, taken apart."""

    prefix: bytes
    header: dict[str, Any]
    body: bytes


class Sealer:
    """Seals documents and opens them."""

    def seal(self, data_key: Key, about: About, document: bytes) -> bytes:
        """The bytes of a sealed file."""
        salt, nonce = self.salt(), self.nonce()
        header = self.header(about, salt, nonce, self.commitment(data_key, salt))
        prefix = self.prefix(header)
        key = self.encryption_key(data_key, salt)
        associated = self.associated_data(prefix, about.schema, about.key)
        return prefix + AESGCM(key).encrypt(nonce, document, associated)

    def open(self, data_key: Key, about: About, sealed: bytes) -> bytes:
        """The document in a file that is to be what `about` says; raises NotOpened."""
        parts = self.take_apart(sealed)
        self.check_header(parts.header, about)
        salt, nonce = self.lengths(parts.header)
        self.check_commitment(data_key, salt, decoded(parts.header["commitment"]))
        key = self.encryption_key(data_key, salt)
        associated = self.associated_data(parts.prefix, about.schema, about.key)
        return self.decrypt(key, nonce, parts.body, associated)

    def salt(self) -> bytes:
        """What makes the key of one file."""
        return secrets.token_bytes(SALTS[FORMAT])

    def nonce(self) -> bytes:
        """Chance, never used twice under one key."""
        return secrets.token_bytes(NONCE_BYTES)

    def header(self, about: About, salt: bytes, nonce: bytes, commitment: bytes) -> dict[str, Any]:
        """What is told of a file in the clear, and authenticated."""
        return {
            "format": FORMAT,
            "algorithm": ALGORITHM,
            "key_id": about.key_id,
            "salt": base64.b64encode(salt).decode(),
            "nonce": base64.b64encode(nonce).decode(),
            "commitment": base64.b64encode(commitment).decode(),
            "version": about.version,
            "writer": about.writer,
        }

    def prefix(self, header: dict[str, Any]) -> bytes:
        """The bytes before the ciphertext."""
        text = json.dumps(header, separators=(",", ":")).encode()
        return MAGIC + _LENGTH.pack(len(text)) + text

    def associated_data(self, prefix: bytes, schema: str, key: str) -> bytes:
        """What is authenticated along with the document: all before it, and whose it is."""
        return prefix + prefixed(schema) + prefixed(key)

    def encryption_key(self, data_key: Key, salt: bytes) -> bytes:
        """The key of one file."""
        return derived(data_key, salt, ENCRYPTION)

    def commitment(self, data_key: Key, salt: bytes) -> bytes:
        """What only this data key gives with this salt."""
        return derived(data_key, salt, COMMITMENT)

    def check_commitment(self, data_key: Key, salt: bytes, told: bytes) -> None:
        """Refuses a file that was sealed under another key, before anything is decrypted."""
        if not hmac.compare_digest(self.commitment(data_key, salt), told):
            raise NotOpened("commitment")

    def decrypt(self, key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
        """The document, where nothing was changed."""
        self.check_lengths(key, nonce, body)
        try:
            return AESGCM(key).decrypt(nonce, body, associated)
        except InvalidTag:
            raise NotOpened("tag") from None

    def check_lengths(self, key: bytes, nonce: bytes, body: bytes) -> None:
        """Refuses a key and a nonce of any length but the one that each has, and what is too short to hold a tag."""
        if (len(key), len(nonce)) != (KEY_BYTES, NONCE_BYTES) or len(body) < TAG_BYTES:
            raise NotOpened("length")

    def take_apart(self, sealed: bytes) -> Parts:
        """The parts of a file of this format, in the one spelling that it has."""
        start = len(MAGIC) + _LENGTH.size
        if not sealed.startswith(MAGIC) or len(sealed) < start:
            raise NotOpened("format")
        (length,) = _LENGTH.unpack_from(sealed, len(MAGIC))
        if len(sealed) < start + length + TAG_BYTES:
            raise NotOpened("length")
        try:
            header = json.loads(sealed[start : start + length])
        except ValueError:
            raise NotOpened("header") from None
        prefix = sealed[: start + length]
        if not isinstance(header, dict) or self.prefix(header) != prefix:
            raise NotOpened("header")
        return Parts(prefix, header, sealed[start + length :])

    def check_header(self, header: dict[str, Any], about: About) -> None:
        """Refuses a format that never was, another cipher, another key and another version than the index names."""
        if {name: type(value) for name, value in header.items()} != _MEMBERS:
            raise NotOpened("header")
        if header["format"] not in SALTS or header["algorithm"] != ALGORITHM:
            raise NotOpened("algorithm")
        if header["key_id"] != about.key_id:
            raise NotOpened("key")
        if header["version"] != about.version:
            raise NotOpened("version")

    def lengths(self, header: dict[str, Any]) -> tuple[bytes, bytes]:
        """Salt and nonce, which have the one length of their format."""
        salt, nonce = decoded(header["salt"]), decoded(header["nonce"])
        if len(salt) != SALTS[header["format"]] or len(nonce) != NONCE_BYTES:
            raise NotOpened("nonce")
        return salt, nonce


def derived(data_key: Key, salt: bytes, info: bytes) -> bytes:
    """A key for one purpose (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(bytes_of(data_key))


def bytes_of(key: Key) -> memoryview:
    """A key as the library takes it, without a copy that could not be wiped."""
    return memoryview(key)


def prefixed(text: str) -> bytes:
    """A text with its length before it, so that two texts in a row are told apart."""
    raw = text.encode("utf-8")
    return _LENGTH.pack(len(raw)) + raw


def decoded(text: str) -> bytes:
    """The bytes of base64 in its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotOpened("header") from None
    if base64.b64encode(raw).decode() != text:
        raise NotOpened("header")
    return raw
