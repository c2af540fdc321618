"""The keywords about the system calls of a process: seen, judged, the last one, failed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from robot.api import logger
from robot.api.deco import keyword

from assay.core import processes
from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS, beginner
from assay.core.waiting import until
from assay.evidence.exchange import table
from assay.evidence.expect import Unmet, expect
from assay.sharedfs import action as actions
from assay.sharedfs import judging
from assay.sharedfs import points as places
from assay.sharedfs.action import Action, Outcome
from assay.sharedfs.calls import CHANGES
from assay.sharedfs.means import require
from assay.sharedfs.points import Point
from assay.sharedfs.tracing import Call, Tracing

DISTURBING = ("disturbing",)
_LONGEST = 5.0

Pids = int | str | Sequence[int]


@dataclass(frozen=True)
class Trace:
    """What processes did below a folder while something was done: `calls` in their order, and when the action came back."""

    folder: str
    calls: list[Call]
    returned: float
    value: Any = None


@dataclass(frozen=True)
class Struck:
    """What came of an action during which a call was met: `outcome.succeeded`, `outcome.error`, the `call`, those before it."""

    point: Point
    call: Call | None
    outcome: Outcome
    calls: list[Call] = field(default_factory=list)

    @property
    def met(self) -> bool:
        """Whether the point was met, so that something is shown."""
        return self.call is not None


class CallKeywords:
    """System calls below a folder, over all threads of all processes that are named and of their children."""

    def __init__(self, quiet: timedelta) -> None:
        self._quiet = quiet.total_seconds()
        self._failing: int | None = None

    @keyword
    def system_calls_of(
        self, pids: Pids, folder: str, action: Action, /, *arguments: Any, **named: Any
    ) -> Trace:
        """Does something and returns the calls by which processes touched files below a folder meanwhile, in their order.

        | =Argument=  | =Meaning= |
        | `pids`      | a process, or several; their children and threads count too |
        | `folder`    | calls on files below it count |
        | `action`    | the keyword to be run, with its arguments after it, or a function |

        What is written shortly after the action has come back is seen too. Returns `calls`, each with `name` (open, look, write,
        truncate, fsync, rename, link, unlink, mkdir ... and `answer` for a send on a connection that was accepted), `paths`,
        `result`, `pid`, `tid`; and the `value` of the action, whose error goes through. Writes through mapped memory are
        not calls and are not seen. Wants the means `trace`.
        Example: | ${trace} = | `System Calls Of` | ${pids} | ${folder} | Put An Entity | ${name} |
        """
        require(["trace"])
        with _watching(Tracing(_numbers(pids), folder)) as tracing:
            value = actions.run(action, arguments, named)
            returned = time.monotonic()
            tracing.quiet(self._quiet, _LONGEST)
        trace = Trace(os.path.realpath(folder), tracing.calls(), returned, value)
        _log(f"System calls below {folder}", trace.calls)
        return trace

    @keyword
    def crash_points_of(self, trace: Trace, at_most: int = 0) -> list[Point]:
        """The points at which a process can be killed: before each call that changes or settles something, and after the last.

        Of more than `at_most` so many are taken, evenly spread, the first and the last among them; 0 is all of them.
        A point reads `before rename 2 (name)`: the second rename below the folder, whichever thread makes it. Fails where
        nothing was changed. Example: | ${points} = | `Crash Points Of` | ${trace} |
        """
        found = places.points(trace.calls)
        expect(found, f"a change below {trace.folder}", "none", trace.folder)
        return places.spread(found, at_most)

    @keyword
    def crash_points_of_processes(self, trace: Trace, pids: Pids) -> list[Point]:
        """Those of `Crash Points Of` a trace that lie before a call of one of these processes.

        Example: | ${points} = | `Crash Points Of Processes` | ${trace} | ${worker} |
        """
        chosen = set(_numbers(pids))
        return [point for point, call in places.met_by(trace.calls) if call.pid in chosen]

    @keyword
    def locks_taken_in(self, trace: Trace) -> list[str]:
        """The files that were locked (flock) while something was done, each once.

        Example: | ${files} = | `Locks Taken In` | ${trace} |
        """
        return list(
            dict.fromkeys(call.paths[0] for call in trace.calls if call.name == "flock" and call.succeeded)
        )

    @keyword
    def temporary_names_should_differ(self, first: Trace, second: Trace) -> None:
        """Fails where two writes made a file of the same name that was there for a moment only: two of them at once would mix (FS-06).

        Such are files that were made and then renamed or removed. One at least must have been made (CWE-379).
        Example: | `Temporary Names Should Differ` | ${first} | ${second} |
        """
        made = [_passing(one.calls) for one in (first, second)]
        expect(
            all(made),
            "temporary files to be made by both",
            f"{len(made[0])} and {len(made[1])}",
            first.folder,
        )
        shared = sorted(made[0] & made[1])
        expect(
            not shared,
            "temporary files of different names",
            ", ".join(map(os.path.basename, shared)),
            first.folder,
        )

    @keyword
    def failures_of(self, trace: Trace, at_most: int = 0) -> list[tuple[Point, str]]:
        """Pairs of a point and an error, for `Fail At`: each call with each error that it is known to fail with (FS-10).

        Of more than `at_most` so many are taken, evenly spread, each kind of call with each error first; 0 is all of them.
        Example: | ${failures} = | `Failures Of` | ${trace} |
        """
        return places.spread(places.failures(trace.calls), at_most, key=lambda one: (one[0].name, one[1]))

    @keyword(tags=DISTURBING)
    def kill_at(
        self, point: Point | str, pids: Pids, folder: str, action: Action, /, *arguments: Any, **named: Any
    ) -> Struck:
        """Does something and kills the process between two system calls of it (FS-05). Returns what came of it.

        | =Argument= | =Meaning= |
        | `point`    | one of `Crash Points Of`, or as `before rename 2`, `after fsync 1`; before: the call is not made at all |

        The process that makes the call dies, with all its threads; others of `pids` live on. That the action fails then is no
        error: see `outcome`. An AssayError tells where the point was not met, since nothing is shown then.
        Example: | `Kill At` | before rename 2 | ${pids} | ${folder} | Put An Entity | ${name} |
        """
        return self._kill(point, pids, folder, action, arguments, named, False)

    @keyword(tags=DISTURBING)
    def kill_if_met_at(
        self, point: Point | str, pids: Pids, folder: str, action: Action, /, *arguments: Any, **named: Any
    ) -> Struck:
        """Like `Kill At`, for actions that do not make the same calls each time: where the point was not met nobody is killed.

        See `Points Should Have Been Met`. Example: | ${struck} = | `Kill If Met At` | before mkdir 1 | ${pids} | ${folder} | Put |
        """
        return self._kill(point, pids, folder, action, arguments, named, False, must_be_met=False)

    @keyword
    def points_should_have_been_met(self, struck: Sequence[Struck], at_least: int) -> None:
        """Fails unless so many of the points were met; a test in which none is shows nothing.

        Example: | `Points Should Have Been Met` | ${all struck} | ${5} |
        """
        met = [str(one.point) for one in struck if one.met]
        expect(
            len(met) >= at_least,
            f"{at_least} points to be met",
            f"{len(met)} of {len(struck)}: {', '.join(met)}",
        )

    @keyword(tags=DISTURBING)
    def kill_all_at(
        self, point: Point | str, pids: Pids, folder: str, action: Action, /, *arguments: Any, **named: Any
    ) -> Struck:
        """Like `Kill At`, and all of the processes die at that moment, as in a power cut that spares the disk."""
        return self._kill(point, pids, folder, action, arguments, named, True)

    @keyword(tags=DISTURBING)
    def fail_at(
        self,
        point: Point | str,
        error: str,
        pids: Pids,
        folder: str,
        action: Action,
        /,
        *arguments: Any,
        **named: Any,
    ) -> Struck:
        """Does something and has one system call of it fail, which is then not made (FS-10). Returns what came of it.

        | =Argument= | =Meaning= |
        | `point`    | as for `Kill At`, before a call; one of `Failures Of` |
        | `error`    | ENOSPC, EDQUOT, EMFILE, EROFS, EACCES, EIO, ESTALE or another of errno |

        Wants the means `fail-calls`. Example: | `Fail At` | before fsync 1 | EIO | ${pids} | ${folder} | Put An Entity | a |
        """
        require(["fail-calls"])
        place = places.point(point)
        if place.side == "after":
            raise AssayError(f"a call fails before it is made: 'before {place.name} {place.number}'")
        tracing = Tracing(_numbers(pids), folder, place.plan(places.error_number(error)))
        return _struck(place, tracing, action, arguments, named, self._quiet)

    @keyword(tags=DISTURBING)
    def let_calls_fail(self, error: str, pids: Pids, folder: str, /, *calls: str) -> None:
        """Has every call of these names below a folder fail from now on, until `Let Calls Succeed` or the end of the test.

        `calls` are names such as write, fsync, rename; all that change something where none is named. It is as a full disk
        (ENOSPC), a lost mount (ESTALE) or a broken one (EIO) looks to these processes, and to nobody else.
        Example: | `Let Calls Fail` | ENOSPC | ${pids} | ${folder} | write | fsync |
        """
        require(["fail-calls"])
        self.let_calls_succeed()
        names = [places.named(name) for name in calls] or list(CHANGES)
        plan = {"names": names, "first": 1, "last": None, "error": places.error_number(error)}
        tracing = Tracing(_numbers(pids), folder, plan)

        def end() -> None:
            _log(f"Calls below {folder} that failed with {error}", [one for one in tracing.end() if one.met])

        self._failing = FAULTS.promise_call(end, beginner())
        tracing.begin()

    @keyword
    def let_calls_succeed(self) -> None:
        """Ends `Let Calls Fail`. Does nothing where it was not called, so it fits every teardown."""
        if self._failing is not None:
            FAULTS.undo(self._failing)
            self._failing = None

    @keyword
    def file_and_folder_should_be_synced_before_the_answer(self, trace: Trace, /, *ignoring: str) -> None:
        """Fails unless all that was written is safe from a power cut as the answer goes out, judged by the order of the calls.

        That is: contents are synced (fsync, fdatasync, O_DSYNC) before the rename or link by which a file takes its name, and
        before the answer where it has it already; the folder is synced after each rename, link, creation and removal; nothing
        is written after the answer. The answer is the last send on an accepted connection before the action came back.
        `ignoring` are patterns of file names that do not count. (FS-07)
        Example: | `File And Folder Should Be Synced Before The Answer` | ${trace} | *.lock |
        """
        answered = judging.answer(trace.calls, trace.returned)
        flaws, changes = judging.flaws(trace.calls, answered, ignoring)
        expect(
            changes, f"something to be written below {trace.folder}", "no change of any file", trace.folder
        )
        if flaws:
            wanted = "; ".join(dict.fromkeys(one.expected for one in flaws))
            raise Unmet(wanted, "; ".join(map(str, flaws)), trace.folder, [one.path for one in flaws])

    def _kill(
        self,
        point: Point | str,
        pids: Pids,
        folder: str,
        action: Action,
        arguments: Sequence[Any],
        named: dict[str, Any],
        together: bool,
        must_be_met: bool = True,
    ) -> Struck:
        require(["trace"])
        place, numbers = places.point(point), _numbers(pids)
        tracing = Tracing(numbers, folder, place.plan(), numbers if together else ())
        struck = _struck(place, tracing, action, arguments, named, self._quiet, must_be_met)
        if struck.call is None:
            return struck
        dead = numbers if together else [struck.call.pid]
        if until(lambda: None if any(map(_lives, dead)) else True, _LONGEST) is None:
            raise AssayError(f"process {dead} was killed and lives still")
        return struck


def _passing(calls: Sequence[Call]) -> set[str]:
    """Files that were made, and then renamed or removed."""
    made = {
        one.paths[0]
        for one in calls
        if one.name == "open" and one.succeeded and (one.new or one.flags & os.O_CREAT)
    }
    left = {one.paths[0] for one in calls if one.name in ("rename", "unlink") and one.succeeded}
    return made & left


@contextmanager
def _watching(tracing: Tracing) -> Iterator[Tracing]:
    """A tracing that ends with a block, or with the test where the block does not come to its end."""

    def end() -> None:
        tracing.end()

    number = FAULTS.promise_call(end, beginner())
    try:
        tracing.begin()
        yield tracing
    finally:
        FAULTS.undo(number)


def _struck(
    point: Point,
    tracing: Tracing,
    what: Action,
    arguments: Sequence[Any],
    named: dict[str, Any],
    quiet: float,
    must_be_met: bool = True,
) -> Struck:
    with _watching(tracing):
        outcome = actions.tried(what, arguments, named)
        tracing.quiet(quiet, _LONGEST)
    seen = tracing.calls()
    _log(f"System calls, met {point}", seen)
    met = tracing.met()
    if met is None and must_be_met:
        number = sum(one.name == point.name for one in seen)
        raise AssayError(
            f"'{point}' was not met, so nothing is shown: {number} calls of {point.name} were made"
        )
    logger.info(f"{point}: the action {'came back' if outcome.succeeded else 'failed: ' + outcome.error}")
    return Struck(point, met, outcome, seen)


def _numbers(pids: Pids) -> list[int]:
    given = (
        pids.replace(",", " ").split() if isinstance(pids, str) else [pids] if isinstance(pids, int) else pids
    )
    try:
        return [int(one) for one in given]
    except (TypeError, ValueError) as error:
        raise AssayError(f"{pids} are no numbers of processes") from error


def _lives(pid: int) -> bool:
    found = processes.look(pid)
    return found is not None and found.alive


def _log(title: str, calls: Sequence[Call]) -> None:
    rows = [
        (
            str(place),
            one.name,
            " -> ".join(map(os.path.basename, one.paths)),
            _size(one),
            one.ending,
            f"{one.pid}/{one.tid}",
        )
        for place, one in enumerate(calls, 1)
    ]
    logger.info(table(title, ("#", "Call", "File", "Octets", "Result", "Process/thread"), rows), html=True)


def _size(call: Call) -> str:
    return "" if call.size is None else str(call.size)
