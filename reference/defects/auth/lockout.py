"""Guesses that are counted wrongly, and people who are locked out by strangers."""

import contextlib
import threading
from typing import Any

from sqlalchemy import delete

from reference.auth import addresses, limits
from reference.auth.cache import Away
from reference.auth.database import verification_tokens
from reference.auth.limits import network
from reference.auth.windows import Spent
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import untold


def _begun(patch: Patch, known: bool) -> None:
    """Takes every address for one that the owner knows, or none."""

    def factory(begin: Function, hit: Hit) -> Function:
        def begun(self: Any, email: str, address: Any, known_address: bool) -> Any:
            if known_address is not known:
                hit()
            return begin(self, email, address, known)

        return begun

    patch.replace("auth.throttle:Throttle.begin", factory)


def _paired(patch: Patch, by: Function) -> None:
    """Counts failures from one address by something else than account and address."""

    def factory(pair: Function) -> Function:
        def other(self: Any, email: str, address: Any) -> Any:
            window = pair(self, email, address)
            return type(window)(f"login:{limits.digest(by(email, address))}", window.quota, window.seconds)

        return other

    patch.replace("auth.throttle:Throttle.pair", factory)


@defect(
    "auth.lockout-of-owner",
    breaks=["ACC-05"],
    says="Enough strangers who guess lock the owner out everywhere.",
    partial=True,
)
def lockout_of_owner(patch: Patch) -> None:
    _begun(patch, False)


@defect(
    "auth.lockout-not-distributed",
    breaks=["ACC-05"],
    says="Guesses from many addresses are not counted together.",
    partial=True,
)
def lockout_not_distributed(patch: Patch) -> None:
    _begun(patch, True)


@defect(
    "auth.lockout-by-stranger",
    breaks=["ACC-05"],
    says="One stranger's few wrong passwords lock an account for everybody.",
    partial=True,
)
def lockout_by_stranger(patch: Patch) -> None:
    _paired(patch, lambda email, _: f"{email}|everywhere")


@defect(
    "auth.lockout-of-neighbours",
    breaks=["ACC-05"],
    says="Wrong passwords for one account count for every account that is tried from the same address.",
    partial=True,
)
def lockout_of_neighbours(patch: Patch) -> None:
    _paired(patch, lambda _, address: f"any|{network(address)}")


@defect(
    "auth.lockout-unknown-not-counted",
    breaks=["ACC-05", "AUTH-17"],
    says="Log-ins with an address that has no account never have to wait, which tells that there is none.",
    partial=True,
)
def lockout_unknown_not_counted(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def sparing(self: Any, address: str, found: Any) -> Any:
            if found is not None:
                return begin(self, address, found)
            hit()
            return Spent((), (), "")

        return sparing

    patch.replace("auth.accounts:Accounts._begin_log_in", factory)


@defect(
    "auth.lockout-race",
    breaks=["ACC-05"],
    says="A guess counts when its password was found wrong, so that many at the same moment all pass.",
    partial=True,
)
def lockout_race(patch: Patch) -> None:
    seen = threading.local()

    def peeking(begin: Function) -> Function:
        def peeked(self: Any, *arguments: Any, **named: Any) -> Any:
            seen.attempt = begin(self, *arguments, **named)
            with contextlib.suppress(Away):
                self._windows.give_back(seen.attempt)
            return seen.attempt

        return peeked

    def factory(log_in: Function, hit: Hit) -> Function:
        def counting(self: Any, email: str, password: str) -> Any:
            try:
                return log_in(self, email, password)
            except problems.Problem as problem:
                if problem.name == "invalid-credentials":
                    hit()
                    self._throttle._spend(seen.attempt.windows)
                raise

        return counting

    patch.replace("auth.throttle:Throttle.begin", peeking)
    patch.replace("auth.accounts:Accounts.log_in", factory)


@defect(
    "auth.lockout-not-for-right",
    breaks=["ACC-05"],
    says="The right password is let in however many wrong ones came before it.",
    partial=True,
)
def lockout_not_for_right(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def lenient(self: Any, email: str, password: str) -> Any:
            try:
                return log_in(self, email, password)
            except problems.Problem as problem:
                found = self._find(addresses.normalise(email) or "")
                right = found is not None and self._passwords.matches(found["hashed_password"], password)
                if problem.name != "too-many-requests" or not right:
                    raise
                hit()
                return self.get(found["id"])

        return lenient

    patch.replace("auth.accounts:Accounts.log_in", factory)


@defect(
    "auth.lockout-one-early",
    breaks=["ACC-05"],
    says="One wrong password fewer than allowed is enough to have to wait.",
    partial=False,
)
def lockout_one_early(patch: Patch) -> None:
    def factory(window: Function) -> Function:
        return lambda self, name, quota: window(self, name, quota - 1)

    patch.replace("auth.throttle:Throttle._window", factory)


@defect(
    "auth.lockout-not-forgiven",
    breaks=["ACC-05"],
    says="The right password neither takes back what it was counted for nor ends the count.",
    partial=False,
)
def lockout_not_forgiven(patch: Patch) -> None:
    patch.replace("auth.throttle:Throttle.succeeded", lambda _: lambda self, attempt: None)


@defect(
    "auth.lockout-forgiven-to-strangers",
    breaks=["ACC-05"],
    says="When the owner logs in, the guesses of strangers are forgotten too.",
    partial=True,
)
def lockout_forgiven_to_strangers(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def forgiving(self: Any, email: str, password: str) -> Any:
            user = log_in(self, email, password)
            hit()
            self._throttle._windows.forget(self._throttle.account(user.email))
            return user

        return forgiving

    patch.replace("auth.accounts:Accounts.log_in", factory)


@defect(
    "auth.lockout-by-spelling",
    breaks=["ACC-05", "API-06"],
    says="Each spelling of a mail address has guesses of its own.",
    partial=True,
)
def lockout_by_spelling(patch: Patch) -> None:
    typed = threading.local()

    def noting(log_in: Function) -> Function:
        def noted(self: Any, email: str, password: str) -> Any:
            typed.email = email
            return log_in(self, email, password)

        return noted

    def factory(begin: Function, hit: Hit) -> Function:
        def literal(self: Any, email: str, address: Any, known_address: bool) -> Any:
            if typed.email != email:
                hit()
            return begin(self, typed.email, address, known_address)

        return literal

    patch.replace("auth.accounts:Accounts.log_in", noting)
    patch.replace("auth.throttle:Throttle.begin", factory)


@defect(
    "auth.lockout-open-without-store",
    breaks=["API-04", "ACC-05"],
    says="While Redis is away passwords can be guessed without end.",
    partial=True,
)
def lockout_open_without_store(patch: Patch) -> None:
    def factory(spend: Function, hit: Hit) -> Function:
        def open_(self: Any, windows: Any) -> Any:
            spent = spend(self, windows)
            hit()
            self.give_back(spent)
            return Spent(spent.windows, (), spent.moment)

        return open_

    patch.replace("auth.windows:OwnWindows.spend", factory)


@defect(
    "auth.lockout-not-told",
    breaks=["AUTH-120"],
    says="The security log does not tell of log-ins that had to wait.",
    partial=True,
)
def lockout_not_told(patch: Patch) -> None:
    untold(patch, "login.throttled")


@defect(
    "auth.signup-mails-unlimited",
    breaks=["AUTH-121"],
    says="Whoever signs up again and again with somebody's address fills the mailbox.",
    partial=False,
)
def signup_mails_unlimited(patch: Patch) -> None:
    patch.replace("auth.throttle:Throttle.may_mail", lambda _: lambda self, email: True)


@defect(
    "auth.signup-mails-told",
    breaks=["AUTH-121"],
    says="A sign-up that sends no more mail is refused, which tells that others have tried the address.",
    partial=True,
)
def signup_mails_told(patch: Patch) -> None:
    def factory(may_mail: Function, hit: Hit) -> Function:
        def frank(self: Any, email: str) -> bool:
            if not may_mail(self, email):
                hit()
                raise problems.Problem("too-many-requests", headers={"Retry-After": "60"})
            return True

        return frank

    patch.replace("auth.throttle:Throttle.may_mail", factory)


@defect(
    "auth.signup-mails-void",
    breaks=["AUTH-121"],
    says="A sign-up that sends no more mail makes the tokens that were mailed before void.",
    partial=True,
)
def signup_mails_void(patch: Patch) -> None:
    refused = threading.local()

    def noting(may_mail: Function) -> Function:
        def noted(self: Any, email: str) -> bool:
            refused.now = not may_mail(self, email)
            return not refused.now

        return noted

    def factory(reserve: Function, hit: Hit) -> Function:
        def voiding(self: Any, connection: Any, *rest: Any) -> Any:
            user_id, verified = reserve(self, connection, *rest)
            if refused.now:
                hit()
                of_them = verification_tokens.c.user_id == user_id
                connection.execute(delete(verification_tokens).where(of_them))
            return user_id, verified

        return voiding

    patch.replace("auth.throttle:Throttle.may_mail", noting)
    patch.replace("auth.accounts:Accounts._reserve", factory)
