"""Passwords that are changed too easily, and sessions that survive it."""

from typing import Any

from sqlalchemy import delete, select

from reference.auth import mail, sessions
from reference.auth.database import outbox, users
from reference.auth.database import sessions as session_table
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.change-keeps-newest-session",
    breaks=["AUTH-100"],
    says="A change of the password leaves one other session alone, the newest.",
    partial=True,
)
def change_keeps_newest_session(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def but_newest(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            living = select(session_table.c.id).where(
                session_table.c.user_id == user_id, sessions.alive(clock.now())
            )
            newest = connection.scalar(living.order_by(session_table.c.created_at.desc()).limit(1))
            if but is None or newest == but:
                return end(self, connection, user_id, reason, but)
            hit()
            return end(self, connection, user_id, reason, newest)

        return but_newest

    patch.replace("auth.sessions:Sessions.end_within", factory)


@defect(
    "auth.change-without-current",
    breaks=["ACC-02"],
    says="A password is changed whatever is given as the current one.",
    partial=False,
)
def change_without_current(patch: Patch) -> None:
    def factory(knows: Function, hit: Hit) -> Function:
        def believing(self: Any, found: Any, password: str) -> bool:
            if not knows(self, found, password):
                hit()
            return True

        return believing

    patch.replace("auth.recovery:Recovery._knows", factory)


@defect(
    "auth.change-not-limited",
    breaks=["AUTH-102"],
    says="The current password can be guessed without end by who is logged in.",
    partial=False,
)
def change_not_limited(patch: Patch) -> None:
    def factory(_knows: Function, hit: Hit) -> Function:
        def patient(self: Any, found: Any, password: str) -> bool:
            hit()
            return bool(self._passwords.matches(found["hashed_password"], password))

        return patient

    patch.replace("auth.recovery:Recovery._knows", factory)


@defect(
    "auth.new-password-of-any-kind",
    breaks=["ACC-02"],
    says="The rules for passwords are kept at sign-up and not when a password is changed or reset.",
    partial=True,
)
def new_password_of_any_kind(patch: Patch) -> None:
    def factory(_accept: Function, hit: Hit) -> Function:
        def anything(self: Any, new: str, email: str) -> None:
            if self._passwords.objection(new, email) is not None:
                hit()

        return anything

    patch.replace("auth.recovery:Recovery._accept", factory)


@defect(
    "auth.common-password-in-capitals",
    breaks=["AUTH-111"],
    says="A password that everybody tries first is taken when a letter of it is a capital.",
    partial=True,
)
def common_password_in_capitals(patch: Patch) -> None:
    def factory(objection: Function, hit: Hit) -> Function:
        def literal(self: Any, password: str, email: str) -> Any:
            found = objection(self, password, email)
            if found != "is one of the passwords that are tried first" or password == password.lower():
                return found
            hit()
            return None

        return literal

    patch.replace("auth.passwords:Passwords.objection", factory)


@defect(
    "auth.change-not-mailed",
    breaks=["AUTH-101"],
    says="Nobody is told by mail that a password was changed; of resets they are told.",
    partial=True,
)
def change_not_mailed(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def silent(
            self: Any, connection: Any, user_id: str, hashed: str, reason: str, but: Any = None
        ) -> Any:
            ended = put(self, connection, user_id, hashed, reason, but)
            if but is not None:
                hit()
                owed = (outbox.c.user_id == user_id) & (outbox.c.kind == mail.PASSWORD_CHANGED)
                connection.execute(delete(outbox).where(owed))
            return ended

        return silent

    patch.replace("auth.recovery:Recovery._put", factory)


@defect(
    "auth.log-in-during-change",
    breaks=["AUTH-103"],
    says="A log-in that checked the old password begins its session though the password was changed meanwhile.",
    partial=True,
)
def log_in_during_change(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def late(self: Any, user_id: str, permissions: Any, device_id: Any, hashed_password: str) -> Any:
            with self._database.transaction() as connection:
                now = connection.scalar(select(users.c.hashed_password).where(users.c.id == user_id))
            if now != hashed_password:
                hit()
            return begin(self, user_id, permissions, device_id, now)

        return late

    patch.replace("auth.sessions:Sessions.begin", factory)
