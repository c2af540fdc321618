"""The master key, and what is kept under it: the key of the store itself, from which its other keys are derived apart."""

import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reference.store.statefile import StateFile

KEY_BYTES = 32
_NONCE_BYTES, _TAG_BYTES = 12, 16
_STORE_KEY = "store key"


class WrongMaster(Exception):
    """The store was begun with another master key."""


class LostKeys(Exception):
    """There is something that was sealed, and none of the keys that it is under."""


class Kept(msgspec.Struct):
    """What is known of the master key, and the key of the store, wrapped."""

    fingerprint: str
    store_key: bytes


class Vault:
    """Wraps and unwraps keys by the master key; raises WrongMaster where that is another than at the beginning."""

    def __init__(self, master_key: Path, state: Path) -> None:
        master = bytearray(master_key.read_bytes())
        self.fingerprint = derived(master, b"store.v1 fingerprint")[:16].hex()
        self._wrapping = derived(master, b"store.v1 wrapping")
        wipe(master)
        self._file = StateFile(state / "vault.json")
        self._store_key = bytearray(KEY_BYTES)

    def open(self, is_begun: Callable[[], bool] = lambda: False) -> None:
        """Takes the key of the store out, or makes it; raises LostKeys where there is none and the store was begun before."""
        kept = self._file.load(Kept)
        if kept is None:
            if is_begun():
                raise LostKeys
            made = bytearray(secrets.token_bytes(KEY_BYTES))
            kept = Kept(self.fingerprint, self.wrap(made, _STORE_KEY))
            self._file.save(kept)
        self.check_fingerprint(kept.fingerprint)
        self._store_key = self.unwrap(kept.store_key, _STORE_KEY)

    def check_fingerprint(self, known: str) -> None:
        """Refuses a master key that is not the one that everything is under."""
        if not hmac.compare_digest(known, self.fingerprint):
            raise WrongMaster

    def wrap(self, key: bytes | bytearray, about: str) -> bytes:
        """A key under the master key, good for what it was wrapped for alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._wrapping).encrypt(nonce, key, about.encode())

    def unwrap(self, wrapped: bytes, about: str) -> bytearray:
        """The key; raises WrongMaster where it does not open."""
        key = bytearray(len(wrapped) - _NONCE_BYTES - _TAG_BYTES)
        try:
            AESGCM(self._wrapping).decrypt_into(
                wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], about.encode(), key
            )
        except InvalidTag:
            raise WrongMaster from None
        return key

    def index_keys(self) -> tuple[bytes, bytes]:
        """What records of the index are encrypted by, and what they are chained by."""
        return (
            derived(self._store_key, b"store.v1 index encryption"),
            derived(self._store_key, b"store.v1 index chain"),
        )

    def name_key(self) -> bytes:
        """What names of files are made by."""
        return derived(self._store_key, b"store.v1 names")

    def close(self) -> None:
        """Forgets the key of the store."""
        wipe(self._store_key)


def derived(key: bytes | bytearray, info: bytes) -> bytes:
    """A key for one purpose (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(memoryview(key))


def wipe(key: bytearray) -> None:
    """Overwrites a key in memory."""
    key[:] = bytes(len(key))
