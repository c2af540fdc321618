"""Sessions: begun at log-in, renewed by refresh tokens that work once, ended for good."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from reference.auth.activity import Activity, alive
from reference.auth.cache import Cache, Remembered
from reference.auth.database import Database, refresh_tokens, sessions, users
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.common import clock, problems, web


@dataclass(frozen=True)
class Renewed:
    """A session with its next refresh token."""

    session_id: str
    user_id: str
    permissions: tuple[str, ...]
    refresh_token: str
    expires_at: datetime


class Sessions:
    """The sessions of all users. PostgreSQL is the truth; Redis remembers a while."""

    def __init__(self, database: Database, cache: Cache, settings: Settings, log: SecurityLog) -> None:
        self._database, self._cache, self._settings, self._log = database, cache, settings, log
        self.activity = Activity(database, settings, log)

    def begin(
        self, user_id: str, permissions: Sequence[str], device_id: str | None, hashed_password: str
    ) -> Renewed:
        """Begins a session and ends the oldest beyond the limit, all in one transaction.

        None begins where the password that was checked has been replaced since.
        """
        with self._database.transaction() as connection:
            begun, surplus = self.begin_within(connection, user_id, permissions, device_id, hashed_password)
        self.announce_end(surplus, user_id, "session-limit")
        return begun

    def begin_within(
        self,
        connection: Connection,
        user_id: str,
        permissions: Sequence[str],
        device_id: str | None,
        hashed_password: str,
    ) -> tuple[Renewed, list[str]]:
        """The same within a transaction, after which the end of the sessions that are given too is to be announced."""
        now, who = clock.now(), web.caller()
        session_id, token = str(uuid.uuid4()), new_token()
        expires_at = now + timedelta(seconds=self._settings.refresh_token_lifetime)
        still = select(users.c.hashed_password).where(users.c.id == user_id, users.c.is_active)
        if connection.scalar(still.with_for_update()) != hashed_password:
            self._log.failure("login.failed", "password-changed", user_id=user_id)
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})
        connection.execute(
            insert(sessions).values(
                id=session_id,
                user_id=user_id,
                created_at=now,
                last_activity=now,
                expires_at=expires_at,
                idle_end=self.activity.idle_end(now),
                ip_address=who.address,
                user_agent=who.user_agent,
                last_ip_address=who.address,
                last_user_agent=who.user_agent,
                device_id=device_id,
            )
        )
        self.activity.keep_place(connection, session_id, now)
        self._keep(connection, token, session_id, now)
        surplus = self.surplus(connection, user_id, now)
        self._mark_ended(connection, surplus, "session-limit")
        return Renewed(session_id, user_id, tuple(permissions), token, expires_at), surplus

    def surplus(self, connection: Connection, user_id: str, now: datetime) -> list[str]:
        """The sessions of a user beyond the limit, the newest kept."""
        living = select(sessions.c.id).where(alive(now), sessions.c.user_id == user_id)
        newest_first = living.order_by(sessions.c.created_at.desc(), sessions.c.id)
        return list(connection.scalars(newest_first.offset(self._settings.session_limit)))

    def renew(self, token: str) -> Renewed:
        """The next refresh token for one that was never used; one used before ends its session."""
        now = clock.now()
        with self._database.transaction() as connection:
            found = self._find_for_renewal(connection, token)
            refusal = self.refusal(found, now)
            if found is not None and refusal is None:
                successor = self._rotate(connection, found, now)
                began_at = self.activity.touch(connection, found["session_id"], now)
            elif found is not None and refusal == "reused":
                self._mark_ended(connection, [found["session_id"]], "refresh-reused")
        if found is None or refusal is not None:
            self._refuse(found, refusal or "unknown")
        assert found is not None
        renewed = Renewed(
            found["session_id"], found["user_id"], tuple(found["permissions"]), successor, found["expires_at"]
        )
        self.activity.tell(renewed.session_id, began_at)
        self.activity.remember(renewed.session_id, now)
        self._log.success("refresh.succeeded", user_id=renewed.user_id, session_id=renewed.session_id)
        return renewed

    def refusal(self, found: RowMapping | None, now: datetime) -> str | None:
        """Why a refresh token is not accepted, None where it is."""
        if found is None:
            return "unknown"
        if not found["is_active"]:
            return "session-ended"
        if found["expires_at"] <= now:
            return "session-expired"
        if found["idle_end"] <= now:
            return "session-idle"
        if found["used_at"] is not None:
            return "reused"
        return None if found["user_active"] else "user-inactive"

    def _find_for_renewal(self, connection: Connection, token: str) -> RowMapping | None:
        """The token with its session, locked, so that of two who present it one comes second."""
        query = (
            select(
                refresh_tokens.c.token_hash,
                refresh_tokens.c.used_at,
                refresh_tokens.c.session_id,
                sessions.c.user_id,
                sessions.c.is_active,
                sessions.c.expires_at,
                sessions.c.idle_end,
                users.c.permissions,
                users.c.is_active.label("user_active"),
            )
            .join(sessions, sessions.c.id == refresh_tokens.c.session_id)
            .join(users, users.c.id == sessions.c.user_id)
            .where(refresh_tokens.c.token_hash == token_hash(token))
            .with_for_update(of=[sessions, refresh_tokens])
        )
        return connection.execute(query).mappings().first()

    def _rotate(self, connection: Connection, found: RowMapping, now: datetime) -> str:
        """Uses a refresh token up and makes the next."""
        successor = new_token()
        used = refresh_tokens.c.token_hash == found["token_hash"]
        connection.execute(update(refresh_tokens).where(used).values(used_at=now))
        self._keep(connection, successor, found["session_id"], now)
        return successor

    def _refuse(self, found: RowMapping | None, reason: str) -> None:
        named = {"user_id": found["user_id"], "session_id": found["session_id"]} if found is not None else {}
        if reason == "reused":
            self.announce_end([named["session_id"]], named["user_id"], "refresh-reused")
        self._log.failure("refresh.reused" if reason == "reused" else "refresh.refused", reason, **named)
        raise problems.Problem("invalid-refresh-token", headers={"WWW-Authenticate": "Bearer"})

    def state(self, session_id: str) -> Remembered:
        """Whose session it is and what that user may do; without a user where it has ended or never was."""
        known = self._cache.recall(session_id)
        if known is not None and known.until > clock.seconds():
            return known
        return self.look_up(session_id)

    def look_up(self, session_id: str) -> Remembered:
        """The state of a session by PostgreSQL, kept for the next time."""
        now = clock.now()
        query = (
            select(sessions.c.user_id, users.c.permissions, sessions.c.expires_at, sessions.c.idle_end)
            .join(users, users.c.id == sessions.c.user_id)
            .where(sessions.c.id == session_id, alive(now), users.c.is_active, users.c.is_verified)
        )
        with self._database.transaction() as connection:
            row = connection.execute(query).first()
        if row is None:
            return Remembered(None)
        state = Remembered(row.user_id, tuple(row.permissions))
        if lifetime := self._remembered_for(row.expires_at, row.idle_end, now):
            self._cache.remember(session_id, row.user_id, state.permissions, lifetime)
        return state

    def list(self, user_id: str) -> Sequence[RowMapping]:
        """A user's living sessions, the newest first."""
        query = select(sessions).where(sessions.c.user_id == user_id, alive(clock.now()))
        with self._database.transaction() as connection:
            return connection.execute(query.order_by(sessions.c.created_at.desc())).mappings().all()

    def get(self, session_id: str) -> RowMapping | None:
        """One living session."""
        query = select(sessions).where(sessions.c.id == session_id, alive(clock.now()))
        with self._database.transaction() as connection:
            return connection.execute(query).mappings().first()

    def end(self, session_id: str, user_id: str, reason: str) -> bool:
        """Ends one session, if it is this user's and alive."""
        return bool(self._end(user_id, reason, sessions.c.id == session_id))

    def hold(self, connection: Connection, user_id: str, session_id: str | None) -> None:
        """Holds an account until the transaction ends, for one of its sessions.

        Raises invalid-token where that session has ended since its token was accepted.
        """
        connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
        living = select(sessions.c.id).where(sessions.c.id == session_id, alive(clock.now()))
        if connection.scalar(living) is None:
            self._log.failure("token.refused", "session-ended", user_id=user_id, session_id=session_id)
            raise invalid_token()

    def end_all(self, user_id: str, reason: str) -> None:
        """Ends every session of a user."""
        self._end(user_id, reason)

    def end_within(
        self, connection: Connection, user_id: str, reason: str, but: str | None = None
    ) -> Sequence[str]:
        """Ends every session of a user, or all but one, in a transaction that holds the user; to be announced after it."""
        return self._end_in(connection, user_id, reason, *([sessions.c.id != but] if but else []))

    def _end(self, user_id: str, reason: str, *which: Any) -> Sequence[str]:
        with self._database.transaction() as connection:
            connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
            ended = self._end_in(connection, user_id, reason, *which)
        self.announce_end(ended, user_id, reason)
        return ended

    def _end_in(self, connection: Connection, user_id: str, reason: str, *which: Any) -> Sequence[str]:
        living = select(sessions.c.id).where(sessions.c.user_id == user_id, alive(clock.now()), *which)
        ended = connection.scalars(living).all()
        self._mark_ended(connection, ended, reason)
        return ended

    def _mark_ended(self, connection: Connection, session_ids: Sequence[str], reason: str) -> None:
        """Ends sessions in the database."""
        if session_ids:
            end = {"is_active": False, "revoked_at": clock.now(), "end_reason": reason}
            connection.execute(update(sessions).where(sessions.c.id.in_(session_ids)).values(end))

    def announce_end(self, session_ids: Sequence[str], user_id: str, reason: str) -> None:
        """Tells Redis and the security log that sessions have ended, as the database already says."""
        if not session_ids:
            return
        longest = self._settings.access_token_lifetime + self._settings.leeway
        self._cache.remember_ended([*session_ids], longest + self._settings.session_cache_lifetime + 60)
        for session_id in session_ids:
            self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)

    def announce_permissions(self, user_id: str, permissions: Sequence[str]) -> None:
        """Tells Redis what a user's living sessions may do from now on, as the database already says."""
        now = clock.now()
        for one in self.list(user_id):
            if lifetime := self._remembered_for(one["expires_at"], one["idle_end"], now):
                self._cache.replace(one["id"], user_id, tuple(permissions), lifetime)

    def _remembered_for(self, expires_at: datetime, idle_end: datetime, now: datetime) -> int:
        """The seconds for which Redis may answer for a living session: none beyond its end."""
        left = int((min(expires_at, idle_end) - now).total_seconds())
        return max(0, min(self._settings.session_cache_lifetime, left))

    def _keep(self, connection: Connection, token: str, session_id: str, now: datetime) -> None:
        """Keeps a refresh token as its hash."""
        values = {"token_hash": token_hash(token), "session_id": session_id, "created_at": now}
        connection.execute(insert(refresh_tokens).values(values))


def invalid_token() -> problems.Problem:
    """The one answer to an access token that is not accepted."""
    return problems.Problem("invalid-token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a random token: enough to know it again, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()
