"""The keywords about what a folder honours and who holds which lock."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from robot.api import SkipExecution, logger
from robot.api.deco import keyword

from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS, beginner
from assay.core.waiting import until
from assay.evidence import live
from assay.evidence.exchange import rows_table, table
from assay.evidence.expect import Unmet, expect
from assay.sharedfs import filesystem, kernel_locks, matrix, preflight
from assay.sharedfs.holders import BUSY, Holder, take
from assay.sharedfs.kernel_locks import Lock
from assay.sharedfs.means import MEANS, lacks, means

DISTURBING = ("disturbing",)
AT_ONCE = timedelta(0)

Kind = Literal["flock", "posix", "ofd"]
How = Literal["exclusive", "shared"]
_OF_RECORDS = {"exclusive": "write", "shared": "read"}
_LISTED = {"flock": "FLOCK", "posix": "POSIX", "ofd": "OFDLCK"}


@dataclass(frozen=True)
class Held:
    """A lock that a helper process holds."""

    holder: Holder
    path: Path
    told: str
    undoing: int

    @property
    def pid(self) -> int:
        """The process that holds it."""
        return self.holder.pid

    def __str__(self) -> str:
        return f"{self.told} of {self.path.name}, held by process {self.pid}"


class LockKeywords:
    """What a folder honours, and locks as several processes see them."""

    def __init__(self) -> None:
        self._held: list[Held] = []

    @keyword
    def means_of_the_machine(self) -> dict[str, str]:
        """What this machine lets the suite do, by name, with why it does not; an empty text for a means that is there.

        Each is tried: `trace` (see and stop system calls of others), `fail-calls`, `mount`, `see-locks`, `limit`.
        Example: | ${means} = | `Means Of The Machine` |
        """
        found = means()
        rows = [(name, MEANS[name][0], why or "there") for name, why in found.items()]
        logger.info(table("Means of this machine", ("Name", "What", "Is it there"), rows), html=True)
        return found

    @keyword
    def require_means(self, *names: str) -> None:
        """Skips the test where this machine lacks one of the means, and says which and why. See `Means Of The Machine`.

        Example: | `Require Means` | trace | mount |
        """
        if unknown := [name for name in names if name not in MEANS]:
            raise AssayError(f"there is no means {unknown[0]}; accepted: {', '.join(MEANS)}")
        if lacking := [f"{name} ({why})" for name in names if (why := lacks(name))]:
            raise SkipExecution(f"This machine lacks {'; '.join(lacking)}.")

    @keyword
    def preflight(self, folder: Path) -> list[str]:
        """Tries what a folder itself honours, between two processes where it takes two, and returns the names of what it does.

        They are flock, posix-locks, ofd-locks, atomic-rename, exclusive-creation, hard-links, file-sync, folder-sync,
        nameless-files (O_TMPFILE), symbolic-links, case-sensitive, unicode-distinct (NFC and NFD), long-names (255),
        fine-times, mapped-memory, open-after-removal. A table in the log says why others are lacking, and of what kind the
        file system is. Nothing is left in the folder. Source: pjdfstest; POSIX.1-2024.
        Example: | ${honoured} = | `Preflight` | /mnt/store |
        """
        findings = preflight.look(folder)
        kind = filesystem.of(folder)
        rows = [(one.name, one.says, one.lacking or "honoured", one.told) for one in findings]
        title = f"{folder} on {kind}" + (", a file system of several hosts" if kind.networked else "")
        logger.info(table(title, ("Name", "What", "Seen", "Told"), rows), html=True)
        return [one.name for one in findings if one.honoured]

    @keyword
    def directory_should_honour(
        self, folder: Path, /, *names: str, otherwise: Literal["fail", "skip"] = "fail"
    ) -> None:
        """Fails, or skips, where the file system of a folder does not do what is named, and says what is lacking and why.

        | =Argument=  | =Meaning= |
        | `folder`    | a folder that can be written |
        | `names`     | names of `Preflight`; `locks` stands for the three of locks, `syncs` for both of syncs; all where none is named |
        | `otherwise` | fail, or skip: what hangs on it can then show nothing |

        Example: | `Directory Should Honour` | /mnt/store | locks | atomic-rename | otherwise=skip |
        """
        lacking = [one for one in preflight.look(folder, names) if not one.honoured]
        told = "; ".join(f"{one.name}: {one.lacking}" for one in lacking)
        if lacking and otherwise == "skip":
            raise SkipExecution(f"The file system of {folder} ({filesystem.of(folder).kind}) lacks {told}.")
        wanted = ", ".join(names) or "everything that a store relies on"
        expect(
            not lacking,
            f"a file system that honours {wanted}",
            told,
            f"{folder}, {filesystem.of(folder).kind}",
        )

    @keyword
    def locks_should_behave_as_documented(self, folder: Path, /, *rows: str) -> None:
        """Runs the lock matrix between two processes in a folder: 61 rows of adding, joining, splitting, reading and writing,
        end of file, closing, duplicating, forking, waiting, deadlock, flock, POSIX locks and locks of open file descriptions.

        `rows` are ids (LOCK-49) or kinds (flock, posix, ofd); all where none is named. Fails with the rows that came
        otherwise. Source: xfstests locktest.c, LTP flock and fcntl tests, fcntl(2), flock(2).
        Example: | `Locks Should Behave As Documented` | /mnt/store | flock |
        """
        processes: dict[str, Holder] = {}
        try:
            results = [matrix.run(case, folder, processes) for case in matrix.chosen(rows)]
        finally:
            for holder in processes.values():
                holder.end()
        live.count_rows(len(results))
        logger.info(rows_table(f"Locks below {folder}", results), html=True)
        if broken := [one for one in results if not one.held]:
            seen = "; ".join(f"{one.name}: {one.seen}" for one in broken)
            raise Unmet(
                "locks as they are documented", seen, str(folder), [one.name.split()[0] for one in broken]
            )

    @keyword(tags=DISTURBING)
    def somebody_holds_a_lock(
        self,
        path: Path,
        kind: Kind = "flock",
        how: How = "exclusive",
        range: str = "all",
        lasting: timedelta | None = None,
    ) -> Held:
        """Has another process hold a lock until it is released, killed, or the test ends. Returns it, with its `pid`.

        | =Argument= | =Meaning= |
        | `path`     | the file; it is created where it is not there |
        | `kind`     | flock, posix (fcntl), ofd (open file description) |
        | `how`      | exclusive or shared |
        | `range`    | for posix and ofd: all, `10+5` five octets from the tenth, `10+` to the end of the file |
        | `lasting`  | how long it is held, where that is not for the test to end |

        An AssayError tells where somebody else holds it already. Example: | ${lock} = | `Somebody Holds A Lock` | ${path} |
        """
        holder = Holder()
        undoing = FAULTS.promise_call(holder.end, beginner())
        seen = take(holder, path, kind, _how(kind, how), range)
        if seen:
            FAULTS.undo(undoing)
            raise AssayError(f"no {how} {kind} lock of {path} can be held: {seen}; {_told(path)}")
        self._held.append(Held(holder, path, f"{how} {kind} lock on {range}", undoing))
        if lasting is not None:
            ending = threading.Timer(lasting.total_seconds(), holder.kill)
            ending.daemon = True
            ending.start()
        return self._held[-1]

    @keyword
    def release_the_lock(self, lock: Held | None = None) -> None:
        """Has the helper process give back the lock, the last one where none is named. Does nothing where none is held."""
        if lock := lock or self._last():
            FAULTS.undo(lock.undoing)
            self._held = [one for one in self._held if one is not lock]

    @keyword
    def kill_the_lock_holder(self, lock: Held | None = None) -> None:
        """Kills the helper process that holds a lock (SIGKILL), the last one where none is named: its lock must come free."""
        lock = lock or self._last()
        if lock is None:
            raise AssayError("nobody holds a lock: call `Somebody Holds A Lock` first")
        lock.holder.kill()
        self._held = [one for one in self._held if one is not lock]

    @keyword
    def lock_should_be_free(
        self,
        path: Path,
        kind: Kind = "flock",
        how: How = "exclusive",
        range: str = "all",
        within: timedelta = AT_ONCE,
    ) -> None:
        """Fails unless another process gets the lock at once, or in time. It gives it back again.

        The arguments are those of `Somebody Holds A Lock`. The message says who holds it, from /proc/locks. (FS-11)
        Example: | `Lock Should Be Free` | ${path} | within=5s |
        """
        expect(path.exists(), f"a file {path.name} that could be locked", "no such file", str(path.parent))
        seconds, seen = within.total_seconds(), ""

        def free() -> bool | None:
            nonlocal seen
            seen = _tried(path, kind, how, range)
            return None if seen in BUSY else True

        until(free, seconds)
        if seen and seen not in BUSY:
            raise AssayError(f"whether the {kind} lock of {path} is free cannot be tried: {seen}")
        in_time = f" within {seconds:g} s" if seconds else ""
        expect(not seen, f"the {kind} lock of {path.name} to be free{in_time}", _told(path), str(path))

    @keyword
    def lock_should_be_waited_for(self, folder: Path, within: timedelta = timedelta(seconds=5)) -> None:
        """Waits until some process waits for a lock of a file below a folder, as /proc/locks shows it, and fails where none does.

        Example: | `Lock Should Be Waited For` | ${store} | within=2s |
        """

        def waits() -> bool | None:
            return True if any(one.waits for one in kernel_locks.under(folder)) else None

        seconds = within.total_seconds()
        expect(until(waits, seconds, pause=0.01), "a process to wait for a lock", "none", str(folder))

    @keyword
    def lock_should_be_held_by(
        self, path: Path, /, *pids: int, kind: Kind = "flock", within: timedelta = AT_ONCE
    ) -> None:
        """Fails unless one of the processes holds a lock of that kind on a file, as /proc/locks shows it, and nobody else gets it.

        | =Argument= | =Meaning= |
        | `pids`     | processes of this machine; any of them will do, whoever it is where none is named |

        A lock by flock that a child inherited is shown with its parent. (FS-06)
        Example: | `Lock Should Be Held By` | ${path} | ${pid} | within=2s |
        """
        seconds = within.total_seconds()

        def held() -> bool | None:
            holders = {
                one.pid for one in kernel_locks.under(path) if one.kind == _LISTED[kind] and not one.waits
            }
            return True if holders and (not pids or holders & set(pids)) else None

        whom = f"process {' or '.join(map(str, pids))}" if pids else "somebody"
        expect(until(held, seconds), f"{whom} to hold a {kind} lock of {path.name}", _told(path), str(path))
        seen = _tried(path, kind, "exclusive", "all")
        expect(
            seen in BUSY,
            f"the {kind} lock of {path.name} to be refused to another",
            seen or "it was given",
            str(path),
        )

    @keyword
    def locks_under(self, folder: Path) -> list[Lock]:
        """Who holds or waits for which lock on files below a folder: a list of locks with `kind`, `how`, `pid`, `path`, `start`,
        `end` and `waits`, from /proc/locks by device and inode.

        Locks of other hosts on a file system of several hosts are not shown by this one's kernel.
        Example: | ${locks} = | `Locks Under` | /mnt/store |
        """
        found = kernel_locks.under(folder)
        rows = [(one.kind, one.how, str(one.pid), _place(one), _reach(one)) for one in found]
        logger.info(
            table(f"Locks below {folder}", ("Kind", "How", "Process", "File", "Octets"), rows), html=True
        )
        return found

    def _last(self) -> Held | None:
        """The last lock that is held still: those of a test that has ended are not."""
        self._held = [one for one in self._held if one.holder.alive]
        return self._held[-1] if self._held else None


def _tried(path: Path, kind: str, how: str, area: str) -> str:
    holder = Holder()
    try:
        return take(holder, path, kind, _how(kind, how), area)
    finally:
        holder.end()


def _how(kind: str, how: str) -> str:
    return how if kind == "flock" else _OF_RECORDS[how]


def _told(path: Path) -> str:
    return "; ".join(map(str, kernel_locks.under(path))) or "no lock that this kernel shows"


def _place(lock: Lock) -> str:
    return os.path.basename(lock.path) + (" (waits)" if lock.waits else "")


def _reach(lock: Lock) -> str:
    return f"{lock.start} to {'the end' if lock.end is None else lock.end}"
