"""Each defect of codes taken at the wrong time or again is seen with the defect on, and not with it off."""

import time
from dataclasses import dataclass

import pyotp

from tests.reference.defect_platform import Answer, Platform, User, wait_for
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
STEP = 30
CSRF = [("X-CSRF-Protection", "1")]


@dataclass
class Factor:
    """An app and recovery codes."""

    secret: str
    recovery: list[str]

    def code(self, beside: int = 0) -> str:
        """The code of this step of time, or of one beside it."""
        return pyotp.TOTP(self.secret).generate_otp(int(time.time()) // STEP + beside)


def enrolled(on: Platform, user: User) -> Factor:
    """A secret for an app, not confirmed."""
    answer = on.call("POST", "/auth/second-factor", {"password": user.password}, user.access)
    assert answer.status == 200, answer.text
    return Factor(answer.body["secret"], [])


def confirm(on: Platform, user: User, code: str) -> Answer:
    """Switches the factor on."""
    return on.call("POST", "/auth/second-factor/confirm", {"code": code}, user.access)


def switched_on(on: Platform, user: User, beside: int = 0) -> Factor:
    """A factor that is on."""
    factor = enrolled(on, user)
    answer = confirm(on, user, factor.code(beside))
    assert answer.status == 200, answer.text
    return Factor(factor.secret, answer.body["recovery_codes"])


def challenge(on: Platform, user: User) -> str:
    """What a log-in waits for its code with."""
    answer = on.try_log_in(user.email, user.password)
    assert answer.status == 202, answer.text
    return str(answer.body["challenge_token"])


def finish(on: Platform, waiting: str, code: str, path: str = "/auth/login/second-factor") -> int:
    """The status of the second step of a log-in."""
    return on.call("POST", path, {"challenge_token": waiting, "code": code}, headers=CSRF).status


@flaw("auth.steps-rounded")
def steps_rounded(on: Platform) -> bool:
    user = on.user()
    factor = enrolled(on, user)
    assert wait_for(lambda: STEP / 2 + 1 < time.time() % STEP < STEP - 3, STEP)
    return confirm(on, user, factor.code(2)).status == 200


@flaw("auth.refused-codes-lengthen-the-wait", code_failures=1, code_failure_window=4)
def refused_codes_lengthen_the_wait(on: Platform) -> bool:
    user = on.user()
    factor = switched_on(on, user)
    waiting = challenge(on, user)
    assert finish(on, waiting, "no such code") == 403
    time.sleep(2.5)
    assert finish(on, waiting, factor.code(1)) == 429
    time.sleep(2.5)
    return finish(on, waiting, factor.code(1)) == 429


@flaw("auth.recovery-frees-used-codes")
def recovery_frees_used_codes(on: Platform) -> bool:
    user = on.user()
    factor = enrolled(on, user)
    used = factor.code(1)
    recovery = confirm(on, user, used).body["recovery_codes"]
    assert finish(on, challenge(on, user), used) == 403
    assert finish(on, challenge(on, user), recovery[0]) == 200
    return finish(on, challenge(on, user), used) == 200


@flaw("auth.challenge-survives-recovery")
def challenge_survives_recovery(on: Platform) -> bool:
    user = on.user()
    factor = switched_on(on, user)
    by_app, by_recovery = challenge(on, user), challenge(on, user)
    assert finish(on, by_app, factor.code(1)) == 200
    assert finish(on, by_app, factor.recovery[0]) == 401
    assert finish(on, by_recovery, factor.recovery[0]) == 200
    return finish(on, by_recovery, factor.recovery[1]) == 200


@flaw("auth.factor-on-not-announced")
def factor_on_not_announced(on: Platform) -> bool:
    user = on.user()
    other = on.log_in(user)
    assert on.me(other.access) == 200
    switched_on(on, user)
    assert on.renew(other.refresh).status == 401
    return on.me(other.access) == 200
