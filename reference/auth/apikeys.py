"""API keys: random, shown once, kept as a hash; each has scopes, and never more than its owner's role permits."""

import hashlib
import hmac
import re
import secrets
import string
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from reference.auth import strictjws
from reference.auth.database import Database, api_keys, users
from reference.auth.principal import Principal
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Sessions
from reference.auth.settings import Settings
from reference.auth.strictjws import Refused
from reference.common import clock, problems

MARK = "assay"
_LETTERS = string.digits + string.ascii_letters
_NAME_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 12, 40, 6  # 40 of 62 letters: 238 bits
_FORM = re.compile(rf"({MARK}_[0-9A-Za-z]{{{_NAME_LENGTH}}})_[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECK_LENGTH}}}")
_NO_PREFIX = f"{MARK}_"
_USE_IS_NOTED_EVERY = timedelta(minutes=1)

#: scope -> the permission that its owner must have, for the key to get it and for the key to use it
NEEDED = {"read": "profile:read", "write": "profile:write", "admin": "users:manage"}


@dataclass(frozen=True)
class MadeKey:
    """A key with its secret, which is known at this moment only."""

    row: RowMapping
    secret: str


class ApiKeys:
    """The API keys of all users. PostgreSQL is asked at each use, so that what is revoked is dead at once, everywhere."""

    def __init__(self, database: Database, sessions: Sessions, settings: Settings, log: SecurityLog) -> None:
        self._database, self._sessions, self._settings, self._log = database, sessions, settings, log

    def create(self, owner: Principal, name: str, scopes: Sequence[str], lifetime: int | None) -> MadeKey:
        """A new key; raises insufficient-scope for a scope beyond what its owner may do.

        None is made where the session that asks for it has ended meanwhile: what ended it may have revoked all keys.
        """
        self._check_scopes(owner, scopes)
        now, prefix = clock.now(), f"{MARK}_{_random(_NAME_LENGTH)}"
        secret = make_secret(prefix)
        values = {
            "id": str(uuid.uuid4()),
            "user_id": owner.user_id,
            "name": name,
            "prefix": prefix,
            "secret_hash": digest(secret),
            "scopes": [scope for scope in NEEDED if scope in scopes],
            "created_at": now,
            "expires_at": now + timedelta(seconds=lifetime) if lifetime is not None else None,
        }
        with self._database.transaction() as connection:
            self._sessions.hold(connection, owner.user_id, owner.session_id)
            self._check_room(connection, owner.user_id)
            row = connection.execute(insert(api_keys).values(values).returning(api_keys)).mappings().one()
        self._tell("api-key.created", owner, row)
        return MadeKey(row, secret)

    def _check_scopes(self, owner: Principal, scopes: Sequence[str]) -> None:
        for scope in scopes:
            if NEEDED[scope] not in owner.granted:
                self._log.failure(
                    "permission.refused", scope, user_id=owner.user_id, session_id=owner.session_id
                )
                header = f'Bearer error="insufficient_scope", scope="{NEEDED[scope]}"'
                raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})

    def _check_room(self, connection: Connection, user_id: str) -> None:
        """Refuses more keys than a user may have; the account is held, so that of two that come at once one is second."""
        held = select(func.count()).where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        if (connection.scalar(held) or 0) >= self._settings.api_key_limit:
            raise problems.Problem("conflict")

    def list(self, user_id: str) -> Sequence[RowMapping]:
        """A user's keys that were not revoked, the newest first."""
        query = select(api_keys).where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        with self._database.transaction() as connection:
            newest_first = query.order_by(api_keys.c.created_at.desc(), api_keys.c.id)
            return connection.execute(newest_first).mappings().all()

    def rotate(self, owner: Principal, key_id: str, overlap: int | None) -> MadeKey:
        """Another secret for a key; the one before works for some seconds more, the one before that no longer."""
        longest = self._settings.api_key_overlap
        if overlap is not None and overlap > longest:
            detail = f"must be at most {longest}"
            raise problems.Problem("invalid-request", errors=[{"field": "overlap", "detail": detail}])
        now, seconds = clock.now(), longest if overlap is None else overlap
        with self._database.transaction() as connection:
            found = self._own(connection, owner.user_id, key_id)
            secret = make_secret(found["prefix"])
            values = {
                "secret_hash": digest(secret),
                "previous_hash": found["secret_hash"] if seconds else None,
                "previous_until": now + timedelta(seconds=seconds) if seconds else None,
            }
            row = self._change(connection, key_id, values)
        self._tell("api-key.rotated", owner, row)
        return MadeKey(row, secret)

    def change(self, owner: Principal, key_id: str, values: dict[str, Any]) -> RowMapping:
        """Gives a key another name, or switches it off or on."""
        with self._database.transaction() as connection:
            self._own(connection, owner.user_id, key_id)
            row = self._change(connection, key_id, values)
        self._tell("api-key.changed", owner, row)
        return row

    def revoke(self, owner: Principal, key_id: str) -> None:
        """Ends a key for good."""
        with self._database.transaction() as connection:
            self._own(connection, owner.user_id, key_id)
            row = self._change(connection, key_id, {"revoked_at": clock.now()})
        self._tell("api-key.revoked", owner, row)

    @staticmethod
    def _own(connection: Connection, user_id: str, key_id: str) -> RowMapping:
        """A user's own key, locked; somebody else's is not found, like one that is not there."""
        if not strictjws.is_identifier(key_id):
            raise problems.Problem("not-found")
        whose = (api_keys.c.id == key_id) & (api_keys.c.user_id == user_id) & api_keys.c.revoked_at.is_(None)
        found = connection.execute(select(api_keys).where(whose).with_for_update()).mappings().first()
        if found is None:
            raise problems.Problem("not-found")
        return found

    @staticmethod
    def _change(connection: Connection, key_id: str, values: dict[str, Any]) -> RowMapping:
        query = update(api_keys).where(api_keys.c.id == key_id).values(values).returning(api_keys)
        return connection.execute(query).mappings().one()

    def check(self, secret: str) -> Principal:
        """Whose key it is and which of its scopes the owner's role permits now; raises Refused otherwise.

        One that is refused for itself costs a look for a key all the same, so that the time tells nothing.
        """
        prefix = prefix_of(secret)
        now = clock.now()
        query = (
            select(api_keys, users.c.permissions, users.c.is_active, users.c.is_verified)
            .join(users, users.c.id == api_keys.c.user_id)
            .where(api_keys.c.prefix == (prefix or _NO_PREFIX))
        )
        with self._database.transaction() as connection:
            found = connection.execute(query).mappings().first()
            known = found is not None and self.matches(found, secret, now)
            if found is None or not known:
                raise Refused("malformed-key" if prefix is None else "unknown-key")
            refusal = self.refusal(found, now)
            if refusal is not None:
                raise Refused(refusal, found["user_id"], key_id=found["id"])
            self._note_use(connection, found, now)
        return Principal(found["user_id"], self.granted(found), key_id=found["id"])

    @staticmethod
    def matches(found: RowMapping, secret: str, now: datetime) -> bool:
        """Whether it is the key's secret, or the one before while that still works."""
        given = digest(secret)
        current = hmac.compare_digest(given, found["secret_hash"])
        before = hmac.compare_digest(given, found["previous_hash"] or "")
        overlapping = found["previous_until"] is not None and found["previous_until"] > now
        return current or (before and overlapping)

    @staticmethod
    def refusal(found: RowMapping, now: datetime) -> str | None:
        """Why a key that is known is not accepted, None where it is."""
        if found["revoked_at"] is not None:
            return "key-revoked"
        if found["disabled"]:
            return "key-disabled"
        if found["expires_at"] is not None and found["expires_at"] <= now:
            return "key-expired"
        return None if found["is_active"] and found["is_verified"] else "user-inactive"

    @staticmethod
    def granted(found: RowMapping) -> tuple[str, ...]:
        """The scopes of a key that its owner's role permits; admin, where it is among them, holds the others."""
        permitted = tuple(scope for scope in found["scopes"] if NEEDED[scope] in found["permissions"])
        return tuple(NEEDED) if "admin" in permitted else permitted

    @staticmethod
    def _note_use(connection: Connection, found: RowMapping, now: datetime) -> None:
        """Keeps when a key was used, once a minute at most."""
        last = found["last_used_at"]
        if last is None or last <= now - _USE_IS_NOTED_EVERY:
            connection.execute(update(api_keys).where(api_keys.c.id == found["id"]).values(last_used_at=now))

    def _tell(self, event: str, owner: Principal, row: RowMapping) -> None:
        self._log.success(event, user_id=owner.user_id, session_id=owner.session_id, key_id=row["id"])


def revoke_all(connection: Connection, user_id: str) -> Sequence[str]:
    """Ends every key of a user for good, also those that are switched off or have expired; their ids."""
    living = update(api_keys).where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
    return connection.scalars(living.values(revoked_at=clock.now()).returning(api_keys.c.id)).all()


def make_secret(prefix: str) -> str:
    """A key: what names it, what is secret, and a checksum by which it is known where it was left lying about."""
    body = f"{prefix}_{_random(_SECRET_LENGTH)}"
    return body + checksum(body)


def prefix_of(secret: str) -> str | None:
    """The name of a key of good form and checksum, None for any other text."""
    found = _FORM.fullmatch(secret)
    if found is None or secret[-_CHECK_LENGTH:] != checksum(secret[:-_CHECK_LENGTH]):
        return None
    return found[1]


def checksum(body: str) -> str:
    """A CRC-32 in the letters of keys."""
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LENGTH):
        number, digit = divmod(number, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return letters


def digest(secret: str) -> str:
    """What is kept of a key: enough to know it again, not to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
