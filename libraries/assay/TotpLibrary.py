"""Keywords about codes of a second factor, as an app on a telephone makes them."""

from __future__ import annotations

import time

from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core import tolerance
from assay.core.run import current
from assay.core.tolerance import HARMLESS, LOCKOUTS
from assay.core.waiting import let_pass
from assay.evidence.expect import expect
from assay.evidence.redact import conceal
from assay.totp import codes

_NEAR = 3


@library(scope="GLOBAL", auto_keywords=False)
class TotpLibrary:
    """Stands for the app: makes codes by RFC 6238 (SHA-1, 30 seconds, six digits) out of a secret in base32.

    Its clock is that of the platform's service, where a test has moved it (`Move The Clock`), else this machine's.
    """

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    @keyword
    def fresh_code(self, secret: Secret) -> Secret:
        """A code that the app has not shown by this keyword before: of this step of time, or of the next one.

        A third one within a step has to be waited for; where the platform's clock can be moved, move it on instead.
        Example: | ${code} = | `Fresh Code` | ${user}[factor] |
        """
        step = max(_step(), self._used.get(secret.value, 0) + 1)
        let_pass((step - 1) * codes.STEP - _now(), "the next code that the app has not shown")
        self._used[secret.value] = step
        return _code(secret, step)

    @keyword
    def code_of_step(self, secret: Secret, away: int = 0) -> Secret:
        """The code of a step of time, so many steps after this one, or before it where the number is negative.

        Where this step is about to end, its end is waited for, so that the number is still true when the code arrives.
        Example: | ${old} = | `Code Of Step` | ${user}[factor] | -2 |
        """
        left = codes.STEP - _now() % codes.STEP
        if left < _NEAR:
            let_pass(left + 0.05, "the next step of the app")
        return _code(secret, _step() + away)

    @keyword
    def wrong_codes(self, secret: Secret, number: int = 1) -> list[Secret]:
        """Codes of six digits that the app shows at no time near the present, each another one.

        More than four lock people out (`needs:auth.lockouts`).
        Example: | @{codes} = | `Wrong Codes` | ${user}[factor] | 5 |
        """
        if number > HARMLESS:
            tolerance.require(LOCKOUTS, f"Wrong Codes with {number} codes, more than {HARMLESS},")
        plain = codes.decoded(secret.value)
        right = {codes.code(plain, step) for step in range(_step() - 20, _step() + 21)}
        wrong = (f"{guess:06d}" for guess in range(123456, 999999) if f"{guess:06d}" not in right)
        return [_concealed(next(wrong)) for _ in range(number)]

    @keyword
    def enrolment_should_fit_apps(self, secret: Secret, uri: Secret, account: str) -> None:
        """A secret has 128 bits at least, and its otpauth address says what any app needs to make the same codes.

        Source: RFC 4226, 4 (R6); RFC 6238, 5.1.
        Example: | `Enrolment Should Fit Apps` | ${answer.body}[secret] | ${answer.body}[uri] | ${user.email} |
        """
        try:
            octets = len(codes.decoded(secret.value))
        except ValueError:
            octets = 0
        expect(octets >= 16, "a secret in base32 of 128 bits at least", f"{octets * 8} bits")
        wrong = codes.objections(uri.value, secret.value, account)
        expect(not wrong, "an otpauth address that apps read", wrong)


def _now() -> float:
    platform = current().platform_if_started
    return time.time() + (platform.clocks_ahead.get("auth", 0.0) if platform else 0.0)


def _step() -> int:
    return int(_now()) // codes.STEP


def _code(secret: Secret, step: int) -> Secret:
    return _concealed(codes.code(codes.decoded(secret.value), step))


def _concealed(code: str) -> Secret:
    conceal(code, "code")
    return Secret(code)
