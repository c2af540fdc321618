"""API keys of programs: their secrets are told once and kept as hashes."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from reference.common import clock, problems
from reference.common.securitylog import SecurityLog
from reference.store.statefile import StateFile

PREFIX = "sk_"
PERMISSIONS = ("read", "write", "admin")


class ApiKey(msgspec.Struct):
    """A key, and the hash of its secret; no schemas named: all of them."""

    id: str
    name: str
    permissions: list[str]
    schemas: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    hash: str


class ApiKeys:
    """The keys that there are; kept outside of the shared directory."""

    def __init__(self, state: Path, log: SecurityLog) -> None:
        self._log = log
        self._file = StateFile(state / "api-keys.json")
        self._keys = {key.id: key for key in self._file.load(list[ApiKey]) or []}
        self.on_revoked: Callable[[str], None] = lambda _: None

    def create(
        self, name: str, permissions: Sequence[str], schemas: Sequence[str] | None, seconds: int | None
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is known at this moment only."""
        secret, now = self.new_secret(), clock.now()
        made = ApiKey(
            id=str(uuid.uuid4()),
            name=name,
            permissions=[one for one in PERMISSIONS if one in permissions],
            schemas=None if schemas is None else list(dict.fromkeys(schemas)),
            created_at=now,
            expires_at=None if seconds is None else now + timedelta(seconds=seconds),
            hash=self.hashed(secret),
        )
        self._keep({**self._keys, made.id: made})
        self._log.success("api-key.created", key_id=made.id)
        return made, secret

    def new_secret(self) -> str:
        """A secret of 256 bits of chance."""
        return PREFIX + secrets.token_urlsafe(32)

    def hashed(self, secret: str) -> str:
        """What is kept of a secret."""
        return hashed(secret)

    def every(self) -> list[ApiKey]:
        """The keys that work, the oldest first."""
        return [key for key in self._keys.values() if self.works(key)]

    def revoke(self, key_id: str) -> None:
        """Ends a key, and every token that was given for it."""
        if key_id not in self._keys:
            raise problems.Problem("not-found")
        self._keep({name: key for name, key in self._keys.items() if name != key_id})
        self.on_revoked(key_id)
        self._log.success("api-key.revoked", key_id=key_id)

    def find(self, secret: str) -> ApiKey | None:
        """The key of this secret, where it works."""
        wanted = self.hashed(secret)
        found = next((key for key in self._keys.values() if secrets.compare_digest(key.hash, wanted)), None)
        return found if found is not None and self.works(found) else None

    def get(self, key_id: str) -> ApiKey | None:
        """The key of this id, where it works."""
        key = self._keys.get(key_id)
        return key if key is not None and self.works(key) else None

    def works(self, key: ApiKey) -> bool:
        """Whether a key has not expired."""
        return key.expires_at is None or clock.now() < key.expires_at

    def _keep(self, keys: dict[str, ApiKey]) -> None:
        """Keys count, or are gone, once that is on the disk."""
        before, self._keys = self._keys, keys
        try:
            self._save()
        except OSError:
            self._keys = before
            raise

    def _save(self) -> None:
        self._file.save(list(self._keys.values()))


def hashed(secret: str) -> str:
    """What is kept of a secret that is chance throughout."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
