"""Service accounts: other services of the platform, known by a secret, and the short tokens that they act with."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import jwt
from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from reference.auth import strictjws
from reference.auth.database import Database, services
from reference.auth.keys import KeyRing
from reference.auth.principal import Principal, ServicePrincipal
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import new_token, token_hash
from reference.auth.settings import Settings
from reference.auth.strictjws import Refused
from reference.auth.throttle import Throttle, TooMany
from reference.auth.tokens import Verifier, moment
from reference.common import clock, problems, web

TYPE = "service+jwt"
PERMISSIONS = ("tokens:introspect", "users:read")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class MadeService:
    """A service account with its secret, which is known at this moment only."""

    row: RowMapping
    secret: str


class Services:
    """The service accounts. PostgreSQL is asked at each use, so that what is revoked is dead at once, everywhere."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        verifier: Verifier,
        throttle: Throttle,
        settings: Settings,
        issuer: str,
        log: SecurityLog,
    ) -> None:
        self._database, self._keys, self._verifier = database, keys, verifier
        self._throttle, self._settings = throttle, settings
        self._issuer, self._log = issuer, log

    def create(self, actor: Principal, service_id: str, name: str, permissions: Sequence[str]) -> MadeService:
        """A new account; a name that was ever used is not given again, so that no old token could be meant for it."""
        secret = new_token()
        values = {
            "id": service_id,
            "name": name,
            "secret_hash": token_hash(secret),
            "permissions": [one for one in PERMISSIONS if one in permissions],
            "created_at": clock.now(),
        }
        with self._database.transaction() as connection:
            added = insert_or(services).values(values).on_conflict_do_nothing().returning(services)
            row = connection.execute(added).mappings().first()
        if row is None:
            raise problems.Problem("conflict")
        self._tell("service.created", actor, service_id)
        return MadeService(row, secret)

    def list(self) -> Sequence[RowMapping]:
        """The accounts that were not revoked, by name."""
        query = select(services).where(services.c.revoked_at.is_(None)).order_by(services.c.id)
        with self._database.transaction() as connection:
            return connection.execute(query).mappings().all()

    def rotate(self, actor: Principal, service_id: str) -> MadeService:
        """Another secret; the one before is refused at once. Tokens that were issued live out their minutes."""
        secret = new_token()
        row = self._change(service_id, {"secret_hash": token_hash(secret)})
        self._tell("service.rotated", actor, service_id)
        return MadeService(row, secret)

    def revoke(self, actor: Principal, service_id: str) -> None:
        """Ends an account for good, with every token of it."""
        self._change(service_id, {"revoked_at": clock.now()})
        self._tell("service.revoked", actor, service_id)

    def _change(self, service_id: str, values: dict[str, object]) -> RowMapping:
        living = (services.c.id == service_id) & services.c.revoked_at.is_(None)
        query = update(services).where(living).values(values).returning(services)
        with self._database.transaction() as connection:
            row = connection.execute(query).mappings().first() if is_name(service_id) else None
        if row is None:
            raise problems.Problem("not-found")
        return row

    def issue(self, service_id: str, secret: str, requested: Sequence[str]) -> tuple[str, RowMapping]:
        """A token with exactly the permissions asked for; raises for a wrong secret, and for one beyond what was granted."""
        found = self._prove(service_id, secret)
        beyond = [permission for permission in requested if permission not in found["permissions"]]
        if beyond:
            self._log.failure("service-token.refused", "beyond-the-grant", service_id=service_id)
            header = f'Bearer error="insufficient_scope", scope="{" ".join(found["permissions"])}"'
            raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})
        now = int(clock.seconds())
        claims = {
            "iss": self._issuer,
            "aud": self._settings.audience,
            "sub": service_id,
            "client_id": service_id,
            "iat": now,
            "exp": now + self._settings.service_token_lifetime,
            "jti": secrets.token_urlsafe(16),
            "permissions": [one for one in PERMISSIONS if one in requested],
        }
        key = self._keys.signing_key()
        token = jwt.encode(claims, key.key, algorithm=key.algorithm, headers={"typ": TYPE, "kid": key.kid})
        self._log.success("service-token.issued", service_id=service_id)
        return token, found

    def _prove(self, service_id: str, secret: str) -> RowMapping:
        """The account of this secret. Failures are counted by account and address, so that nobody shuts a service out."""
        who = web.caller().address
        known = service_id if is_name(service_id) else "-"
        try:
            attempt = self._throttle.begin(f"service:{known}", who, known_address=True)
        except TooMany as refusal:
            if refusal.first:
                self._tell_flood(known)
            raise
        with self._database.transaction() as connection:
            found = self._find(connection, known)
        right = hmac.compare_digest(token_hash(secret), found["secret_hash"] if found is not None else "")
        if found is None or not right or found["revoked_at"] is not None:
            named = {"service_id": found["id"]} if found is not None else {}
            self._log.failure("service-token.refused", "invalid-credentials", **named)
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})
        self._throttle.succeeded(attempt)
        return found

    def _tell_flood(self, service_id: str) -> None:
        """Tells the security log of too many wrong secrets, and of which service where there is one."""
        with self._database.transaction() as connection:
            found = self._find(connection, service_id)
        named = {"service_id": found["id"]} if found is not None else {}
        self._log.failure("service-token.refused", "too-many-failures", **named)

    def check(self, token: str) -> ServicePrincipal:
        """Which service presents a token, and what it may do by it and by its account; raises Refused otherwise."""
        jws = self._verifier.check_signature(token)
        if jws.header.get("typ", "").lower() not in (TYPE, f"application/{TYPE}"):
            raise Refused("wrong-type")
        claims = strictjws.read_object(jws.payload)
        self._verifier.check_origin(claims)
        self._verifier.check_times(claims)
        permissions, service_id = claims.get("permissions"), claims.get("sub")
        if not isinstance(service_id, str) or not is_name(service_id) or not isinstance(permissions, list):
            raise Refused("bad-service-claims")
        with self._database.transaction() as connection:
            found = self._find(connection, service_id)
        if found is None or found["revoked_at"] is not None:
            raise Refused("service-revoked")
        held = tuple(one for one in found["permissions"] if one in permissions)
        return ServicePrincipal(service_id, found["name"], held, moment(claims, "exp"))

    @staticmethod
    def _find(connection: Connection, service_id: str) -> RowMapping | None:
        return connection.execute(select(services).where(services.c.id == service_id)).mappings().first()

    def _tell(self, event: str, actor: Principal, service_id: str) -> None:
        self._log.success(event, service_id=service_id, actor_id=actor.user_id, session_id=actor.session_id)


def is_name(text: str) -> bool:
    """Whether a text has the form of the name of a service: one label of a host's name."""
    return _NAME.fullmatch(text) is not None
