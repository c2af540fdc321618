"""A new password: chosen by who knows the old one, or by who reads the mails of the account."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from reference.auth import addresses, apikeys, mail, sessions
from reference.auth.database import Database, reset_tokens, users
from reference.auth.mail import Outbox
from reference.auth.passwords import Passwords
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Sessions
from reference.auth.throttle import Throttle
from reference.common import clock, problems

_CHANGED, _RESET = "password-changed", "password-reset"


class Recovery:
    """Changes and resets of passwords. Each is one transaction: password, tokens, sessions and the mail about it."""

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

    def change(self, user_id: str, session_id: str, current: str, new: str) -> None:
        """Gives an account another password; every session but the one that asks ends."""
        named = {"user_id": user_id, "session_id": session_id}
        found = self._account(user_id)
        if found is None or not self._knows(found, current):
            self._log.failure("password.change-refused", "wrong-password", **named)
            raise problems.Problem("wrong-password")
        self._accept(new, found["email"])
        hashed = self._passwords.hash(new)
        with self._database.transaction() as connection:
            kept = self._locked(connection, user_id)
            known = kept == found["hashed_password"] or self._passwords.matches(kept, current)
            ended = self._put(connection, user_id, hashed, _CHANGED, session_id) if known else []
        if not known:
            self._log.failure("password.change-refused", "changed-meanwhile", **named)
            raise problems.Problem("wrong-password")
        self._tell(ended, user_id, _CHANGED)
        self._log.success("password.changed", **named)

    def _account(self, user_id: str) -> RowMapping | None:
        query = select(users).where(users.c.id == user_id, users.c.is_active)
        with self._database.transaction() as connection:
            return connection.execute(query).mappings().first()

    def _knows(self, found: RowMapping, password: str) -> bool:
        """Whether it is the account's password; wrong guesses are counted by account, wherever they come from.

        They count for this alone: whoever guesses here with a stolen token keeps nobody from logging in.
        """
        try:
            guess = self._throttle.begin_guess(found["id"])
        except problems.Problem:
            self._log.failure("password.change-refused", "too-many-failures", user_id=found["id"])
            raise
        if self._passwords.matches(found["hashed_password"], password):
            self._throttle.succeeded(guess)
            return True
        return False

    def request(self, email: str) -> None:
        """Owes a mail with a token to whoever has an account with this address; what is done is the same for every address."""
        address = addresses.require(email)
        with self._database.transaction() as connection:
            self._outbox.add(connection, mail.PASSWORD_RESET, address=address)
        self._outbox.wake()
        self._log.success("password.reset-requested")

    def reset(self, token: str, new: str) -> None:
        """Gives the account that a token was mailed for another password, and ends every session and API key of it.

        Whoever had the account before its owner could read the mails (decision 9) keeps no way in but a second factor,
        which a mail must not switch off.
        """
        with self._database.transaction() as connection:
            found = self._find(connection, token)
        email, user_id = self._insist(found, self.refusal(found, clock.now()))
        self._accept(new, email)
        hashed = self._passwords.hash(new)
        ended: Sequence[str] = []
        revoked: Sequence[str] = []
        with self._database.transaction() as connection:
            self._locked(connection, user_id)
            found = self._find(connection, token)
            refusal = self.refusal(found, clock.now())
            if refusal is None:
                ended = self._put(connection, user_id, hashed, _RESET)
                revoked = apikeys.revoke_all(connection, user_id)
        self._insist(found, refusal)
        self._tell(ended, user_id, _RESET)
        self._log.success("password.reset", user_id=user_id)
        for key_id in revoked:
            self._log.success("api-key.revoked", _RESET, user_id=user_id, key_id=key_id)

    @staticmethod
    def refusal(found: RowMapping | None, now: datetime) -> str | None:
        """Why a reset token is not accepted, None where it is."""
        refusal = mail.token_refusal(found, now)
        if refusal is not None:
            return refusal
        return "user-inactive" if found is not None and not found["is_active"] else None

    def _insist(self, found: RowMapping | None, refusal: str | None) -> tuple[str, str]:
        """The address and the id of the account whose token is accepted."""
        if found is not None and refusal is None:
            return found["email"], found["user_id"]
        whose = found["user_id"] if found is not None else None
        self._log.failure("password.reset-refused", refusal, user_id=whose)
        raise problems.Problem("invalid-reset-token")

    @staticmethod
    def _find(connection: Connection, token: str) -> RowMapping | None:
        query = (
            select(reset_tokens, users.c.email, users.c.is_active)
            .join(users, users.c.id == reset_tokens.c.user_id)
            .where(reset_tokens.c.token_hash == sessions.token_hash(token))
        )
        return connection.execute(query).mappings().first()

    def _accept(self, new: str, email: str) -> None:
        objection = self._passwords.objection(new, email)
        if objection is not None:
            raise problems.Problem("invalid-request", errors=[{"field": "new_password", "detail": objection}])

    @staticmethod
    def _locked(connection: Connection, user_id: str) -> str | None:
        """The hash of an account's password, which nobody else changes until the transaction ends."""
        query = select(users.c.hashed_password).where(users.c.id == user_id)
        return connection.scalar(query.with_for_update())

    def _put(
        self, connection: Connection, user_id: str, hashed: str, reason: str, but: str | None = None
    ) -> Sequence[str]:
        """Keeps a new password, voids tokens that could set another, ends the sessions and owes a mail about it."""
        values = {"hashed_password": hashed, "password_changed_at": clock.now()}
        connection.execute(update(users).where(users.c.id == user_id).values(values))
        mail.void_resets(connection, user_id)
        about = mail.PASSWORD_SET_ANEW if reason == _RESET else mail.PASSWORD_CHANGED
        self._outbox.add(connection, about, user_id)
        return self._sessions.end_within(connection, user_id, reason, but)

    def _tell(self, ended: Sequence[str], user_id: str, reason: str) -> None:
        self._sessions.announce_end(ended, user_id, reason)
        self._outbox.wake()
