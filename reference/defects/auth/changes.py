"""Passwords that are changed too easily, and sessions that survive it."""

import contextlib
from typing import Any

from fastapi.responses import Response
from sqlalchemy import select
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from reference.auth import addresses
from reference.auth.access import bearer_token
from reference.auth.activity import alive
from reference.auth.database import sessions as session_table
from reference.auth.database import users
from reference.auth.strictjws import Refused
from reference.common import clock, problems, web
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
            living = select(session_table.c.id).where(session_table.c.user_id == user_id, alive(clock.now()))
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


@defect(
    "auth.old-password-opens",
    breaks=["ACC-02", "ACC-07"],
    says="The password before the current one still opens the account.",
    partial=True,
)
def old_password_opens(patch: Patch) -> None:
    before: dict[str, str] = {}

    def remembering(put: Function) -> Function:
        def remembered(self: Any, connection: Any, user_id: str, *rest: Any) -> Any:
            email = connection.scalar(select(users.c.email).where(users.c.id == user_id))
            before[email] = self._locked(connection, user_id)
            return put(self, connection, user_id, *rest)

        return remembered

    def factory(log_in: Function, hit: Hit) -> Function:
        def lenient(self: Any, email: str, password: str) -> Any:
            try:
                return log_in(self, email, password)
            except problems.Problem:
                address = addresses.normalise(email) or ""
                if address not in before or not self._passwords.matches(before[address], password):
                    raise
                hit()
                return self.get(self._find(address)["id"])

        return lenient

    patch.replace("auth.recovery:Recovery._put", remembering)
    patch.replace("auth.accounts:Accounts.log_in", factory)


@defect(
    "auth.change-ends-own-session",
    breaks=["AUTH-100"],
    says="A change of the password ends the session that asked for it too.",
    partial=True,
)
def change_ends_own_session(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def everything(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            if but is not None:
                hit()
            return end(self, connection, user_id, reason)

        return everything

    patch.replace("auth.sessions:Sessions.end_within", factory)


@defect(
    "auth.refused-change-ends-sessions",
    breaks=["AUTH-100"],
    says="Other sessions end as soon as a change of the password is asked for, with the right password or not.",
    partial=True,
)
def refused_change_ends_sessions(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def hasty(self: Any, user_id: str, session_id: str, current: str, new: str) -> None:
            with self._database.transaction() as connection:
                ended = self._sessions.end_within(connection, user_id, "password-changed", session_id)
            self._sessions.announce_end(ended, user_id, "password-changed")
            hit()
            change(self, user_id, session_id, current, new)

        return hasty

    patch.replace("auth.recovery:Recovery.change", factory)


@defect(
    "auth.guesses-lock-log-in",
    breaks=["AUTH-102"],
    says="Wrong guesses of the current password count as failed log-ins, so that who has a token locks its owner out.",
    partial=True,
)
def guesses_lock_log_in(patch: Patch) -> None:
    def factory(knows: Function, hit: Hit) -> Function:
        def counting(self: Any, found: Any, password: str) -> bool:
            known = bool(knows(self, found, password))
            if not known:
                hit()
                with contextlib.suppress(problems.Problem):
                    self._throttle.begin(found["email"], web.caller().address, known_address=False)
            return known

        return counting

    patch.replace("auth.recovery:Recovery._knows", factory)


@defect(
    "auth.change-by-ended-session",
    breaks=["ACC-02"],
    says="A change of the password asks whether its token is genuine, not whether its session still lasts.",
    partial=True,
)
def change_by_ended_session(patch: Patch) -> None:
    def factory(change_password: Function, hit: Hit) -> Function:
        def trusting(request: Any, body: Any) -> Any:
            try:
                return change_password(request, body)
            except problems.Problem as problem:
                if problem.name != "invalid-token":
                    raise
                service = request.app.state.service
                try:
                    claims = service.verifier.check(bearer_token(request.headers.getlist("authorization")))
                except Refused:
                    raise problem from None
                hit()
                service.recovery.change(
                    claims.user_id, claims.session_id, body.current_password, body.new_password
                )
                return Response(status_code=204)

        return trusting

    patch.replace("auth.endpoints:change_password", factory)


@defect(
    "auth.common-passwords-few",
    breaks=["AUTH-111"],
    says="The list of passwords that everybody tries first ends after forty.",
    partial=True,
)
def common_passwords_few(patch: Patch) -> None:
    first = FREQUENCY_LISTS["passwords"][:40]

    def factory(objection: Function, hit: Hit) -> Function:
        def short_list(self: Any, password: str, email: str) -> Any:
            found = objection(self, password, email)
            if found != "is one of the passwords that are tried first" or password.lower() in first:
                return found
            hit()
            return None

        return short_list

    patch.replace("auth.passwords:Passwords.objection", factory)
