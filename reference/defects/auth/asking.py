"""Requests for a reset of the password that tell too much or do more than send a mail."""

import time
from typing import Any

from sqlalchemy import select

from reference.auth import addresses
from reference.auth.database import users
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


def _owner(self: Any, email: str) -> Any:
    """The id of the account with an address, None where there is none."""
    with self._database.transaction() as connection:
        there = select(users.c.id).where(users.c.email == addresses.normalise(email))
        return connection.scalar(there)


@defect(
    "auth.reset-tells-who-is-there",
    breaks=["AUTH-107"],
    says="A reset that is asked for an address without an account is answered as not found.",
    partial=False,
)
def reset_tells_who_is_there(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str) -> None:
            ask(self, email)
            if _owner(self, email) is None:
                hit()
                raise problems.Problem("not-found")

        return telling

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-mailed-while-waiting",
    breaks=["AUTH-107"],
    says="Whoever asks for a reset waits until the mail has been sent, where there is somebody to send it to.",
    partial=False,
)
def reset_mailed_while_waiting(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def waiting(self: Any, email: str) -> None:
            if _owner(self, email) is not None:
                hit()
                time.sleep(0.06)  # a mail server that is not on this machine
            ask(self, email)

        return waiting

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-limit-told",
    breaks=["AUTH-108"],
    says="A request for a reset beyond the limit is answered as one too many.",
    partial=False,
)
def reset_limit_told(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str) -> None:
            found = _owner(self, email)
            with self._database.transaction() as connection:
                sent = self._outbox.mailed(connection, found) if found else 0
            if sent >= self._outbox._settings.reset_mails:
                hit()
                raise problems.Problem("too-many-requests", headers={"Retry-After": "60"})
            ask(self, email)

        return telling

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-request-ends-sessions",
    breaks=["AUTH-110"],
    says="Whoever asks for a reset logs the owner of the account out.",
    partial=False,
)
def reset_request_ends_sessions(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def ending(self: Any, email: str) -> None:
            ask(self, email)
            found = _owner(self, email)
            if found is not None:
                hit()
                self._sessions.end_all(found, "password-reset")

        return ending

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-tells-who-is-unconfirmed",
    breaks=["AUTH-107"],
    says="A reset that is asked for an account whose address was not confirmed is refused for that.",
    partial=True,
)
def reset_tells_who_is_unconfirmed(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str) -> None:
            ask(self, email)
            waiting = select(users.c.id).where(
                users.c.email == addresses.normalise(email), ~users.c.is_verified
            )
            with self._database.transaction() as connection:
                found = connection.scalar(waiting)
            if found is not None:
                hit()
                raise problems.Problem("email-not-verified")

        return telling

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-minds-capitals",
    breaks=["ACC-07"],
    says="A reset that is asked for with capitals in the address is mailed to nobody.",
    partial=True,
)
def reset_minds_capitals(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def literal(self: Any, email: str) -> None:
            if email == email.lower():
                ask(self, email)
            else:
                hit()

        return literal

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-for-no-address",
    breaks=["ACC-07"],
    says="A reset that is asked for a text that is no address is answered as if a mail went out.",
    partial=True,
)
def reset_for_no_address(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def patient(self: Any, email: str) -> None:
            if addresses.normalise(email) is None:
                hit()
            else:
                ask(self, email)

        return patient

    patch.replace("auth.recovery:Recovery.request", factory)
