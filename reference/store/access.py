"""Who may do what: tokens of clients and of workers, and what each operation needs."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from reference.common import clock, problems
from reference.common.securitylog import SecurityLog
from reference.store.apikeys import PERMISSIONS, ApiKeys, hashed
from reference.store.grants import Grants
from reference.store.settings import Settings

READ, WRITE, ADMIN = PERMISSIONS
ADMINISTRATOR = "admin"

#: What an operation needs; what is not named needs admin.
NEEDED = {
    "getMe": None,
    "getEntity": READ,
    "listEntities": READ,
    "getSchema": READ,
    "listSchemas": READ,
    "getMetrics": READ,
    "putEntities": WRITE,
    "deleteEntity": WRITE,
    "putSchema": WRITE,
    "deleteSchema": WRITE,
}


@dataclass(frozen=True)
class Principal:
    """Who a token is of, and what it may; no schemas named: all of them."""

    client_id: str
    permissions: tuple[str, ...]
    schemas: frozenset[str] | None
    expires_at: datetime
    key_id: str | None = None
    worker_id: str | None = None


class Access:
    """Gives tokens and believes them. They are kept as hashes, in memory."""

    def __init__(
        self, admin_key_hash: str, api_keys: ApiKeys, grants: Grants, settings: Settings, log: SecurityLog
    ) -> None:
        self._admin_key_hash, self._api_keys, self._grants = admin_key_hash, api_keys, grants
        self._settings, self._log = settings, log
        self._tokens: dict[str, Principal] = {}
        api_keys.on_revoked = self.end_tokens_of_key

    def log_in(self, key: str) -> tuple[str, Principal]:
        """A token for an API key, or for the administrator's key."""
        self.forget_expired()
        principal = self.holder(key)
        if principal is None:
            self._log.failure("login.failed", "invalid-credentials")
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})
        token = self.issue(principal)
        self._log.success("login.succeeded", client_id=principal.client_id, key_id=principal.key_id)
        return token, principal

    def holder(self, key: str) -> Principal | None:
        """Whose key it is."""
        ends = clock.now() + timedelta(seconds=self._settings.client_token_lifetime)
        if self.is_admin_key(key):
            return Principal(ADMINISTRATOR, PERMISSIONS, None, ends)
        found = self._api_keys.find(key)
        if found is None:
            return None
        schemas = None if found.schemas is None else frozenset(found.schemas)
        return Principal(found.id, tuple(found.permissions), schemas, ends, key_id=found.id)

    def is_admin_key(self, key: str) -> bool:
        """Whether it is the administrator's, found out in constant time."""
        return hmac.compare_digest(hashed(key), self._admin_key_hash)

    def issue(self, principal: Principal) -> str:
        """A token of 256 bits of chance."""
        token = secrets.token_urlsafe(32)
        self._tokens[hashed(token)] = principal
        return token

    def issue_to_worker(self, worker_id: str) -> tuple[str, int]:
        """A token for a worker, for the schemas that it is granted, and the seconds that it works."""
        seconds = self._settings.worker_token_lifetime
        ends = clock.now() + timedelta(seconds=seconds)
        return self.issue(Principal(worker_id, (READ, WRITE), None, ends, worker_id=worker_id)), seconds

    def authorise(self, token: str, operation: str, schema: str | None = None) -> Principal:
        """Who asks, where that one may do this; raises a problem otherwise."""
        principal = self.believe(token)
        needed = NEEDED.get(operation, ADMIN)
        if needed is not None and not self.has_permission(principal, needed):
            raise self.forbidden(principal, needed)
        if schema and not self.is_for_schema(principal, schema):
            raise self.forbidden(principal, "schema")
        return principal

    def check_whole(self, principal: Principal) -> None:
        """Refuses a token that is for some schemas only."""
        if principal.schemas is not None:
            raise self.forbidden(principal, "schema")

    def believe(self, token: str) -> Principal:
        """Whose token it is, where it still counts."""
        if not token:
            raise problems.Problem("invalid-token", headers={"WWW-Authenticate": "Bearer"})
        principal = self._tokens.get(hashed(token))
        if principal is None:
            raise self.invalid("unknown")
        if not self.is_in_time(principal):
            raise self.invalid("expired")
        if not self.still_stands(principal):
            raise self.invalid("ended")
        return principal

    def is_in_time(self, principal: Principal) -> bool:
        """Whether a token has not reached its end, which nothing moves."""
        return clock.now() < principal.expires_at

    def still_stands(self, principal: Principal) -> bool:
        """Whether what a token was given for is still there."""
        if principal.worker_id is not None:
            return self._grants.is_enrolled(principal.worker_id)
        return principal.key_id is None or self._api_keys.get(principal.key_id) is not None

    def has_permission(self, principal: Principal, needed: str) -> bool:
        """Whether a token has a permission; admin holds both others."""
        return needed in principal.permissions or ADMIN in principal.permissions

    def is_for_schema(self, principal: Principal, schema: str) -> bool:
        """Whether a token is for a schema."""
        if principal.worker_id is not None:
            return self._grants.granted(principal.worker_id, schema)
        return principal.schemas is None or schema in principal.schemas

    def invalid(self, reason: str) -> problems.Problem:
        """A token that does not count; the caller is not told why, the log is."""
        self._log.failure("token.refused", reason)
        return problems.Problem("invalid-token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def forbidden(self, principal: Principal, lacking: str) -> problems.Problem:
        """A good token that does not do this."""
        self._log.failure(
            "permission.refused", lacking, client_id=principal.client_id, key_id=principal.key_id
        )
        header = 'Bearer error="insufficient_scope"'
        return problems.Problem("insufficient-permission", headers={"WWW-Authenticate": header})

    def end_tokens_of_key(self, key_id: str) -> None:
        """Ends every token that was given for a key."""
        self._tokens = {hash_: one for hash_, one in self._tokens.items() if one.key_id != key_id}

    def end_tokens_of_worker(self, worker_id: str) -> None:
        """Ends every token of a worker."""
        self._tokens = {hash_: one for hash_, one in self._tokens.items() if one.worker_id != worker_id}

    def has_token(self, worker_id: str) -> bool:
        """Whether a worker has a token that counts."""
        return any(one.worker_id == worker_id and self.is_in_time(one) for one in self._tokens.values())

    def forget_expired(self) -> None:
        """Forgets tokens that have ended by themselves."""
        self._tokens = {hash_: one for hash_, one in self._tokens.items() if self.is_in_time(one)}
