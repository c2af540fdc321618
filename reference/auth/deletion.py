"""The end of an account: one transaction takes everything of it from the database, and what may be lost follows.

Each table with something of a user has a foreign key to `auth_users` that cascades, so that none can be forgotten.
"""

import contextlib
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, select

from reference.auth import mail, roles
from reference.auth.database import Database, outbox, users
from reference.auth.mail import Outbox
from reference.auth.members import Members
from reference.auth.passwords import Passwords
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Sessions
from reference.auth.throttle import Throttle
from reference.common import problems

_REFUSED, _DELETED = "account.deletion-refused", "account.deleted"
_TRIES = 5


class _Overtaken(Exception):
    """A mail was owed to the account after those that are locked."""


class Deletion:
    """Deletes accounts, for their owners."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        outbox: Outbox,
        throttle: Throttle,
        log: SecurityLog,
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._outbox, self._throttle, self._log = outbox, throttle, log

    def delete_own(self, user_id: str, current: str) -> bool:
        """Deletes the account of one who knows its password; False where it is gone already."""
        checked = self._hash_of(user_id)
        if checked is None:
            return False
        self._prove(user_id, checked, current)
        return self.erase(
            user_id, "by-owner", lambda kept: kept == checked or self._passwords.matches(kept, current)
        )

    def erase(self, user_id: str, reason: str, may: Callable[[str], bool] | None = None) -> bool:
        """Deletes an account with all that is kept of it and mails its address; False where there is none.

        `may` is asked with the hash of the password that counts at that moment.
        """
        ended = self._end(user_id, may)
        if ended is None:
            return False
        self._sessions.announce_end(ended, user_id, "account-deleted")
        self._outbox.wake()
        self._log.success(_DELETED, reason, user_id=user_id)
        return True

    def _end(self, user_id: str, may: Callable[[str], bool] | None) -> Sequence[str] | None:
        """The sessions that ended with the account, None where there is none; tried again where a mail came in between."""
        for _ in range(_TRIES):
            with contextlib.suppress(_Overtaken):
                return self._end_once(user_id, may)
        raise problems.unavailable()

    def _end_once(self, user_id: str, may: Callable[[str], bool] | None) -> Sequence[str] | None:
        """The same, or Overtaken.

        Mails that are owed are locked before the account, as whoever sends them does: one that was added to the account in
        between would have both wait for each other. What is owed to an address alone finds no account, and goes.
        """
        with self._database.transaction() as connection:
            owed = self._locked(connection, user_id)
            self._let_others_manage(connection, user_id)
            whose = select(users).where(users.c.id == user_id)
            found = connection.execute(whose.with_for_update()).mappings().first()
            if found is None:
                return None
            of_account = select(outbox.c.id).where(outbox.c.user_id == user_id)
            if set(connection.scalars(of_account)) - owed:
                raise _Overtaken
            if may is not None and not may(found["hashed_password"]):
                self._refuse(user_id, "changed-meanwhile")
            ended = self._sessions.end_within(connection, user_id, "account-deleted")
            self._clear(connection, user_id, owed)
            self._outbox.add(connection, mail.ACCOUNT_DELETED, address=found["email"])
        return ended

    def _let_others_manage(self, connection: Connection, user_id: str) -> None:
        """Refuses the end of the last account that can look after others."""
        permissions = connection.scalar(select(users.c.permissions).where(users.c.id == user_id))
        if roles.MANAGE_USERS in (permissions or ()) and Members.managing(connection) == {user_id}:
            self._log.failure(_REFUSED, "last-administrator", user_id=user_id)
            raise problems.Problem("conflict")

    @staticmethod
    def _locked(connection: Connection, user_id: str) -> set[int]:
        """The mails that are owed to an account, by its id or by its address; nobody sends one until the transaction ends."""
        address = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        query = select(outbox.c.id).where((outbox.c.user_id == user_id) | (outbox.c.address == address))
        return set(connection.scalars(query.order_by(outbox.c.id).with_for_update()))

    @staticmethod
    def _clear(connection: Connection, user_id: str, owed: set[int]) -> None:
        """Takes the account's row, and with it every row that refers to it."""
        connection.execute(delete(outbox).where(outbox.c.id.in_(owed)))
        connection.execute(delete(users).where(users.c.id == user_id))

    def _hash_of(self, user_id: str) -> str | None:
        with self._database.transaction() as connection:
            return connection.scalar(
                select(users.c.hashed_password).where(users.c.id == user_id, users.c.is_active)
            )

    def _prove(self, user_id: str, hashed: str, current: str) -> None:
        """Insists on the password; wrong guesses count together with those of a change of the password."""
        try:
            guess = self._throttle.begin_guess(user_id)
        except problems.Problem:
            self._log.failure(_REFUSED, "too-many-failures", user_id=user_id)
            raise
        if not self._passwords.matches(hashed, current):
            self._refuse(user_id, "wrong-password")
        self._throttle.succeeded(guess)

    def _refuse(self, user_id: str, reason: str) -> None:
        self._log.failure(_REFUSED, reason, user_id=user_id)
        raise problems.Problem("wrong-password")
