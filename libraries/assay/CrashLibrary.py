"""Keywords that kill a service between two of its writes and see whether it heals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library
from robot.errors import ExecutionFailed
from robot.libraries.BuiltIn import BuiltIn

from assay.core.errors import AssayError, NoAnswer
from assay.core.run import current
from assay.crash.links import Links, Trap
from assay.crash.speech import COMMIT
from assay.evidence import live
from assay.evidence.expect import Unmet, expect

DISTURBING = ("disturbing",)
_ENOUGH = 3


@dataclass(frozen=True)
class Step:
    """Where a service is killed: before one of the writes, or after it."""

    place: int
    trap: Trap

    def __str__(self) -> str:
        return f"killed {'after' if self.trap.after else 'before'} write {self.place} ({self.trap.write})"


@library(scope="GLOBAL", auto_keywords=False)
class CrashLibrary:
    """Leads the connections of a service through links of the suite, and kills it at exact messages (`auth.links`).

    What counts as a write is seen on the wire: commits of PostgreSQL, commands of Redis that change something, mails that are
    handed over. What a transaction writes before its commit the database undoes as one. Of a protocol that is not known, or
    encrypted, each message counts.
    """

    def __init__(self) -> None:
        self._links: Links | None = None

    @keyword(tags=DISTURBING)
    def put_links_before_the_service(self, service: str = "auth") -> None:
        """Restarts a service of the private platform so that it reaches database, session store and mail through links.

        The links end with the suite: call `Take The Links Away` in its teardown.
        """
        run = current()
        if not run.platform.private:
            raise AssayError("links are put before a private platform only: others use this one")
        behind = run.platform.ready.get("links", {}).get(service)
        if not behind:
            raise AssayError(f"the launcher of {run.target.name} does not say what {service} is linked to")
        self.take_the_links_away()
        self._links = Links(behind, lambda: run.control(service, "kill"))
        self._links.open()
        run.control(service, "link", self._links.addresses)
        run.control(service, "restart")
        logger.info(f"{service} reaches through links: {', '.join(behind)}.")

    @keyword
    def take_the_links_away(self) -> None:
        """Ends the links. Does nothing when there are none, so it fits every teardown."""
        if self._links is not None:
            self._links.close()
            self._links = None

    @keyword(tags=DISTURBING)
    def a_crash_at_each_step_should_heal(
        self, operation: str, prepared: str, healed: str, done_already: str = "", service: str = "auth"
    ) -> None:
        """Kills a service at each write of an operation, starts it again, and fails for each step after which it has not healed.

        | =Argument=     | =Meaning= |
        | `operation`    | the operation, as in ``auth.resetPassword`` |
        | `prepared`     | a keyword that makes what it needs and returns a dictionary; its item `fields` are the operation's fields |
        | `healed`       | a keyword that is given that dictionary and fails unless all of the operation was done |
        | `done_already` | the refusal of an operation that is repeated after it was done; none where it can always be repeated |

        First it runs without a crash, and its writes are counted. Then, each time with everything fresh, the service is killed
        before each of them, and after each commit too, before it hears that it went well. A caller without an answer asks
        once more, as people do: that must succeed, or be refused as done already. Either way all of it was done then.
        Example: | `A Crash At Each Step Should Heal` | auth.signUp | A Sign-Up To Come | The Sign-Up Is Complete |
        """
        writes = self._undisturbed(operation, prepared, healed)
        failed: dict[str, str] = {}
        missed = rows = 0
        for step in _steps(writes):
            rows += 1
            try:
                missed += not self._crash(step, service, operation, prepared, healed, done_already)
            except (Unmet, ExecutionFailed) as error:
                if getattr(error, "skip", False) or getattr(error, "exit", False):
                    raise
                logger.info(f"{step}: {error}")
                failed[str(step)] = str(error)
            if len(failed) == _ENOUGH:
                break
        live.count_rows(rows)
        logger.info(f"{operation} was killed at {rows - missed} steps; {missed} were not reached.")
        if missed * 2 > rows:
            raise AssayError(
                f"{missed} of {rows} steps of {operation} were not met again: it does not write alike each time"
            )
        if failed:
            told = "; ".join(f"{step}: {seen}" for step, seen in failed.items())
            raise Unmet(
                f"{operation} to be done wholly after a crash at each step", told, service, list(failed)
            )

    def _undisturbed(self, operation: str, prepared: str, healed: str) -> list[str]:
        case = _keyword(prepared)
        trap = self._opened().set_trap(Trap())
        response = _http().call(operation, **case["fields"])
        _http().should_succeed(response)
        self._opened().wait(trap)
        self._opened().let_go()
        expect(trap.writes, f"{operation} to write something", "nothing written", "the links")
        logger.info("Writes: " + "; ".join(f"{number} {told}" for number, told in enumerate(trap.writes, 1)))
        _keyword(healed, case)
        return list(trap.writes)

    def _crash(
        self, step: Step, service: str, operation: str, prepared: str, healed: str, done_already: str
    ) -> bool:
        """One crash and what comes after it; whether the step was reached."""
        case = _keyword(prepared)
        links = self._opened()
        trap = links.set_trap(step.trap)
        answered = _answered(operation, case["fields"])
        sprung = links.wait(trap)
        links.let_go()
        if sprung:
            current().control(service, "start")
        if not answered:
            _repeat(operation, case["fields"], done_already)
        _keyword(healed, case)
        return sprung

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


def _answered(operation: str, fields: dict[str, Any]) -> bool:
    """Whether the operation was answered as done; a caller who hears nothing, or that it is out of order, does not know."""
    try:
        response = _http().call(operation, **fields)
    except NoAnswer:
        return False
    if response.problem == "service-unavailable":
        return False
    _http().should_succeed(response)
    return True


def _repeat(operation: str, fields: dict[str, Any], done_already: str) -> None:
    response = _http().call(operation, **fields)
    if done_already and response.problem is not None:
        _http().should_be_refused_as(response, done_already)
    else:
        _http().should_succeed(response)


def _keyword(name: str, *arguments: Any) -> Any:
    return BuiltIn().run_keyword(name, *arguments)


def _http() -> Any:
    """The library of calls, which whoever uses these keywords has imported."""
    return BuiltIn().get_library_instance("assay.HttpLibrary")
