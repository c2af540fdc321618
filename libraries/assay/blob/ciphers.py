"""The oracle: ciphers, derivations and key wraps as `cryptography` has them, each refusing what its standard refuses.

It is judged by published vectors before it judges anything (`tests/blob/test_vectors.py`, `Oracle Should Agree`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Octets: TypeAlias = bytes | memoryview
Cipher = Callable[[bytes, bytes, bytes, bytes], bytes]
Opener = Callable[[bytes, bytes, Octets, bytes, bytes], bytes]


_UNFIT = "the tag does not fit: another key, or something was changed"


class NotOpened(Exception):
    """A sealed file does not open; the words say why, and nothing of its plaintext."""


@dataclass(frozen=True)
class Algorithm:
    """Sizes in bytes, and how it seals (key, nonce, plaintext, associated data) and opens (with ciphertext and tag)."""

    key: int
    nonce: int
    tag: int
    seal: Cipher
    open: Opener


def algorithm(name: str) -> Algorithm:
    """An algorithm by its name; age is none of these, for it brings its own keys and chunks."""
    return _ALGORITHMS[name]


def unseal(name: str, key: bytes, nonce: bytes, ciphertext: Octets, tag: bytes, associated: bytes) -> bytes:
    """The plaintext, after every size was looked at; never for a tag or nonce that is too short."""
    known = algorithm(name)
    for what, value, size in (
        ("key", key, known.key),
        ("nonce", nonce, known.nonce),
        ("tag", tag, known.tag),
    ):
        if len(value) != size:
            raise NotOpened(f"the {what} has {len(value)} bytes where {name} has {size}")
    return known.open(key, nonce, ciphertext, tag, associated)


def derive(function: str, key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 (RFC 5869), or HMAC-SHA256 over `info` (RFC 2104)."""
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if function == "HKDF-SHA256":
        return HKDF(hashes.SHA256(), size, salt, info).derive(key)
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(info)
    return mac.finalize()[:size]


def unwrap(by: str, key: bytes, wrapped: bytes, label: bytes | None = None) -> bytes:
    """The key inside: `dir`, A128KW to A256KW (RFC 3394), RSA-OAEP-256 (RFC 8017, 7.1) with a private key in PEM."""
    if by == "dir":
        if wrapped:
            raise NotOpened("there is a wrapped key where the key is used directly (RFC 7516, 5.2)")
        return key
    if by in _KEY_WRAPS:
        return _unwrap_aes(by, key, wrapped)
    if by == "RSA-OAEP-256":
        return _unwrap_rsa(key, wrapped, label)
    raise NotOpened(
        f"'{by}' is no allowed way to bring a key; allowed: dir, {', '.join(_KEY_WRAPS)}, RSA-OAEP-256"
    )


_KEY_WRAPS = {"A128KW": 16, "A192KW": 24, "A256KW": 32}


def _unwrap_aes(by: str, key: bytes, wrapped: bytes) -> bytes:
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    if len(key) != _KEY_WRAPS[by]:
        raise NotOpened(f"the key has {len(key)} bytes where {by} has {_KEY_WRAPS[by]}")
    try:
        return aes_key_unwrap(key, wrapped)
    except (InvalidUnwrap, ValueError):
        raise NotOpened(f"the wrapped key does not open by {by}") from None


def _unwrap_rsa(key: bytes, wrapped: bytes, label: bytes | None) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private: object = load_pem_private_key(key, None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise NotOpened("the key is no private RSA key in PEM, which RSA-OAEP-256 needs")
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label or None)
    try:
        return private.decrypt(wrapped, scheme)
    except ValueError:
        raise NotOpened("the wrapped key does not open by RSA-OAEP-256") from None


def shared_secret(private: bytes, public: bytes) -> bytes:
    """X25519 (RFC 7748); NotOpened for the all-zero secret of a point of low order."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError:
        raise NotOpened("the shared secret is zero, or a key has not 32 bytes") from None


def _authenticated(class_name: str, key: int) -> Algorithm:
    def cipher(given: bytes) -> object:
        from cryptography.hazmat.primitives.ciphers import aead

        return getattr(aead, class_name)(given)

    def seal(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        made: bytes = cipher(key).encrypt(nonce, plaintext, associated)  # type: ignore[attr-defined]
        return made

    def open_(key: bytes, nonce: bytes, ciphertext: Octets, tag: bytes, associated: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            joined = b"".join((ciphertext, tag))
            opened: bytes = cipher(key).decrypt(nonce, joined, associated)  # type: ignore[attr-defined]
        except InvalidTag:
            raise NotOpened(_UNFIT) from None
        return opened

    return Algorithm(key, 12, 16, seal, open_)


def _gcm(key: int) -> Algorithm:
    """As `_authenticated`, but the ciphertext is not copied to stand before its tag: that would take longer than to open it."""

    def open_(key: bytes, nonce: bytes, ciphertext: Octets, tag: bytes, associated: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher as Block
        from cryptography.hazmat.primitives.ciphers import algorithms, modes

        reader = Block(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
        reader.authenticate_additional_data(associated)
        opened = reader.update(ciphertext)
        try:
            reader.finalize()
        except InvalidTag:
            raise NotOpened(_UNFIT) from None
        return opened

    return Algorithm(key, 12, 16, _authenticated("AESGCM", key).seal, open_)


def _cbc_parts(key: bytes, nonce: bytes) -> tuple[bytes, object]:
    from cryptography.hazmat.primitives.ciphers import Cipher as Block
    from cryptography.hazmat.primitives.ciphers import algorithms, modes

    return key[:16], Block(algorithms.AES(key[16:]), modes.CBC(nonce))


def _seal_cbc(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    from cryptography.hazmat.primitives.padding import PKCS7

    signing, block = _cbc_parts(key, nonce)
    padder, writer = PKCS7(128).padder(), block.encryptor()  # type: ignore[attr-defined]
    made: bytes = writer.update(padder.update(plaintext) + padder.finalize()) + writer.finalize()
    return made + derive("HMAC-SHA256", signing, b"", associated + nonce + made, 32)


def _open_cbc(key: bytes, nonce: bytes, ciphertext: Octets, tag: bytes, associated: bytes) -> bytes:
    from cryptography.hazmat.primitives.constant_time import bytes_eq
    from cryptography.hazmat.primitives.padding import PKCS7

    signing, block = _cbc_parts(key, nonce)
    if not bytes_eq(derive("HMAC-SHA256", signing, b"", b"".join((associated, nonce, ciphertext)), 32), tag):
        raise NotOpened(_UNFIT)
    reader, padding = block.decryptor(), PKCS7(128).unpadder()  # type: ignore[attr-defined]
    try:
        return padding.update(reader.update(ciphertext) + reader.finalize()) + padding.finalize()
    except ValueError:
        raise NotOpened("the padding is wrong") from None


_ALGORITHMS: Mapping[str, Algorithm] = {
    "AES-128-GCM": _gcm(16),
    "AES-192-GCM": _gcm(24),
    "AES-256-GCM": _gcm(32),
    "AES-128-GCM-SIV": _authenticated("AESGCMSIV", 16),
    "AES-256-GCM-SIV": _authenticated("AESGCMSIV", 32),
    "ChaCha20-Poly1305": _authenticated("ChaCha20Poly1305", 32),
    "AES-128-CBC-HMAC-SHA256": Algorithm(32, 16, 32, _seal_cbc, _open_cbc),
}
