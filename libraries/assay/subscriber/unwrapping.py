"""Opening what was wrapped for a subscriber, without the product."""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.core.errors import AssayError
from assay.subscriber.pairs import Pair

PURPOSE = b"store.v1 wrapping"
_POINT, _NONCE = 32, 12


def bound(worker_id: str, schema_id: str, key_id: str) -> bytes:
    """What a key is wrapped for, as it is bound: each of the names with its length before it, four bytes, the highest first."""
    parts = [name.encode() for name in (worker_id, schema_id, key_id)]
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def unwrapped(
    pair: Pair,
    wrapped: bytes,
    context: bytes = b"",
    digest: type[HashAlgorithm] = SHA256,
    label: bytes | None = None,
) -> bytes | None:
    """The key that was wrapped, None where this private key, these names or this label do not open it.

    RSA: OAEP with MGF1, both with `digest` (RFC 8017, 7.1). X25519: the ephemeral public key, a nonce of 12, ciphertext and tag
    of AES-256-GCM under HKDF-SHA256 of the shared secret, with no salt and the purpose and the names as info; the names
    are associated data as well.
    """
    if isinstance(pair.private, rsa.RSAPrivateKey):
        try:
            return pair.private.decrypt(wrapped, padding.OAEP(padding.MGF1(digest()), digest(), label))
        except ValueError:
            return None
    if isinstance(pair.private, x25519.X25519PrivateKey):
        return _opened(pair.private, wrapped, context)
    raise AssayError(f"a key pair of the kind {pair.kind} opens nothing")


def unwrapped_by_pkcs1(pair: Pair, wrapped: bytes, length: int = 32) -> bytes | None:
    """The key, where it was wrapped by PKCS#1 v1.5 (RFC 8017, 7.2), which nobody may use any more."""
    if not isinstance(pair.private, rsa.RSAPrivateKey):
        return None
    try:
        found = pair.private.decrypt(wrapped, padding.PKCS1v15())
    except ValueError:
        return None
    # What does not open is answered by chance, of any length, so that nobody learns whether it opened.
    return found if len(found) == length else None


OTHER_WAYS = {"SHA-1": (SHA1, None), "a label": (SHA256, b"store")}
"""Ways of OAEP that are not the promised one: digest and label by name."""


def _opened(private: x25519.X25519PrivateKey, wrapped: bytes, context: bytes) -> bytes | None:
    if len(wrapped) <= _POINT + _NONCE:
        return None
    point, nonce = wrapped[:_POINT], wrapped[_POINT : _POINT + _NONCE]
    try:
        shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        key = HKDF(SHA256(), 32, None, PURPOSE + context).derive(shared)
        return AESGCM(key).decrypt(nonce, wrapped[_POINT + _NONCE :], context)
    except (InvalidTag, ValueError):
        return None
