"""Codes of a second factor that are taken at the wrong time or again, and what lasts when they should have ended it."""

import re
from typing import Any

from sqlalchemy import update

from reference.auth.database import login_challenges, second_factors
from reference.auth.sessions import token_hash
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect

_STEP = 30
_OF_AN_APP = re.compile(r"[0-9]{6}")


@defect(
    "auth.steps-rounded",
    breaks=["AUTH-156"],
    says="The step of time is rounded, so that in its second half a code too early is accepted and the one before is not.",
    partial=True,
    blind=True,
)
def steps_rounded(patch: Patch) -> None:
    def factory(accepted_steps: Function, hit: Hit) -> Function:
        def rounded(present: int) -> Any:
            if clock.seconds() % _STEP < _STEP / 2:
                return accepted_steps(present)
            hit()
            return accepted_steps(present + 1)

        return rounded

    patch.replace("auth.secondfactor:SecondFactor.accepted_steps", factory)


@defect(
    "auth.refused-codes-lengthen-the-wait",
    breaks=["AUTH-157"],
    says="Each code that is given while codes have to wait makes the wait begin again.",
    partial=True,
    blind=True,
)
def refused_codes_lengthen_the_wait(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def unforgiving(self: Any, connection: Any, factor: Any, code: str) -> Any:
            refusal = use(self, connection, factor, code)
            if refusal == "too-many-failures":
                hit()
                this = second_factors.c.user_id == factor["user_id"]
                connection.execute(update(second_factors).where(this).values(failing_since=clock.now()))
            return refusal

        return unforgiving

    patch.replace("auth.secondfactor:SecondFactor.use", factory)


@defect(
    "auth.recovery-frees-used-codes",
    breaks=["ACC-20"],
    says="Once a recovery code was used, the code of the app that was used before it is accepted again in its time.",
    partial=True,
    blind=True,
)
def recovery_frees_used_codes(patch: Patch) -> None:
    def factory(use_recovery_code: Function, hit: Hit) -> Function:
        def afresh(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            refusal = use_recovery_code(self, connection, factor, code, now)
            if not refusal:
                hit()
                this = second_factors.c.user_id == factor["user_id"]
                connection.execute(update(second_factors).where(this).values(last_step=None))
            return refusal

        return afresh

    patch.replace("auth.secondfactor:SecondFactor.use_recovery_code", factory)


@defect(
    "auth.challenge-survives-recovery",
    breaks=["AUTH-151"],
    says="What a log-in waits with is not used up by a recovery code, and begins another session with the next code.",
    partial=True,
    blind=True,
)
def challenge_survives_recovery(patch: Patch) -> None:
    def factory(finish: Function, hit: Hit) -> Function:
        def lasting(self: Any, token: str, code: str) -> Any:
            finished = finish(self, token, code)
            if not _OF_AN_APP.fullmatch(code):
                hit()
                this = login_challenges.c.token_hash == token_hash(token)
                with self._database.transaction() as connection:
                    connection.execute(update(login_challenges).where(this).values(used_at=None))
            return finished

        return lasting

    patch.replace("auth.secondfactor:SecondFactor.finish", factory)


@defect(
    "auth.factor-on-not-announced",
    breaks=["AUTH-153"],
    says="Sessions that end because the factor is switched on go on for as long as the session store remembers them.",
    partial=True,
    blind=True,
)
def factor_on_not_announced(patch: Patch) -> None:
    def factory(announce_end: Function, hit: Hit) -> Function:
        def quiet(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason != "second-factor-on" or not session_ids:
                announce_end(self, session_ids, user_id, reason)
                return
            hit()
            for session_id in session_ids:
                self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)

        return quiet

    patch.replace("auth.sessions:Sessions.announce_end", factory)
