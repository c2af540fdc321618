"""Keywords that judge what many clients did at once, by the history of their operations."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from robot.api import logger
from robot.api.deco import keyword, library

from assay.core.errors import AssayError
from assay.core.histories import History, Operation, Outcome, Recording
from assay.evidence import live
from assay.evidence.expect import Unmet
from assay.history import files, linearizable, search, sessions, totals, versions
from assay.history.report import picture, summary
from assay.history.violation import Violation

_DRAWN = 3


@library(scope="GLOBAL", auto_keywords=False)
class HistoryLibrary:
    """Records the operations of many clients with their times and checks the history against what was
    promised.

    A history holds for each operation its client, kind, key, the value asked and seen, a version where there
    is one, when it began and ended, and how it ended: *ok* (answered as done), *failed* (refused, it surely
    had no effect) or *unknown* (no answer, a time-out, a lost connection: it may take effect at any time
    after it began, or never). Kinds are read, write, delete and cas (compare-and-set) of registers, add of
    sets, increment of counters; a read fits each of them. ${None} is nothing there.

    Keywords that run clients fill histories by themselves; the ones below do it by hand. A violation is drawn
    in the log: the fewest operations that show it, what ran beside what, and in red what no order explains. A
    keyword that finds nothing to judge is an error, never a success.
    """

    @keyword
    def begin_a_history(self, name: str = "history") -> History:
        """Returns an empty history, for `Record Operation` and all keywords that fill one.

        Example: | ${history} = | `Begin A History` | two workers |
        """
        return History(name)

    @keyword
    def begin_operation(
        self, history: History, client: str, kind: str, key: str, value: Any = None, expected: Any = None
    ) -> Recording:
        """Begins an operation now and returns it; it is unknown until `End Operation`, and for ever without
        that.

        | =Argument= | =Meaning= |
        | `kind`     | read, write, delete, cas, add, increment, or a word of your own for `Ids Should Be Unique` |
        | `value`    | what is asked for: the new value, the element, by how much; none for a read or a delete |
        | `expected` | what a compare-and-set compares with |

        Example: | ${write} = | `Begin Operation` | ${history} | ann | write | k | one |
        """
        return history.operation(client, kind, key, value, expected=expected)

    @keyword
    def end_operation(
        self,
        operation: Recording,
        seen: Any = None,
        version: int | None = None,
        outcome: Outcome = Outcome.OK,
        why: str = "",
    ) -> None:
        """Ends an operation now: what it saw, the version it read or became, and how it ended (ok, failed,
        unknown).

        Example: | `End Operation` | ${read} | seen=one | version=1 |
        """
        if outcome is Outcome.OK:
            operation.saw(seen, version)
        elif outcome is Outcome.FAILED:
            operation.failed(why)
        else:
            operation.unknown(why)

    @keyword
    def record_operation(
        self,
        history: History,
        client: str,
        kind: str,
        key: str,
        value: Any = None,
        seen: Any = None,
        version: int | None = None,
        outcome: Outcome = Outcome.OK,
        begun: float | None = None,
        ended: float | None = None,
        expected: Any = None,
    ) -> None:
        """Records an operation that is over. Without times it began and ended now, so record each before the
        next one begins.

        `begun` and `ended` are seconds of one clock that does not jump. The other arguments are those of
        `Begin Operation` and `End Operation`.
        Example: | `Record Operation` | ${history} | ann | read | k | seen=one | begun=0.2 | ended=0.3 |
        """
        start = time.monotonic() if begun is None else begun
        end = start if ended is None and outcome is Outcome.OK else ended
        history.add(Operation(client, kind, key, value, expected, seen, version, start, end, outcome))

    @keyword
    def write_history(self, history: History, path: Path) -> Path:
        """Writes a history as JSON lines, one operation each, readable for its owner only; returns the path.

        Secrets are marks in it, equal ones for equal secrets, so that `Read History` and a check come to the
        same verdict.
        Example: | `Write History` | ${history} | ${OUTPUT DIR}/history.jsonl |
        """
        files.write(history, path)
        logger.info(f"{summary(history)}: {path}")
        return path

    @keyword
    def read_history(self, path: Path) -> History:
        """Returns the history of a file that `Write History` wrote, to be judged again.

        Example: | ${history} = | `Read History` | ${OUTPUT DIR}/history.jsonl |
        """
        return files.read(path)

    @keyword
    def history_should_be_linearizable(
        self, history: History, initial: Any = None, budget: int = search.BUDGET
    ) -> None:
        """Fails unless the reads, writes, deletes and compare-and-sets of each key fit one order, each within
        its own time.

        | =Argument= | =Meaning= |
        | `initial`  | what every key holds before its first operation |
        | `budget`   | how many states of a key are tried at most; beyond them is an error, no verdict |

        Keys are judged one by one, which is enough (M. Herlihy and J. Wing, 1990). Keys whose values are
        written once each are judged by intervals (P. Gibbons and E. Korach, 1997), others by a search that
        remembers (J. Wing and C. Gong, 1993; G. Lowe, 2017): writing a value of its own each time is what
        makes a check sharp and quick. A refused compare-and-set tells nothing.
        Example: | `History Should Be Linearizable` | ${history} |
        """
        _there_are(history, ("read", "cas"), "judged")
        broken = linearizable.broken_keys(history.operations, initial, budget)
        drawn = [
            linearizable.explained(key, operations, initial)
            for key, operations in list(broken.items())[:_DRAWN]
        ]
        _judge(history, drawn, broken)

    @keyword
    def reads_should_be_monotonic(self, history: History, versions_begin_anew: bool = False) -> None:
        """Fails where a client reads a key in a lower version than it has read before. Every read must have
        its version.

        With `versions_begin_anew`, reads that a delete may lie between are not compared. Reads that saw
        nothing have no version and are passed over. Source: D. Terry and others, Session Guarantees (1994).
        Example: | `Reads Should Be Monotonic` | ${history} |
        """
        _there_are(history, ("read",), "compared", 2)
        _judge(history, sessions.reads_that_go_back(history.operations, versions_begin_anew))

    @keyword
    def clients_should_read_their_own_writes(self, history: History, initial: Any = None) -> None:
        """Fails where a client, after its own acknowledged write, reads what was there before that write.

        Judged by values: one is older when every operation that can have left it was done before the write
        began. `initial` is what every key holds at first. Source: D. Terry and others, Session Guarantees
        (1994).
        Example: | `Clients Should Read Their Own Writes` | ${history} |
        """
        _there_are(history, ("read",), "judged")
        _there_are(history, ("write", "delete", "cas"), "looked for")
        _judge(history, sessions.own_writes_not_seen(history.operations, initial))

    @keyword
    def set_should_lose_nothing(self, history: History, every_read: bool = False) -> None:
        """Fails where the last read of a set lacks an acknowledged add, or any read has what was never added
        or has it twice.

        A read sees a list. One must have begun after the last acknowledged add of its key. With `every_read`,
        each read must have all that was acknowledged before it began.
        Example: | `Set Should Lose Nothing` | ${history} |
        """
        _there_are(history, ("add",), "looked for")
        _judge(history, totals.set_faults(history.operations, every_read))

    @keyword
    def counter_should_be_exact(self, history: History, initial: float = 0) -> None:
        """Fails where a read of a counter lacks an increment done before it began, or has more than had begun
        until its end.

        The value of an increment is by how much, 1 without; it may be negative. One read must have begun
        after the last acknowledged increment, and must be exact; unknown increments may count or not.
        Example: | `Counter Should Be Exact` | ${history} |
        """
        _there_are(history, ("increment",), "counted")
        _judge(history, totals.counter_faults(history.operations, initial))

    @keyword
    def versions_should_have_no_gap(self, history: History, first: int | None = 1) -> None:
        """Fails where versions of acknowledged writes of a key are repeated, out of the writes' order, or
        missing.

        A version may be missing where an unknown write can have taken it. `first` is the version of the first
        write of a key; with ${None} it is the lowest there is. Deletes count where they have a version.
        Example: | `Versions Should Have No Gap` | ${history} |
        """
        _there_are(history, ("write", "cas"), "compared", 2)
        _judge(history, versions.gaps(history.operations, first))

    @keyword
    def ids_should_be_unique(self, history: History, kind: str = "create") -> None:
        """Fails where two acknowledged operations of a kind saw the same id, whatever their keys.

        Example: | `Ids Should Be Unique` | ${history} | create |
        """
        _there_are(history, (kind,), "compared", 2)
        _judge(history, versions.ids_given_twice(history.operations, kind))


def _there_are(history: History, kinds: Sequence[str], use: str, least: int = 1) -> None:
    """Nothing to judge is no success."""
    count = sum(one.ok and one.kind in kinds for one in history)
    if count < least:
        known = {one.kind for one in history}
        raise AssayError(
            f"{summary(history)}; there are {count} acknowledged operations to be {use}, of the kinds "
            f"{', '.join(kinds)}, and {least} are needed; recorded kinds: {', '.join(sorted(known)) or 'none'}"
        )


def _judge(history: History, found: Iterable[Violation], broken: Collection[str] = ()) -> None:
    """Draws what was found in the log and fails with the first of it."""
    violations = list(found)
    keys = {one.key for one in history}
    live.count_rows(len(keys))
    logger.info(f"{summary(history)}.")
    if not violations:
        return
    for violation in violations[:_DRAWN]:
        logger.write(picture(violation, len(history)), "INFO", True)
    first = violations[0]
    wrong = len(broken or {one.key for one in violations})
    where = f"{wrong} of {len(keys)} keys broken" if len(keys) > 1 else ""
    raise Unmet(first.expected, first.seen, where)
