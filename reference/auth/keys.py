"""The keys that sign access tokens: made, rotated, overlapping, kept sealed in PostgreSQL."""

import base64
import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, insert, select, text, update

from reference.auth import publickeys
from reference.auth.database import Database, signing_keys
from reference.auth.publickeys import PublicKey
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.common import clock, problems

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

#: Another instance may rotate: the ring is read again this often, and for an unknown kid no more often than that.
RELOAD_SECONDS = 5.0
COOL_DOWN_SECONDS = 1.0


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now."""

    kid: str
    algorithm: str
    key: PrivateKey


@dataclass(frozen=True)
class RingKey:
    """A key that was published, and until when it verifies."""

    public: PublicKey
    retired_at: datetime | None


class KeyRing:
    """The service's own keys, and those it was told to trust."""

    def __init__(self, database: Database, settings: Settings, secret: bytes, log: SecurityLog) -> None:
        self._database, self._settings, self._log = database, settings, log
        self._cipher = AESGCM(secret)
        self._lock = threading.Lock()
        self._ring: dict[str, RingKey] = {}
        self._signing: SigningKey | None = None
        self._trusted: dict[str, PublicKey] = {}
        self._read_at = float("-inf")
        self.trust(publickeys.read_set(settings.trusted_keys))

    def prepare(self) -> None:
        """Makes the first key, where the database has none for the algorithm that is set."""
        with self._database.transaction() as connection:
            self._exclude_others(connection)
            current = connection.execute(
                select(signing_keys.c.kid).where(
                    signing_keys.c.retired_at.is_(None),
                    signing_keys.c.algorithm == self._settings.signing_algorithm,
                )
            ).first()
            created = self._replace(connection) if current is None else None
        if created is not None:
            self._log.success("key.created", kid=created)
        self.reload()

    def rotate(self) -> str:
        """Signs with a new key from now on; the name of the new key."""
        with self._database.transaction() as connection:
            self._exclude_others(connection)
            kid = self._replace(connection)
        self.reload()
        return kid

    def signing_key(self) -> SigningKey:
        """The key to sign with."""
        self._reload_when_older_than(RELOAD_SECONDS)
        if self._signing is None:
            raise problems.unavailable()
        return self._signing

    def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key of that name; without a name, the one key for the algorithm, and none where there are several."""
        self._reload_when_older_than(RELOAD_SECONDS)
        if kid is None:
            fitting = [key for key in self.verifying_keys() if key.algorithm == algorithm]
            return fitting[0] if len(fitting) == 1 else None
        found = self._by_name(kid)
        if found is None and self._reload_when_older_than(COOL_DOWN_SECONDS):
            found = self._by_name(kid)
        return found

    def verifying_keys(self) -> list[PublicKey]:
        """Every key that a token may be signed with now."""
        return [*self.published_keys(), *self._trusted.values()]

    def published_keys(self) -> list[PublicKey]:
        """The service's own keys: the one that signs, and those retired less than the overlap ago."""
        return [entry.public for entry in list(self._ring.values()) if self.still_verifies(entry)]

    def still_verifies(self, entry: RingKey) -> bool:
        """Whether a key signs, or was retired less than the overlap ago."""
        overlap = timedelta(seconds=self._settings.key_overlap)
        return entry.retired_at is None or clock.now() < entry.retired_at + overlap

    def trust(self, keys: list[PublicKey]) -> None:
        """Takes these keys for the service's own when verifying, in place of those told before."""
        own = set(self._ring)
        if any(key.kid in own for key in keys):
            raise publickeys.BadKey("keys: a kid is one of the service's own")
        self._trusted = {key.kid: key for key in keys}

    def reload(self) -> None:
        """Reads the ring from the database."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(signing_keys)).mappings().all()
        ring = {}
        signing = None
        for row in rows:
            ring[row["kid"]] = RingKey(publickeys.read(row["public_jwk"]), row["retired_at"])
            if row["retired_at"] is None:
                signing = SigningKey(
                    row["kid"], row["algorithm"], self._open(row["kid"], row["sealed_private_key"])
                )
        self._ring, self._signing, self._read_at = ring, signing, time.monotonic()

    def _by_name(self, kid: str) -> PublicKey | None:
        entry = self._ring.get(kid)
        if entry is not None:
            return entry.public if self.still_verifies(entry) else None
        return self._trusted.get(kid)

    def _reload_when_older_than(self, seconds: float) -> bool:
        """Reads the ring again if it is old; without the database, what is known goes on to serve."""
        with self._lock:
            if time.monotonic() - self._read_at < seconds:
                return False
            self._read_at = time.monotonic()
        try:
            self.reload()
        except problems.Problem:
            return False
        return True

    def _replace(self, connection: Connection) -> str:
        """Retires the key that signs, forgets its private part, and adds a new one."""
        now = clock.now()
        connection.execute(
            update(signing_keys)
            .where(signing_keys.c.retired_at.is_(None))
            .values(retired_at=now, sealed_private_key=None)
        )
        key = generate(self._settings.signing_algorithm)
        public = describe(key, self._settings.signing_algorithm)
        connection.execute(
            insert(signing_keys).values(
                kid=public["kid"],
                algorithm=self._settings.signing_algorithm,
                public_jwk=public,
                sealed_private_key=self._seal(public["kid"], key),
                created_at=now,
            )
        )
        return public["kid"]

    @staticmethod
    def _exclude_others(connection: Connection) -> None:
        connection.execute(text("LOCK TABLE auth_signing_keys IN SHARE ROW EXCLUSIVE MODE"))

    def _seal(self, kid: str, key: PrivateKey) -> bytes:
        plain = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plain, kid.encode())

    def _open(self, kid: str, sealed: bytes) -> PrivateKey:
        plain = self._cipher.decrypt(sealed[:12], sealed[12:], kid.encode())
        key = serialization.load_der_private_key(plain, None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)
        return key


def generate(algorithm: str) -> PrivateKey:
    """A new private key for an algorithm."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def describe(key: PrivateKey, algorithm: str) -> dict[str, str]:
    """The public JWK of a private key, under a name that tells nothing."""
    kid = base64.urlsafe_b64encode(os.urandom(12)).decode()
    return publickeys.write(PublicKey(kid, algorithm, key.public_key()))
