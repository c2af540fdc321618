"""Processes that live no longer than the launcher."""

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from reference.launcher import waiting

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """Lets the kernel end this process when its parent ends, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, with_signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant whose own parent has ended."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Child:
    """A process that was forked from here."""

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid = name, pid
        self.status: int | None = None

    def alive(self) -> bool:
        """Whether it still runs; reaps it if not."""
        if self.status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.status = status
        return self.status is None

    def tree(self) -> list[int]:
        """The process and everything below it, itself first."""
        return [self.pid, *descendants(self.pid)] if self.alive() else []

    def signal_tree(self, number: signal.Signals) -> None:
        """Sends a signal to the process and everything below it."""
        for pid in self.tree():
            send(pid, number)

    def stop(self, politely: signal.Signals, seconds: float = 5.0) -> None:
        """Asks it to end, and after some seconds ends it; what is still below it then, such as a copy half made, ends at once."""
        if not self.alive():
            return
        self.signal_tree(signal.SIGCONT)
        below = self._below()
        send(self.pid, politely)
        if waiting.until(lambda: not self.alive(), seconds):
            _end(below)
        else:
            self.kill()

    def kill(self) -> None:
        """Ends it and everything below it at once."""
        below = self._below()
        if self.alive():
            send(self.pid, signal.SIGKILL)
        _end(below)
        waiting.until(lambda: not self.alive(), 5.0)

    def _below(self) -> dict[int, str]:
        """What is below it, each with when it was created, which tells it apart from a later process of the same number."""
        return {pid: created(pid) for pid in self.tree()[1:]}


def _end(processes: dict[int, str]) -> None:
    def left() -> list[int]:
        return [pid for pid, moment in processes.items() if moment and created(pid) == moment]

    for pid in left():
        send(pid, signal.SIGKILL)
    waiting.until(lambda: not left(), 5.0)


def fork(name: str, work: Callable[[], None], log: Path) -> Child:
    """Runs something in a process of its own, its output in a log, with default signals, ending with this one."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return Child(name, pid)
    status = 1
    try:
        die_with_parent(signal.SIGKILL, parent)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _LIBC.prctl(_PR_SET_NAME, f"assay-{name}".encode(), 0, 0, 0)
        _redirect(log)
        gc.enable()
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may climb back into the parent's stack
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def execute(command: Sequence[str], environment: dict[str, str]) -> None:
    """Becomes another program."""
    os.execve(command[0], list(command), environment)


def parents() -> dict[int, int]:
    """Every process with its parent."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text(encoding="latin-1")
            except OSError:
                continue
            fields = stat.rpartition(")")[2].split()
            if fields[0] != "Z":
                found[int(entry)] = int(fields[1])
    return found


def descendants(pid: int) -> list[int]:
    """Every living process below one."""
    table = parents()
    found = [pid]
    for one in found:
        found.extend(child for child, parent in table.items() if parent == one)
    return found[1:]


def exists(pid: int) -> bool:
    """Whether a process lives and is no zombie."""
    return bool(created(pid))


def created(pid: int) -> str:
    """When a living process was created, in clock ticks since boot; nothing of one that is none or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return fields[19] if fields[0] != "Z" else ""


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal to a process that may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end_all_descendants() -> None:
    """Ends everything below this process, and waits for it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for pid in descendants(os.getpid()):
            send(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)
