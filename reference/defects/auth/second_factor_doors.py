"""Second factors that let in too early, do not let in at all, or stay when they are switched off."""

import json
import logging
import re
import threading
import time
from typing import Any

from fastapi.responses import JSONResponse
from sqlalchemy import select, update

from reference.auth import endpoints
from reference.auth.database import second_factors
from reference.auth.secondfactor import Challenge
from reference.auth.sessions import new_token
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect

_OF_AN_APP = re.compile(r"[0-9]{6}")


@defect(
    "auth.first-secret-stays",
    breaks=["AUTH-150"],
    says="Who asks for a secret again before confirming the first is given the same one once more.",
    partial=True,
)
def first_secret_stays(patch: Patch) -> None:
    given: dict[str, tuple[str, str]] = {}

    def factory(begin: Function, hit: Hit) -> Function:
        def thrifty(self: Any, user: Any, password: str) -> Any:
            made = begin(self, user, password)
            if user.id not in given:
                given[user.id] = made
                return made
            hit()
            again = given[user.id]
            values = {"sealed_secret": self._seal(user.id, again[0])}
            with self._database.transaction() as connection:
                connection.execute(
                    update(second_factors).where(second_factors.c.user_id == user.id).values(values)
                )
            return again

        return thrifty

    patch.replace("auth.secondfactor:SecondFactor.begin", factory)


@defect(
    "auth.challenge-with-a-session",
    breaks=["ACC-20"],
    says="The answer that asks for a code holds the tokens of a session as well, for apps that ask by themselves.",
    partial=True,
)
def challenge_with_a_session(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def hasty(request: Any, body: Any) -> Any:
            answer = log_in(request, body)
            if not isinstance(answer, JSONResponse) or body.device_id is not None:
                return answer
            hit()
            service = endpoints.parts(request)
            user = service.accounts.log_in(body.email, body.password)
            begun = service.sessions.begin(user.id, user.permissions, None, user.hashed_password)
            told = json.loads(bytes(answer.body))
            return JSONResponse({**told, **endpoints.token_answer(service, begun)}, status_code=202)

        return hasty

    patch.replace("auth.endpoints:log_in", factory)


def _ends_at_once(patch: Patch, of_an_app: bool) -> None:
    """Ends the other sessions at a log-in with one kind of code after the new one has begun, and so the new one too."""

    def factory(finish: Function, hit: Hit) -> Function:
        def ending(self: Any, token: str, code: str) -> Any:
            user_id, begun = finish(self, token, code)
            if bool(_OF_AN_APP.fullmatch(code)) == of_an_app:
                hit()
                self._sessions.end_all(user_id, "second-factor-used")
            return user_id, begun

        return ending

    patch.replace("auth.secondfactor:SecondFactor.finish", factory)


@defect(
    "auth.code-ends-its-own-session",
    breaks=["ACC-20"],
    says="A log-in with a code of the app ends every session of the person, the one that it has begun with them.",
    partial=True,
)
def code_ends_its_own_session(patch: Patch) -> None:
    _ends_at_once(patch, of_an_app=True)


@defect(
    "auth.recovery-ends-its-own-session",
    breaks=["AUTH-154"],
    says="A log-in with a recovery code ends every session of the person, the one that it has begun with them.",
    partial=True,
)
def recovery_ends_its_own_session(patch: Patch) -> None:
    _ends_at_once(patch, of_an_app=False)


@defect(
    "auth.wrong-password-asked-for-a-code",
    breaks=["ACC-20"],
    says="Who has a second factor is asked for a code after a wrong password too, which no code makes good.",
    partial=True,
)
def wrong_password_asked_for_a_code(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def polite(request: Any, body: Any) -> Any:
            try:
                return log_in(request, body)
            except problems.Problem as problem:
                service = endpoints.parts(request)
                found = service.accounts._find(body.email)
                asked = found is not None and service.second_factor.is_on(found["id"])
                if problem.name != "invalid-credentials" or not asked:
                    raise
            hit()
            return endpoints.challenge_answer(Challenge(new_token(), 300))

        return polite

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.challenge-with-blanks-taken",
    breaks=["AUTH-151"],
    says="Blanks around the token of a log-in that waits for a code are cut off.",
    partial=True,
)
def challenge_with_blanks_taken(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def trimmed(connection: Any, token: str) -> Any:
            if token != token.strip():
                hit()
            return find(connection, token.strip())

        return trimmed

    patch.replace("auth.secondfactor:SecondFactor._find_challenge", factory)


@defect(
    "auth.factor-stays-on",
    breaks=["AUTH-155"],
    says="Who switches the factor off with a code of the app is told that it is off, and it stays on.",
    partial=True,
)
def factor_stays_on(patch: Patch) -> None:
    by_app = threading.local()

    def factory_disable(disable: Function, _hit: Hit) -> Function:
        def noted(self: Any, user: Any, password: str, code: str) -> None:
            by_app.now = bool(_OF_AN_APP.fullmatch(code))
            try:
                disable(self, user, password, code)
            finally:
                by_app.now = False

        return noted

    def factory_forget(forget: Function, hit: Hit) -> Function:
        def half(connection: Any, user_id: str) -> None:
            if getattr(by_app, "now", False):
                hit()
                return
            forget(connection, user_id)

        return half

    patch.replace("auth.secondfactor:SecondFactor.disable", factory_disable)
    patch.replace("auth.secondfactor:SecondFactor._forget", factory_forget)


@defect(
    "auth.fast-clock-refused",
    breaks=["AUTH-156"],
    says="A code of the step after is refused to who has used none for a while, so that a fast clock shuts people out.",
    partial=True,
)
def fast_clock_refused(patch: Patch) -> None:
    idle = threading.local()

    def factory_use(use_code: Function, _hit: Hit) -> Function:
        def noted(self: Any, connection: Any, factor: Any, code: str, now: Any) -> str:
            last = factor["last_step"]
            idle.now = last is not None and last < int(now.timestamp()) // 30 - 10
            return str(use_code(self, connection, factor, code, now))

        return noted

    def factory_steps(accepted: Function, hit: Hit) -> Function:
        def narrow(present: int) -> Any:
            if not getattr(idle, "now", False):
                return accepted(present)
            hit()
            return range(present - 1, present + 1)

        return narrow

    patch.replace("auth.secondfactor:SecondFactor.use_code", factory_use)
    patch.replace("auth.secondfactor:SecondFactor.accepted_steps", factory_steps)


@defect(
    "auth.guesses-counted-late",
    breaks=["AUTH-157"],
    says="How many wrong codes there were is read before the factor is held, so that guesses at one moment count as one.",
    partial=True,
)
def guesses_counted_late(patch: Patch) -> None:
    seen = threading.local()

    def factory_finish(finish: Function, hit: Hit) -> Function:
        def early(self: Any, token: str, code: str) -> Any:
            with self._database.transaction() as connection:
                waiting = self._find_challenge(connection, token)
                whose = waiting["user_id"] if waiting is not None else None
            with self._database.transaction() as connection:
                this = select(second_factors).where(second_factors.c.user_id == whose)
                factor = connection.execute(this).mappings().first()
            if factor is not None:
                seen.failures = self.recent_failures(factor, clock.now())
                time.sleep(0.3)
            try:
                return finish(self, token, code)
            finally:
                seen.failures = None

        return early

    def factory_recent(recent: Function, hit: Hit) -> Function:
        def stale(self: Any, factor: Any, now: Any) -> int:
            right, early = recent(self, factor, now), getattr(seen, "failures", None)
            if early is None or early == right:
                return int(right)
            hit()
            return int(early)

        return stale

    patch.replace("auth.secondfactor:SecondFactor.finish", factory_finish)
    patch.replace("auth.secondfactor:SecondFactor.recent_failures", factory_recent)


@defect(
    "auth.recovery-code-in-the-log",
    breaks=["AUTH-158", "AUTH-72"],
    says="The service's log tells which recovery code was used.",
    partial=True,
)
def recovery_code_in_the_log(patch: Patch) -> None:
    log = logging.getLogger("assay.access")

    def factory(use: Function, hit: Hit) -> Function:
        def telling(self: Any, connection: Any, factor: Any, code: str, now: Any) -> str:
            refusal = str(use(self, connection, factor, code, now))
            if not refusal:
                hit()
                log.info("recovery code %s of %s is used up", code, factor["user_id"])
            return refusal

        return telling

    patch.replace("auth.secondfactor:SecondFactor.use_recovery_code", factory)
