"""Keywords about how often something may be asked."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn

from assay.core.errors import AssayError
from assay.core.tolerance import tolerated
from assay.core.waiting import let_pass, until
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
from assay.limit import spellings
from assay.limit.standing import Standing, standings, wait

REFUSED = "too-many-requests"
_SERVED = range(200, 300)


@library(scope="GLOBAL", auto_keywords=False)
class LimitLibrary:
    """Asks until a limit is reached, waits as long as a platform says, and judges what answers tell of limits.

    What an answer tells are the headers RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers, read as
    Structured Fields (RFC 9651), and Retry-After (RFC 9110, section 10.2.3). The calls are HttpLibrary's.
    """

    @tolerated("auth.floods")
    def call_until_refused(
        self, operation: str, at_most: int = 30, address: str | None = None, **arguments: Any
    ) -> list[Any]:
        """Calls an operation again and again until there were too many calls, and returns all answers.

        | =Argument=  | =Meaning= |
        | `at_most`   | the number of calls after which it is no use to go on |
        | `address`   | where to call from, such as `Another Address`; the test's own if none is given |
        | `arguments` | those of `Call` |

        The last answer is the refusal; the others are whatever they are. Fails when none was refused for that reason.
        Example: | ${answers} = | `Call Until Refused` | auth.getJwks | at_most=20 |
        """
        answers = []
        for _ in range(at_most):
            answers.append(_call(operation, address, arguments))
            if answers[-1].problem == REFUSED:
                return answers
        raise Unmet(f"a refusal as {REFUSED} within {at_most} calls", answers[-1].summary(), operation)

    @keyword
    def exactly_so_many_should_be_allowed(self, answers: Sequence[Any], allowed: int) -> None:
        """Of several answers so many are none that tell of too many requests, and all the others are.

        Give it more answers than are allowed. Their order does not matter, so that it fits `Call Together` as well.
        Example: | `Exactly So Many Should Be Allowed` | ${answers} | 6 |
        """
        others = [one for one in answers if one.problem != REFUSED]
        if len(others) == len(answers) <= allowed:
            raise AssayError(f"{len(answers)} answers cannot show that no more than {allowed} are allowed")
        expect(
            len(others) == allowed,
            f"exactly {allowed} of {len(answers)} calls to be allowed",
            f"{len(others)} allowed: {', '.join(sorted({one.summary() for one in others})) or 'none'}",
            answers[0].operation,
        )

    @keyword
    def each_should_have_to_wait(self, answers: Sequence[Any]) -> None:
        """Every one of several answers is a refusal for too many requests; the message tells those that are not."""
        if not answers:
            raise AssayError("give an answer at least")
        odd = [
            f"{number}: {one.summary()}" for number, one in enumerate(answers, 1) if one.problem != REFUSED
        ]
        expect(not odd, f"all {len(answers)} calls to be refused as {REFUSED}", odd, answers[0].operation)

    @keyword
    def told_limits(self, answer: Any) -> dict[str, Standing]:
        """How the limits stand that an answer tells of, by the policies' names: `quota`, `window`, `left`, `effective`.

        Fails where the headers are no structured fields, name a policy twice or not in both, or lack a number; and where
        more is left than the quota, or the effective window is longer than the window.
        Example: | ${limits} = | `Told Limits` | ${answer} |
        """
        told = standings(answer)
        for name, one in told.items():
            expect(
                one.left <= one.quota,
                f"no more left of '{name}' than {one.quota}",
                one.left,
                answer.operation,
            )
            expect(
                one.effective <= one.window,
                f"an effective window of '{name}' of at most {one.window} s",
                f"{one.effective} s",
                answer.operation,
            )
        logger.info(f"{told}")
        return told

    @keyword
    def limits_should_be_told(self, answer: Any) -> dict[str, Standing]:
        """Like `Told Limits`, and an answer that tells of none fails."""
        told = self.told_limits(answer)
        expect(told, "the headers RateLimit-Policy and RateLimit", list(answer.headers), answer.operation)
        return told

    @keyword
    def no_limits_should_be_told(self, answer: Any) -> None:
        """An answer tells of no limit at all."""
        told = self.told_limits(answer)
        expect(not told, "no header that tells of limits", list(told), answer.operation)

    @keyword
    def should_have_a_limit_of_its_own(self, names: Sequence[str], usual: Sequence[str]) -> None:
        """Among the policies of an operation is one that others do not have, be it beside theirs or in the place of one.

        | =Argument= | =Meaning= |
        | `names`    | the policies that an answer of the operation tells |
        | `usual`    | those of an operation that costs the platform little |
        """
        expect(
            set(names) - set(usual),
            f"a policy beside {', '.join(usual) or 'none'}",
            ", ".join(names) or "none",
        )

    @keyword
    def what_is_left_should_fall(self, answers: Sequence[Any], by: int = 1) -> None:
        """From each answer to the next, of calls one after the other, exactly so much less is left under every policy.

        The quota and the window of each policy stay the same. Fails where the answers tell of different policies.
        """
        told = [self.limits_should_be_told(one) for one in answers]
        for (number, before), after in zip(enumerate(told, 2), told[1:], strict=False):
            for name in before | after:
                one, two = before.get(name), after.get(name)
                expect(one and two, f"'{name}' in each answer", f"not in answer {number - 1} or {number}")
                assert one and two
                same = (one.quota, one.window) == (two.quota, two.window)
                expect(same, f"the policy '{name}' to stay {one.quota} in {one.window} s", str(two))
                expect(
                    two.left == one.left - by,
                    f"{one.left - by} left of '{name}' in answer {number}",
                    two.left,
                    answers[0].operation,
                )
        if not list(pairwise(told)):
            raise AssayError("give two answers or more")

    @keyword
    def told_wait(self, refusal: Any) -> int:
        """The seconds that a refusal says there are to wait: Retry-After, once, in whole seconds, at least 1.

        Where it tells of a limit that has nothing left too, the wait does not end before the effective window of that.
        Example: | ${seconds} = | `Told Wait` | ${answer} |
        """
        expect(refusal.problem == REFUSED, f"a refusal as {REFUSED}", refusal.summary(), refusal.operation)
        seconds = wait(refusal)
        empty = max((one.effective for one in self.told_limits(refusal).values() if one.left == 0), default=0)
        expect(
            seconds >= empty,
            f"a Retry-After of no less than the effective window, {empty} s",
            f"{seconds} s",
            refusal.operation,
        )
        return seconds

    @keyword
    def wait_as_told(self, refusal: Any) -> int:
        """Waits as long as a refusal says (`Told Wait`), and not longer. Returns the seconds.

        It refuses to wait for longer than a minute: configure a shorter window.
        """
        seconds = self.told_wait(refusal)
        let_pass(seconds, "the end of the wait that the refusal tells")
        return seconds

    @keyword
    def wait_until_limits_are_told(
        self, operation: str, within: timedelta = timedelta(seconds=5), address: str | None = None
    ) -> None:
        """Calls an operation again and again until its answer tells of limits; fails when none did in time.

        Example: | `Wait Until Limits Are Told` | auth.getJwks | address=${elsewhere} |
        """
        told = until(
            lambda: self.told_limits(_call(operation, address, {})) or None, within.total_seconds(), 0.1
        )
        expect(told, f"an answer that tells of limits within {within.total_seconds():g} s", "none", operation)

    @keyword
    def claims_of_other_addresses(self, **fields: Any) -> list[dict[str, Any]]:
        """Calls for `Call Together`, each with a header in which proxies name another caller; `fields` belong to each."""
        return [{"headers": claim, **fields} for claim in spellings.claims_of_other_addresses()]

    @keyword
    def calls_of_different_people(self, count: int, email: str, **fields: Any) -> list[dict[str, Any]]:
        """Calls for `Call Together`, each with another mail address, made from the one given; `fields` belong to each.

        Example: | ${calls} = | `Calls Of Different People` | 12 | ${nobody.email} | password=${nobody.password} |
        """
        return [{"email": f"{number}-{email}", **fields} for number in range(count)]

    @keyword
    def made_up_credentials(self, count: int, **fields: Any) -> list[dict[str, Any]]:
        """Calls for `Call Together`, each with an API key, a token or a cookie that nobody gave out, each another."""
        made: list[dict[str, Any]] = []
        for number in range(count):
            value = Secret(secrets.token_urlsafe(32))
            conceal(value.value, "made-up credentials")
            cookie = {"Cookie": Secret(f"session={value.value}")}
            kind: dict[str, Any] = ({"api_key": value}, {"token": value}, {"headers": cookie})[number % 3]
            made.append({**kind, **fields})
        return made

    @keyword
    def spellings_that_are_served(self, operation: str, service: str = "auth") -> list[str]:
        """Asks by every spelling that looks like the operation's path, and returns the names of those that are served.

        `as it is` is among them, so that a list without it says that the operation itself is not served.
        Example: | ${served} = | `Spellings That Are Served` | auth.getJwks |
        """
        url = _library("assay.PlatformLibrary").address_of_operation(operation)
        http, served = _library("assay.HttpLibrary"), []
        for name, path in spellings.of_the_path(url).items():
            request = f"GET {path} HTTP/1.1\\r\\nHost: {{host}}\\r\\nConnection: close\\r\\n\\r\\n"
            if http.call_raw(service, request).status in _SERVED:
                served.append(name)
        return served


def _call(operation: str, address: str | None, arguments: dict[str, Any]) -> Any:
    http = _library("assay.HttpLibrary")
    if address is None:
        return http.call(operation, **arguments)
    return http.call_from(address, operation, **arguments)


def _library(name: str) -> Any:
    return BuiltIn().get_library_instance(name)
