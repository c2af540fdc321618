"""Processes as Linux shows them in /proc: told apart for certain, found by what they carry, ended for good."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_ZOMBIE = ("Z", "X")


@dataclass(frozen=True)
class Process:
    """One process at one moment. `created` (clock ticks since boot) tells it apart from a later one of the same number."""

    pid: int
    state: str
    parent: int
    session: int
    created: int

    @property
    def alive(self) -> bool:
        """Whether it was more than a zombie."""
        return self.state not in _ZOMBIE


def look(pid: int) -> Process | None:
    """The process of that number, None where there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Process(pid, words[0].decode(), int(words[1]), int(words[3]), int(words[19]))


def everyone() -> Iterator[Process]:
    """Every process that can be seen."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := look(int(name))):
            yield found


def ancestors(pid: int) -> Iterator[Process]:
    """The parent of a process, that one's parent, and so on."""
    found = look(pid)
    while found and found.parent and (found := look(found.parent)):
        yield found


def descendants(pid: int, among: Collection[Process]) -> set[int]:
    """The children of a process, theirs, and so on."""
    children: dict[int, list[int]] = {}
    for process in among:
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def words(pid: int) -> list[str]:
    """The command line of a process; empty where it cannot be read."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def carries(pid: int, name: str, value: str) -> bool:
    """Whether a process was started with that variable in its environment."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return os.fsencode(f"{name}={value}") in file.read().split(b"\0")
    except OSError:
        return False


def send(pids: Collection[int], number: int) -> None:
    """Sends a signal to processes; to those that are gone already it does nothing."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def end(pids: Collection[int], seconds: float = 5.0) -> set[int]:
    """Kills processes and waits until they are gone; returns those that are there still.

    Orphans that this process adopted are taken leave of; its own children are better ended by whoever started them.
    """
    created = {pid: found.created for pid in pids if pid != os.getpid() and (found := look(pid))}
    send(created, signal.SIGKILL)
    deadline = time.monotonic() + seconds
    while True:
        for pid in created:
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        left = {
            pid for pid, then in created.items() if (now := look(pid)) and now.alive and now.created == then
        }
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.005)


def adopt_orphans() -> None:
    """From now on processes whose parent dies below this one become its children, so that they can be found."""
    import ctypes

    pr_set_child_subreaper = 36
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)
