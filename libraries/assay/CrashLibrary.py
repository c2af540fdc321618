"""Keywords that kill a service between two of its writes and see whether it heals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.libraries.BuiltIn import BuiltIn

from assay.core import linked
from assay.core.errors import AssayError, NoAnswer
from assay.core.run import current
from assay.core.waiting import until
from assay.crash.links import Links, Trap
from assay.crash.speech import COMMIT
from assay.evidence import live
from assay.evidence.expect import Unmet, expect

DISTURBING = ("disturbing",)


@dataclass(frozen=True)
class Step:
    """Where a service is killed: before one of the writes, or after it."""

    place: int
    trap: Trap

    def __str__(self) -> str:
        return f"killed {'after' if self.trap.after else 'before'} write {self.place} ({self.trap.write})"


@library(scope="GLOBAL", auto_keywords=False)
class CrashLibrary:
    """Leads the connections of a service through links of the suite, cuts them, and kills it at exact messages (`auth.links`).

    What counts as a write is seen on the wire: commits of PostgreSQL, commands of Redis that change something, mails that are
    handed over. What a transaction writes before its commit the database undoes as one. Of a protocol that is not known, or
    encrypted, each message counts.
    """

    def __init__(self) -> None:
        self._links: Links | None = None
        self._failed: dict[str, str] = {}
        self._steps: list[Step] = []
        self._not_met: list[Step] = []

    @keyword(tags=DISTURBING)
    def put_links_before_the_service(self, service: str = "auth") -> None:
        """Restarts a service of the private platform so that it reaches database, session store and mail through links.

        The links end with the suite: call `Take The Links Away` in its teardown.
        """
        run = current()
        behind = linked.behind(run, service, "links")
        self.take_the_links_away()
        self._links = Links(behind, lambda: run.control(service, "kill"))
        self._links.open()
        linked.lead(run, service, self._links.addresses)
        logger.info(f"{service} reaches through links: {', '.join(behind)}.")

    @keyword
    def take_the_links_away(self) -> None:
        """Ends the links. Does nothing when there are none, so it fits every teardown."""
        if self._links is not None:
            self._links.close()
            self._links = None

    @keyword(tags=DISTURBING)
    def cut_the_link_to(self, name: str) -> None:
        """Has the service not reach one of what it depends on any more: every connection to it ends, old and new.

        | =Argument= | =Meaning= |
        | `name`     | database, session-store or mail, whichever of them the service is linked to |

        Call `Mend The Link To` in the teardown of the test.
        """
        self._opened().cut(name)

    @keyword(tags=DISTURBING)
    def mend_the_link_to(self, name: str) -> None:
        """Lets the service reach again what it was cut off from. Does nothing where it was not, so it fits every teardown."""
        if self._links is not None:
            self._links.mend(name)

    @keyword
    def the_cut_link_should_be_tried(
        self, name: str, times: int = 1, within: timedelta = timedelta(seconds=30)
    ) -> None:
        """Waits until the service has tried so often, in vain, to reach what it was cut off from; fails when it has not in time.

        Example: | `The Cut Link Should Be Tried` | mail | times=4 |
        """
        links, seconds = self._opened(), within.total_seconds()
        until(lambda: True if links.tried(name) >= times else None, seconds)
        tried = links.tried(name)
        expect(tried >= times, f"{times} tries to reach {name} within {seconds:g} s", tried, name)

    @keyword(tags=DISTURBING)
    def steps_of(self, operation: str, fields: Mapping[str, Any]) -> list[Step]:
        """Calls an operation without a crash and returns the steps at which it can be killed, in their order.

        These are: before each of its writes, and after each commit too, before the service hears that it went well. Mails that it
        owes belong to it. Fails where it does not succeed; one that writes nothing has no steps, and could show nothing.
        Example: | ${steps} = | `Steps Of` | auth.signUp | ${fields} |
        """
        trap = self._opened().set_trap(Trap())
        response = _http().call(operation, **fields)
        _http().should_succeed(response)
        self._opened().wait(trap)
        self._opened().let_go()
        if not trap.writes:
            raise AssayError(f"{operation} writes nothing that is seen on the links")
        logger.info("Writes: " + "; ".join(f"{place} {told}" for place, told in enumerate(trap.writes, 1)))
        self._failed, self._steps = {}, list(_steps(trap.writes))
        self._not_met = list(self._steps)
        return list(self._steps)

    @keyword
    def steps_not_met(self) -> list[Step]:
        """Those of `Steps Of` the operation at which the service has not been killed yet, in their order.

        A call that comes by without the write of a step shows nothing of it; the step is to be tried again.
        """
        return list(self._not_met)

    @keyword(tags=DISTURBING)
    def call_with_a_crash(
        self,
        step: Step,
        operation: str,
        fields: Mapping[str, Any],
        done_already: str | None = None,
        ask_again: bool = True,
        service: str = "auth",
    ) -> None:
        """Calls an operation, kills the service at a step, starts it again, and has a caller who heard nothing ask once more.

        | =Argument=     | =Meaning= |
        | `step`         | one of `Steps Of` the operation |
        | `done_already` | the refusal of an operation that is repeated after it was done; none where it can always be repeated |
        | `ask_again`    | whether it is repeated at all; where a repeat would do more than the first call, the test asks itself |

        The repeat must succeed, or be refused as done already. What was answered as done is not repeated.
        Example: | `Call With A Crash` | ${step} | auth.resetPassword | ${fields} | invalid-reset-token |
        """
        links = self._opened()
        trap = links.set_trap(replace(step.trap, writes=[]))
        answered = _answered(operation, fields)
        sprung = links.wait(trap)
        links.let_go()
        if sprung:
            self._not_met = [one for one in self._not_met if one != step]
            current().control(service, "start")
            _http().service_is_back()
        if ask_again and not answered:
            _repeat(operation, fields, done_already)

    @keyword
    def step_has_not_healed(self, step: Step, failure: str) -> None:
        """Notes what was seen after a crash at a step, for `Every Step Should Have Healed`."""
        logger.info(f"{step}: {failure}")
        self._failed[str(step)] = failure

    @keyword
    def every_step_should_have_healed(self, operation: str) -> None:
        """Fails for each step that was noted. Where one of them was never met, nothing was shown of it: an error that names it.

        Example: | `Every Step Should Have Healed` | auth.signUp |
        """
        rows, missed = len(self._steps), "; ".join(map(str, self._not_met))
        live.count_rows(rows)
        logger.info(f"{operation} was killed at {rows - len(self._not_met)} of {rows} steps.")
        told = "; ".join(f"{step}: {seen}" for step, seen in self._failed.items())
        if told:
            expected = f"all of {operation} to be done after a crash at each step"
            raise Unmet(expected, told, operation, list(self._failed))
        if missed or not rows:
            raise AssayError(
                f"{len(self._not_met)} of {rows} steps of {operation} were never met, so nothing is shown of them: {missed or 'none'}"
            )

    def _opened(self) -> Links:
        if self._links is None:
            raise AssayError("there are no links; call `Put Links Before The Service` in the suite's set-up")
        return self._links


def _steps(writes: list[str]) -> Iterator[Step]:
    for place, told in enumerate(writes, 1):
        number = writes[:place].count(told)
        yield Step(place, Trap(told, number))
        if COMMIT in told:
            yield Step(place, Trap(told, number, after=True))


def _answered(operation: str, fields: Mapping[str, Any]) -> bool:
    """Whether the operation was answered as done; a caller who hears nothing, or that it is out of order, does not know."""
    try:
        response = _http().call(operation, **fields)
    except NoAnswer:
        return False
    if response.problem == "service-unavailable":
        return False
    _http().should_succeed(response)
    return True


def _repeat(operation: str, fields: Mapping[str, Any], done_already: str | None) -> None:
    response = _http().call(operation, **fields)
    if done_already and response.problem is not None:
        _http().should_be_refused_as(response, done_already)
    else:
        _http().should_succeed(response)


def _http() -> Any:
    """The library of calls, which whoever uses these keywords has imported."""
    return BuiltIn().get_library_instance("assay.HttpLibrary")
