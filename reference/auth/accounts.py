"""Accounts: asked for, proved by mail, known by password."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from reference.auth import addresses, limits, mail, roles, sessions
from reference.auth.database import Database, users, verification_tokens
from reference.auth.database import sessions as session_table
from reference.auth.mail import Outbox
from reference.auth.passwords import Passwords
from reference.auth.securitylog import SecurityLog
from reference.auth.throttle import Throttle, TooMany
from reference.auth.windows import Spent
from reference.common import clock, problems, web


@dataclass(frozen=True)
class User:
    """An account, with what is kept of its password."""

    id: str
    email: str
    full_name: str | None
    is_verified: bool
    permissions: tuple[str, ...]
    hashed_password: str = field(repr=False)


class Accounts:
    """Every account there is."""

    def __init__(
        self, database: Database, passwords: Passwords, outbox: Outbox, throttle: Throttle, log: SecurityLog
    ) -> None:
        self._database, self._passwords, self._outbox = database, passwords, outbox
        self._throttle, self._log = throttle, log

    def sign_up(self, email: str, password: str, full_name: str | None) -> None:
        """Owes a mail to the address: with a token, or with the news that there is an account already.

        The caller cannot tell which. The password becomes the account's when the token comes back, so that whoever
        reads the mail decides whose password it is.
        """
        address = addresses.require(email)
        objection = self._passwords.objection(password, address)
        if objection is not None:
            raise problems.Problem("invalid-request", errors=[{"field": "password", "detail": objection}])
        hashed, may_mail = self._passwords.hash(password), self._throttle.may_mail(address)
        with self._database.transaction() as connection:
            user_id, verified = self._reserve(connection, address, hashed, full_name)
            if not may_mail:
                self._log.failure("signup.mail-withheld", "too-many-mails", user_id=user_id)
            elif verified:
                self._outbox.add(connection, mail.ALREADY_REGISTERED, user_id)
            else:
                self._outbox.add(connection, mail.VERIFICATION, user_id, hashed, full_name)
        self._outbox.wake()
        self._log.success("signup.requested", "address-taken" if verified else None, user_id=user_id)

    def _reserve(
        self, connection: Connection, address: str, hashed: str, full_name: str | None
    ) -> tuple[str, bool]:
        """The account of an address, made where there is none; and whether it has been verified."""
        now = clock.now()
        values = {
            "id": str(uuid.uuid4()),
            "email": address,
            "full_name": full_name,
            "hashed_password": hashed,
            "is_verified": False,
            "permissions": [*roles.PERMISSIONS[roles.ORDINARY]],
            "created_at": now,
            "password_changed_at": now,
        }
        make = insert_or(users).values(values).on_conflict_do_nothing(index_elements=["email"])
        query = select(users.c.id, users.c.is_verified).where(users.c.email == address).with_for_update()
        found = None
        while (
            found is None
        ):  # again where the account that was in the way was deleted before it could be locked
            connection.execute(make)
            found = connection.execute(query).first()
        if not found.is_verified:
            latest = {"hashed_password": hashed, "full_name": full_name, "password_changed_at": now}
            connection.execute(update(users).where(users.c.id == found.id).values(latest))
        return found.id, found.is_verified

    def verify_email(self, token: str) -> User:
        """The account whose address a mailed token proves; the token is used up."""
        now = clock.now()
        with self._database.transaction() as connection:
            found = self._find_verification(connection, token)
            refusal = self.refusal(found, now)
            if found is not None and refusal is None:
                self._confirm(connection, found)
        if found is None or refusal is not None:
            user_id = found["user_id"] if found is not None else None
            self._log.failure("email.verification-refused", refusal or "unknown", user_id=user_id)
            raise problems.Problem("invalid-verification-token")
        self._log.success("email.verified", user_id=found["user_id"])
        return self.require(found["user_id"])

    @staticmethod
    def refusal(found: RowMapping | None, now: datetime) -> str | None:
        """Why a verification token is not accepted, None where it is."""
        refusal = mail.token_refusal(found, now)
        if refusal is not None:
            return refusal
        return "already-verified" if found is not None and found["is_verified"] else None

    def _find_verification(self, connection: Connection, token: str) -> RowMapping | None:
        query = (
            select(verification_tokens, users.c.is_verified)
            .join(users, users.c.id == verification_tokens.c.user_id)
            .where(verification_tokens.c.token_hash == sessions.token_hash(token))
            .with_for_update(of=[users, verification_tokens])
        )
        return connection.execute(query).mappings().first()

    def _confirm(self, connection: Connection, found: RowMapping) -> None:
        """Verifies an account with the password of the sign-up that the token was mailed for."""
        now = clock.now()
        account = {
            "is_verified": True,
            "hashed_password": found["hashed_password"],
            "full_name": found["full_name"],
            "password_changed_at": now,
        }
        connection.execute(update(users).where(users.c.id == found["user_id"]).values(account))
        used = verification_tokens.c.token_hash == found["token_hash"]
        connection.execute(update(verification_tokens).where(used).values(used_at=now))
        others = (verification_tokens.c.user_id == found["user_id"]) & verification_tokens.c.used_at.is_(None)
        connection.execute(delete(verification_tokens).where(others))

    def log_in(self, email: str, password: str) -> User:
        """The account of this address and password; raises the same Problem for a wrong one of either."""
        address = addresses.normalise(email) or ""
        found = self._find(address)
        attempt = self._begin_log_in(address, found)
        whose = found["id"] if found is not None else None
        if not self._passwords.matches(found["hashed_password"] if found is not None else None, password):
            found = None
        if found is None or not found["is_active"]:
            self._log.failure("login.failed", "invalid-credentials", user_id=whose)
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})
        self._throttle.succeeded(attempt)
        if not found["is_verified"]:
            self._log.failure("login.failed", "email-not-verified", user_id=found["id"])
            raise problems.Problem("email-not-verified")
        user = as_user(found)
        if self._passwords.outdated(user.hashed_password):
            return replace(user, hashed_password=self._rehash(user, password))
        return user

    def _begin_log_in(self, address: str, found: RowMapping | None) -> Spent:
        here = web.caller().address
        known_from = (found["known_from"] or ()) if found is not None else ()
        known = limits.network(here) in {limits.network(one) for one in known_from}
        try:
            return self._throttle.begin(address, here, known)
        except TooMany as refusal:
            if refusal.first:
                whose = found["id"] if found is not None else None
                self._log.failure("login.throttled", "too-many-failures", user_id=whose)
            raise

    def _find(self, address: str) -> RowMapping | None:
        """An account by address, and the network addresses that its owner has logged in from."""
        addresses_of = select(func.array_agg(session_table.c.ip_address.distinct()))
        known = addresses_of.where(
            session_table.c.user_id == users.c.id, session_table.c.ip_address.is_not(None)
        )
        query = select(users, known.scalar_subquery().label("known_from")).where(users.c.email == address)
        with self._database.transaction() as connection:
            return connection.execute(query).mappings().first()

    def _rehash(self, user: User, password: str) -> str:
        """What is kept of the password from now on: a hash at the cost that is set, or what somebody else put there first."""
        hashed = self._passwords.hash(password)
        same = (users.c.id == user.id) & (users.c.hashed_password == user.hashed_password)
        with self._database.transaction() as connection:
            if connection.execute(update(users).where(same).values(hashed_password=hashed)).rowcount:
                return hashed
            kept = connection.scalar(select(users.c.hashed_password).where(users.c.id == user.id))
        return str(kept) if self._passwords.matches(kept, password) else user.hashed_password

    def get(self, user_id: str) -> User | None:
        """An active account by its id."""
        query = select(users).where(users.c.id == user_id, users.c.is_active)
        with self._database.transaction() as connection:
            found = connection.execute(query).mappings().first()
        return as_user(found) if found is not None else None

    def require(self, user_id: str) -> User:
        """An active account that must be there."""
        user = self.get(user_id)
        if user is None:
            raise problems.Problem("invalid-verification-token")
        return user

    def update_profile(
        self,
        user_id: str,
        full_name: str | None,
        accepts: Callable[[User], bool],
        key_id: str | None = None,
    ) -> User:
        """Gives an account another name, by an API key or without, if it still is as the caller accepts it."""
        whose = users.c.id == user_id
        with self._database.transaction() as connection:
            query = select(users).where(whose, users.c.is_active).with_for_update()
            found = connection.execute(query).mappings().first()
            if found is None:
                raise problems.Problem("not-found")
            if not accepts(as_user(found)):
                raise problems.Problem("precondition-failed")
            changed = update(users).where(whose).values(full_name=full_name).returning(users)
            user = as_user(connection.execute(changed).mappings().one())
        self._log.success("profile.updated", user_id=user_id, key_id=key_id)
        return user

    def prepare_admin(self, email: str, password: str) -> None:
        """Makes the account that may do everything, where it is not there yet."""
        now = clock.now()
        values = {
            "id": str(uuid.uuid4()),
            "email": addresses.require(email),
            "full_name": "Administrator",
            "hashed_password": self._passwords.hash(password),
            "is_verified": True,
            "permissions": [*roles.PERMISSIONS["admin"]],
            "created_at": now,
            "password_changed_at": now,
        }
        with self._database.transaction() as connection:
            connection.execute(
                insert_or(users).values(values).on_conflict_do_nothing(index_elements=["email"])
            )


def as_user(row: RowMapping) -> User:
    """An account out of its row."""
    return User(
        row["id"],
        row["email"],
        row["full_name"],
        row["is_verified"],
        tuple(row["permissions"]),
        row["hashed_password"],
    )
