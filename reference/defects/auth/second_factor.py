"""Second factors that can be walked around, or whose codes work twice."""

import threading
from typing import Any

from sqlalchemy import delete, select, update

from reference.auth.database import login_challenges, second_factors
from reference.auth.sessions import token_hash
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import forgiven

_OBJECTION = "auth.secondfactor:SecondFactor.objection"


@defect(
    "auth.code-works-again",
    breaks=["ACC-20"],
    says="A code of the app works again within its time, in another log-in.",
    partial=True,
)
def code_works_again(patch: Patch) -> None:
    def factory(use_code: Function, hit: Hit) -> Function:
        def forgetful(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            if factor["confirmed_at"] is None or factor["last_step"] is None:
                return use_code(self, connection, factor, code, now)
            hit()
            refusal = use_code(self, connection, {**factor, "last_step": None}, code, now)
            this = second_factors.c.user_id == factor["user_id"]
            connection.execute(update(second_factors).where(this).values(last_step=factor["last_step"]))
            return refusal

        return forgetful

    patch.replace("auth.secondfactor:SecondFactor.use_code", factory)


@defect(
    "auth.confirming-code-works-again",
    breaks=["ACC-20"],
    says="The code that switched a factor on can be used for a log-in as well.",
    partial=True,
)
def confirming_code_works_again(patch: Patch) -> None:
    def factory(confirm: Function, hit: Hit) -> Function:
        def forgetful(self: Any, user_id: str, session_id: str, code: str) -> Any:
            codes = confirm(self, user_id, session_id, code)
            hit()
            this = second_factors.c.user_id == user_id
            with self._database.transaction() as connection:
                connection.execute(update(second_factors).where(this).values(last_step=None))
            return codes

        return forgetful

    patch.replace("auth.secondfactor:SecondFactor.confirm", factory)


@defect(
    "auth.code-race",
    breaks=["ACC-20"],
    says="Two log-ins that give the same code at the same moment both begin a session.",
    partial=True,
)
def code_race(patch: Patch) -> None:
    meeting = threading.Barrier(2)

    def factory_hold(_hold: Function, _hit: Hit) -> Function:
        return lambda self, connection, token: None

    def factory_find(find: Function, _hit: Hit) -> Function:
        def unlocked(connection: Any, user_id: str, hold: bool = True) -> Any:
            return find(connection, user_id, False)

        return unlocked

    def factory_use(use: Function, hit: Hit) -> Function:
        def slow(self: Any, connection: Any, factor: Any, code: str) -> Any:
            if factor["confirmed_at"] is not None:
                try:
                    meeting.wait(0.5)
                    hit()
                except threading.BrokenBarrierError:
                    meeting.reset()
            return use(self, connection, factor, code)

        return slow

    patch.replace("auth.secondfactor:SecondFactor._hold_user_of", factory_hold)
    patch.replace("auth.secondfactor:SecondFactor._find", factory_find)
    patch.replace("auth.secondfactor:SecondFactor.use", factory_use)


@defect(
    "auth.old-codes-accepted",
    breaks=["AUTH-156", "ACC-20"],
    says="A code is accepted two steps after its own.",
    partial=True,
)
def old_codes_accepted(patch: Patch) -> None:
    def factory(_accepted: Function, hit: Hit) -> Function:
        def wide(present: int) -> Any:
            hit()
            return range(present - 2, present + 2)

        return wide

    patch.replace("auth.secondfactor:SecondFactor.accepted_steps", factory)


@defect(
    "auth.coming-codes-accepted",
    breaks=["AUTH-156", "ACC-20"],
    says="A code is accepted ten minutes before its time, so that one look at an app is good for long.",
    partial=True,
)
def coming_codes_accepted(patch: Patch) -> None:
    def factory(_accepted: Function, hit: Hit) -> Function:
        def wide(present: int) -> Any:
            hit()
            return range(present - 1, present + 21)

        return wide

    patch.replace("auth.secondfactor:SecondFactor.accepted_steps", factory)


@defect(
    "auth.steps-beside-refused",
    breaks=["AUTH-156"],
    says="A code of the step before is refused, so that people with a slow clock cannot log in.",
    partial=True,
)
def steps_beside_refused(patch: Patch) -> None:
    def factory(_accepted: Function, hit: Hit) -> Function:
        def narrow(present: int) -> Any:
            hit()
            return range(present, present + 2)

        return narrow

    patch.replace("auth.secondfactor:SecondFactor.accepted_steps", factory)


@defect(
    "auth.cookie-log-in-without-code",
    breaks=["ACC-20"],
    says="A browser that logs in by cookie is asked for no code.",
    partial=True,
)
def cookie_log_in_without_code(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def lenient(request: Any, body: Any) -> Any:
            answer = log_in(request, body)
            if answer.status_code != 202:
                return answer
            from reference.auth.routes import browser

            service = request.app.state.service
            user = service.accounts.log_in(body.email, body.password)
            hit()
            begun = service.sessions.begin(user.id, user.permissions, body.device_id, user.hashed_password)
            return browser.with_cookies(service, begun, {})

        return lenient

    patch.replace("auth.routes.browser:log_in_by_cookie", factory)


@defect(
    "auth.challenge-renews",
    breaks=["AUTH-151"],
    says="What a log-in was given to wait for a code with is taken for a refresh token.",
    partial=True,
)
def challenge_renews(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str) -> Any:
            this = login_challenges.c.token_hash == token_hash(token)
            with self._database.transaction() as connection:
                waiting = connection.execute(select(login_challenges).where(this)).mappings().first()
            if waiting is None:
                return renew(self, token)
            hit()
            return self.begin(waiting["user_id"], ["profile:read"], None, waiting["hashed_password"])

        return lenient

    patch.replace("auth.sessions:Sessions.renew", factory)


@defect(
    "auth.challenge-used-twice",
    breaks=["AUTH-151"],
    says="A log-in that was finished can be finished again with a recovery code.",
    partial=True,
)
def challenge_used_twice(patch: Patch) -> None:
    forgiven(patch, _OBJECTION, "challenge-used", instead="")


@defect(
    "auth.challenge-never-expires",
    breaks=["AUTH-151"],
    says="A log-in waits for its code for ever.",
    partial=True,
)
def challenge_never_expires(patch: Patch) -> None:
    forgiven(patch, _OBJECTION, "challenge-expired", instead="")


@defect(
    "auth.reset-switches-the-factor-off",
    breaks=["AUTH-152"],
    says="A reset of the password switches the second factor off.",
    partial=True,
)
def reset_switches_the_factor_off(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def lenient(
            self: Any, connection: Any, user_id: str, hashed: str, reason: str, but: str | None = None
        ) -> Any:
            if reason == "password-reset":
                this = second_factors.c.user_id == user_id
                if connection.execute(delete(second_factors).where(this)).rowcount:
                    hit()
            return put(self, connection, user_id, hashed, reason, but)

        return lenient

    patch.replace("auth.recovery:Recovery._put", factory)


@defect(
    "auth.sessions-without-code-go-on",
    breaks=["AUTH-153"],
    says="Sessions that began without a code go on when the factor is switched on.",
)
def sessions_without_code_go_on(patch: Patch) -> None:
    def factory(end_within: Function, hit: Hit) -> Function:
        def lenient(self: Any, connection: Any, user_id: str, reason: str, but: str | None = None) -> Any:
            if reason != "second-factor-on":
                return end_within(self, connection, user_id, reason, but)
            hit()
            return []

        return lenient

    patch.replace("auth.sessions:Sessions.end_within", factory)
