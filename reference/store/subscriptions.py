"""Subscriptions: an enrolled worker, known by its certificate, is given the keys of the schemas that it was granted."""

from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from reference.common import problems
from reference.common.securitylog import SecurityLog
from reference.store import names, publickeys, wrapping
from reference.store.access import Access
from reference.store.contents import Contents
from reference.store.grants import Grants
from reference.store.index import Index
from reference.store.keyring import KeyRing
from reference.store.vault import wipe
from reference.store.wire import Subscribed, WrappedKey


class Subscriptions:
    """Gives data keys away, wrapped."""

    def __init__(
        self,
        access: Access,
        grants: Grants,
        keys: KeyRing,
        contents: Callable[[], Contents],
        index: Index,
        log: SecurityLog,
    ) -> None:
        self._access, self._grants, self._keys = access, grants, keys
        self._contents, self._index, self._log = contents, index, log

    def subscribe(
        self, identity: str, worker_id: str, pem: bytes, schemas: list[str], tags: dict[str, str]
    ) -> Subscribed:
        """The keys and a token for a worker; raises a problem, of which the log tells."""
        try:
            public = self.admit(identity, worker_id, pem)
            self._index.check_keys()
            self._grants.end_expired()
            chosen = self.choose(worker_id, schemas)
        except problems.Problem as problem:
            known = worker_id if self._grants.is_enrolled(worker_id) else None
            self._log.failure("worker.subscription-refused", problem.name, worker_id=known)
            raise
        keys = [key for schema in chosen for key in self.wrapped(public, worker_id, schema)]
        self._grants.saw(worker_id, tags)
        token, seconds = self._access.issue_to_worker(worker_id)
        self._log.success("worker.subscribed", worker_id=worker_id)
        return Subscribed(token=token, expires_in=seconds, keys=keys)

    def admit(self, identity: str, worker_id: str, pem: bytes) -> RSAPublicKey | X25519PublicKey:
        """The public key of a worker that may subscribe."""
        if not worker_id:
            raise names.invalid("worker_id", "is empty")
        public = publickeys.read(pem)
        self.check_identity(identity, worker_id)
        if not self._grants.is_enrolled(worker_id):
            raise problems.Problem("insufficient-permission")
        return public

    def check_identity(self, identity: str, worker_id: str) -> None:
        """Refuses a worker that asks under another name than its certificate has."""
        if identity != worker_id:
            raise problems.Problem("insufficient-permission")

    def choose(self, worker_id: str, schemas: Iterable[str]) -> list[str]:
        """The schemas whose keys are given: those that were asked for, else all that are granted."""
        asked = list(dict.fromkeys(schemas))
        for schema in asked:
            if not names.is_name(schema):
                raise names.invalid("schemas", "is no name")
            if not self._grants.granted(worker_id, schema):
                raise problems.Problem("insufficient-permission")
        known = sorted({*self._contents().schemas, *self._keys.schemas()})
        return asked or [schema for schema in known if self._grants.granted(worker_id, schema)]

    def wrapped(
        self, public: RSAPublicKey | X25519PublicKey, worker_id: str, schema: str
    ) -> list[WrappedKey]:
        """The live keys of a schema, each wrapped for this worker."""
        found = []
        for key in self._keys.live(schema):
            raw = self._keys.unwrap(key.key_id, schema)
            algorithm, wrapped = wrapping.wrap(public, raw, worker_id, schema, key.key_id)
            wipe(raw)
            current = self._keys.is_current(key.key_id)
            found.append(
                WrappedKey(
                    schema=schema, key_id=key.key_id, algorithm=algorithm, wrapped=wrapped, current=current
                )
            )
        return found
