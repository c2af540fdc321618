"""The root process of a run: what the supervisor watches."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Root:
    """A process, told apart from a later one with the same number by the time when it was created (ms)."""

    pid: int
    created: int

    @property
    def alive(self) -> bool:
        """Whether it is there still; a zombie is not."""
        try:
            process = psutil.Process(self.pid)
            return _created(process) == self.created and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def of(pid: int) -> Root:
    """The process with that number as a root."""
    return Root(pid, _created(psutil.Process(pid)))


def here() -> Root:
    """The root of a run without a front door: the topmost `pabot` above this process, else this process."""
    process = psutil.Process(os.getpid())
    above = [parent for parent in process.parents() if _is_pabot(parent)]
    found = above[-1] if above else process
    return Root(found.pid, _created(found))


def _created(process: psutil.Process) -> int:
    return round(process.create_time() * 1000)


def _is_pabot(process: psutil.Process) -> bool:
    try:
        words = process.cmdline()[:4]
    except psutil.Error:
        return False
    return any(os.path.basename(word) in ("pabot", "pabot.py") for word in words) or words[1:3] in (
        ["-m", "pabot"],
        ["-m", "pabot.pabot"],
    )
