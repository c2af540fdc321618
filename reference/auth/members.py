"""Accounts in the hands of those who look after them: found, given a role, shut out and let in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, any_, select, tuple_, update

from reference.auth import roles, strictjws
from reference.auth.database import Database, users
from reference.auth.pages import Cursors
from reference.auth.principal import Principal
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Sessions
from reference.common import problems


@dataclass(frozen=True)
class Wanted:
    """Which accounts a list is to have; None: whatever."""

    role: str | None = None
    is_active: bool | None = None
    email: str | None = None

    def conditions(self) -> list[Any]:
        """The same, for a query."""
        found = []
        if self.role is not None:
            found.append(users.c.permissions == [*roles.PERMISSIONS[self.role]])
        if self.is_active is not None:
            found.append(users.c.is_active == self.is_active)
        if self.email is not None:
            found.append(users.c.email.startswith(self.email.lower(), autoescape=True))
        return found


class Members:
    """What administrators do with accounts. Somebody who can manage users always remains."""

    def __init__(self, database: Database, sessions: Sessions, cursors: Cursors, log: SecurityLog) -> None:
        self._database, self._sessions = database, sessions
        self._cursors, self._log = cursors, log

    def list(self, wanted: Wanted, limit: int, cursor: str | None) -> tuple[Sequence[RowMapping], str | None]:
        """A page of accounts, the oldest first, and the cursor of the next page where there is one."""
        question = vars(wanted)
        query = select(users).where(*wanted.conditions()).order_by(users.c.created_at, users.c.id)
        if cursor is not None:
            moment, last = self._cursors.read(question, cursor)
            query = query.where(
                tuple_(users.c.created_at, users.c.id) > (datetime.fromisoformat(moment), last)
            )
        with self._database.transaction() as connection:
            found = connection.execute(query.limit(limit + 1)).mappings().all()
        page = found[:limit]
        more = len(found) > limit
        place = (page[-1]["created_at"].isoformat(), page[-1]["id"]) if more else None
        return page, self._cursors.write(question, place) if place else None

    def get(self, user_id: str) -> RowMapping:
        """One account."""
        with self._database.transaction() as connection:
            return self._find(connection, user_id)

    def set_role(self, actor: Principal, user_id: str, role: str) -> RowMapping:
        """Gives an account the permissions of a role; living tokens lose at once what it does not have."""
        permissions = roles.PERMISSIONS[role]
        with self._database.transaction() as connection:
            managing = self.managing(connection)
            self._find(connection, user_id, lock=True)
            if roles.MANAGE_USERS not in permissions and managing == {user_id}:
                raise self._refusal(actor, user_id, "last-administrator")
            changed = self._change(connection, user_id, permissions=[*permissions])
        self._sessions.announce_permissions(user_id, permissions)
        self._log.success("user.role-changed", role, user_id=user_id, **told(actor))
        return changed

    def disable(self, actor: Principal, user_id: str) -> RowMapping:
        """Shuts an account out: nobody logs in to it, and all that was opened with it has ended."""
        with self._database.transaction() as connection:
            managing = self.managing(connection)
            self._find(connection, user_id, lock=True)
            if user_id == actor.user_id or managing == {user_id}:
                raise self._refusal(
                    actor, user_id, "oneself" if user_id == actor.user_id else "last-administrator"
                )
            changed = self._change(connection, user_id, is_active=False)
            ended = self._sessions.end_within(connection, user_id, "disabled")
        self._sessions.announce_end(ended, user_id, "disabled")
        self._log.success("user.disabled", user_id=user_id, **told(actor))
        return changed

    def enable(self, actor: Principal, user_id: str) -> RowMapping:
        """Lets an account in again; what ended stays ended."""
        with self._database.transaction() as connection:
            self._find(connection, user_id, lock=True)
            changed = self._change(connection, user_id, is_active=True)
        self._log.success("user.enabled", user_id=user_id, **told(actor))
        return changed

    def end_sessions(self, actor: Principal, user_id: str) -> None:
        """Ends every session of an account."""
        self.get(user_id)
        self._sessions.end_all(user_id, "ended-by-admin")
        self._log.success("user.sessions-ended", user_id=user_id, **told(actor))

    @staticmethod
    def managing(connection: Connection) -> set[str]:
        """The accounts that can manage users, held before any other, so that of two who disable each other one is second."""
        can_manage = (any_(users.c.permissions) == roles.MANAGE_USERS) & users.c.is_active
        query = select(users.c.id).where(can_manage).order_by(users.c.id).with_for_update()
        return set(connection.scalars(query))

    def _refusal(self, actor: Principal, user_id: str, reason: str) -> problems.Problem:
        self._log.failure("user.change-refused", reason, user_id=user_id, **told(actor))
        return problems.Problem("conflict")

    @staticmethod
    def _find(connection: Connection, user_id: str, lock: bool = False) -> RowMapping:
        if not strictjws.is_identifier(user_id):
            raise problems.Problem("not-found")
        query = select(users).where(users.c.id == user_id)
        found = connection.execute(query.with_for_update() if lock else query).mappings().first()
        if found is None:
            raise problems.Problem("not-found")
        return found

    @staticmethod
    def _change(connection: Connection, user_id: str, **values: Any) -> RowMapping:
        changed = update(users).where(users.c.id == user_id).values(values).returning(users)
        return connection.execute(changed).mappings().one()


def told(actor: Principal) -> dict[str, str | None]:
    """Who did it, and by what, for the security log."""
    return {"actor_id": actor.user_id, "session_id": actor.session_id, "key_id": actor.key_id}
