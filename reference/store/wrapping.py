"""Data keys on their way to a worker: wrapped for its public key, and for nobody and nothing else."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference.store import names
from reference.store.sealing import prefixed

PURPOSE = b"store.v1 wrapping"
OAEP, X25519 = "RSA-OAEP-SHA256", "X25519-HKDF-SHA256"
_POINT, _NONCE, _TAG, _KEY = 32, 12, 16, 32


def wrap(
    public: RSAPublicKey | X25519PublicKey, key: bytearray, worker_id: str, schema: str, key_id: str
) -> tuple[str, bytes]:
    """A data key for a worker, and by which algorithm it was wrapped."""
    if isinstance(public, RSAPublicKey):
        return OAEP, by_oaep(public, key)
    return X25519, by_x25519(public, key, context(worker_id, schema, key_id))


def by_oaep(public: RSAPublicKey, key: bytearray) -> bytes:
    """Wrapped by RSA-OAEP with SHA-256 and no label (RFC 8017, 7.1)."""
    return public.encrypt(bytes(key), padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))


def by_x25519(public: X25519PublicKey, key: bytearray, about: bytes) -> bytes:
    """Wrapped by a secret with an ephemeral key: that key's public half, a nonce, ciphertext and tag."""
    ephemeral = X25519PrivateKey.generate()
    nonce = secrets.token_bytes(_NONCE)
    point = ephemeral.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    wrapped = AESGCM(shared_key(ephemeral, public, about)).encrypt(nonce, key, about)
    return point + nonce + wrapped


def shared_key(own: X25519PrivateKey, other: X25519PublicKey, about: bytes) -> bytes:
    """What both sides derive; a secret of zeros is refused (RFC 7748, 6.1)."""
    try:
        secret = own.exchange(other)
    except ValueError:
        raise names.invalid("public_key", "is a point of low order") from None
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=PURPOSE + about).derive(secret)


def context(worker_id: str, schema: str, key_id: str) -> bytes:
    """What a key is wrapped for: each name with its length before it."""
    return prefixed(worker_id) + prefixed(schema) + prefixed(key_id)


def unwrap(private: X25519PrivateKey, wrapped: bytes, about: bytes) -> bytearray:
    """The key, as the worker takes it out; raises ValueError where it was wrapped for somebody or something else."""
    point, nonce = wrapped[:_POINT], wrapped[_POINT : _POINT + _NONCE]
    key = bytearray(_KEY)
    shared = shared_key(private, X25519PublicKey.from_public_bytes(point), about)
    try:
        AESGCM(shared).decrypt_into(nonce, wrapped[_POINT + _NONCE :], about, key)
    except InvalidTag:
        raise ValueError("a key that was wrapped for something else") from None
    return key
