"""The root process of a run: what the supervisor watches."""

from __future__ import annotations

import os
from dataclasses import dataclass

from assay.core import processes
from assay.core.errors import AssayError


@dataclass(frozen=True)
class Root:
    """A process, told apart from a later one of the same number by when it was created (clock ticks since boot)."""

    pid: int
    created: int

    @property
    def alive(self) -> bool:
        """Whether it is there still; a zombie is not."""
        found = processes.look(self.pid)
        return found is not None and found.alive and found.created == self.created


def of(pid: int) -> Root:
    """The process of that number as a root."""
    found = processes.look(pid)
    if found is None:
        raise AssayError(f"there is no process {pid} that a run could end with")
    return Root(pid, found.created)


def here() -> Root:
    """The root of a run without a front door: the topmost `pabot` above this process, else this process."""
    above = [process.pid for process in processes.ancestors(os.getpid()) if _is_pabot(process.pid)]
    return of(above[-1] if above else os.getpid())


def _is_pabot(pid: int) -> bool:
    words = processes.words(pid)[:4]
    by_name = any(os.path.basename(word) in ("pabot", "pabot.py") for word in words[:3])
    return by_name or words[1:3] in (["-m", "pabot"], ["-m", "pabot.pabot"])
