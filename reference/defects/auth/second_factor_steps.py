"""Second factors that ask for nothing, or let half a log-in pass for a whole one."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select

from reference.auth.database import login_challenges, second_factors
from reference.auth.sessions import token_hash
from reference.auth.strictjws import Refused
from reference.auth.tokens import Claims
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import untold


@defect(
    "auth.any-six-digits",
    breaks=["ACC-20", "AUTH-155"],
    says="Any six digits do for a code once the factor is switched on.",
)
def any_six_digits(patch: Patch) -> None:
    def factory(use_code: Function, hit: Hit) -> Function:
        def lenient(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            refusal = use_code(self, connection, factor, code, now)
            if refusal != "wrong-code" or factor["confirmed_at"] is None:
                return refusal
            hit()
            return ""

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.use_code", factory)


@defect(
    "auth.unconfirmed-factor-asks",
    breaks=["AUTH-150"],
    says="A code is asked for as soon as a secret was given out, confirmed or not.",
)
def unconfirmed_factor_asks(patch: Patch) -> None:
    def factory(is_on: Function, hit: Hit) -> Function:
        def hasty(self: Any, user_id: str) -> bool:
            if is_on(self, user_id):
                return True
            with self._database.transaction() as connection:
                found = self._find(connection, user_id, False)
            if found is None:
                return False
            hit()
            return True

        return hasty

    patch.replace("auth.secondfactor:SecondFactor.is_on", factory)


@defect(
    "auth.challenge-outlives-the-password",
    breaks=["AUTH-151"],
    says="A log-in that was begun with a password goes on after that was changed.",
    partial=True,
)
def challenge_outlives_the_password(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def lenient(connection: Any, token: str) -> Any:
            found = find(connection, token)
            if found is None or found["hashed_password"] == found["present_password"]:
                return found
            hit()
            return {**found, "hashed_password": found["present_password"]}

        return lenient

    patch.replace("auth.secondfactor:SecondFactor._find_challenge", factory)


@defect(
    "auth.challenge-opens",
    breaks=["AUTH-151"],
    says="What a log-in was given to wait for a code with is accepted as an access token.",
    partial=True,
)
def challenge_opens(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str) -> Claims:
            try:
                claims: Claims = check(self, token)
                return claims
            except Refused:
                this = login_challenges.c.token_hash == token_hash(token)
                with self._sessions._database.transaction() as connection:
                    user_id = connection.scalar(select(login_challenges.c.user_id).where(this))
                if user_id is None:
                    raise
                hit()
                ends = int(datetime.now(UTC).timestamp()) + 60
                return Claims(user_id, "00000000-0000-0000-0000-000000000000", ("profile:read",), ends, "-")

        return lenient

    patch.replace("auth.access:Access.check", factory)


@defect(
    "auth.change-switches-the-factor-off",
    breaks=["AUTH-152"],
    says="A change of the password switches the second factor off.",
    partial=True,
)
def change_switches_the_factor_off(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def lenient(
            self: Any, connection: Any, user_id: str, hashed: str, reason: str, but: str | None = None
        ) -> Any:
            this = second_factors.c.user_id == user_id
            if (
                reason == "password-changed"
                and connection.execute(delete(second_factors).where(this)).rowcount
            ):
                hit()
            return put(self, connection, user_id, hashed, reason, but)

        return lenient

    patch.replace("auth.recovery:Recovery._put", factory)


@defect(
    "auth.log-out-switches-the-factor-off",
    breaks=["AUTH-152"],
    says="A log-out everywhere switches the second factor off.",
    partial=True,
)
def log_out_switches_the_factor_off(patch: Patch) -> None:
    def factory(end_all: Function, hit: Hit) -> Function:
        def lenient(self: Any, user_id: str, reason: str) -> None:
            end_all(self, user_id, reason)
            this = second_factors.c.user_id == user_id
            with self._database.transaction() as connection:
                if connection.execute(delete(second_factors).where(this)).rowcount:
                    hit()

        return lenient

    patch.replace("auth.sessions:Sessions.end_all", factory)


@defect(
    "auth.challenge-in-clear",
    breaks=["AUTH-158"],
    says="What waits for a code is stored as it was given out.",
)
def challenge_in_clear(patch: Patch) -> None:
    def factory(_hash: Function, hit: Hit) -> Function:
        def plain(token: str) -> str:
            hit()
            return token

        return plain

    patch.replace("auth.secondfactor:token_hash", factory)


@defect(
    "auth.factor-switched-untold",
    breaks=["AUTH-159"],
    says="That a factor is switched on or off, or a recovery code used, is not told in the security log.",
    partial=True,
)
def factor_switched_untold(patch: Patch) -> None:
    switched = ("begun", "switched-on", "switched-off", "recovery-used")
    untold(patch, *(f"second-factor.{one}" for one in switched))


@defect(
    "auth.guesses-count-for-everybody",
    breaks=["AUTH-157"],
    says="Wrong codes for one account keep everybody from logging in.",
    partial=True,
)
def guesses_count_for_everybody(patch: Patch) -> None:
    latest: list[Any] = []

    def factory(insist: Function, hit: Hit) -> Function:
        def harsh(self: Any, refusal: str, user_id: str, factor: Any) -> None:
            if refusal == "wrong-code":
                latest.append(user_id)
            guessed_at = [one for one in latest if latest.count(one) >= self._settings.code_failures]
            if not refusal and guessed_at and user_id not in guessed_at:
                hit()
                raise problems.Problem("too-many-requests", headers={"Retry-After": "60"})
            insist(self, refusal, user_id, factor)

        return harsh

    patch.replace("auth.secondfactor:SecondFactor._insist", factory)


@defect(
    "auth.right-code-forgives-nothing",
    breaks=["AUTH-157"],
    says="Wrong codes go on counting after a right one, so that people lock themselves out in the course of a day.",
    partial=True,
)
def right_code_forgives_nothing(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def unforgiving(self: Any, connection: Any, factor: Any, code: str) -> Any:
            refusal = use(self, connection, factor, code)
            if not refusal and factor["failures"]:
                hit()
                this = second_factors.c.user_id == factor["user_id"]
                kept = {"failures": factor["failures"]}
                connection.execute(second_factors.update().where(this).values(**kept))
            return refusal

        return unforgiving

    patch.replace("auth.secondfactor:SecondFactor.use", factory)


@defect(
    "auth.secret-for-few-apps",
    breaks=["AUTH-150"],
    says="The address that apps read asks for codes of sixty seconds, which the service does not accept.",
    partial=True,
)
def secret_for_few_apps(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def odd(self: Any, user: Any, password: str) -> Any:
            secret, uri = begin(self, user, password)
            hit()
            return secret, f"{uri}&period=60"

        return odd

    patch.replace("auth.secondfactor:SecondFactor.begin", factory)


@defect(
    "auth.switching-off-guessed-freely",
    breaks=["AUTH-157"],
    says="Where the factor is switched off, wrong codes are not limited.",
    partial=True,
)
def switching_off_guessed_freely(patch: Patch) -> None:
    def factory(disable: Function, hit: Hit) -> Function:
        def lenient(self: Any, user: Any, password: str, code: str) -> Any:
            this = second_factors.c.user_id == user.id
            with self._database.transaction() as connection:
                connection.execute(second_factors.update().where(this).values(failures=0))
            hit()
            return disable(self, user, password, code)

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.disable", factory)
