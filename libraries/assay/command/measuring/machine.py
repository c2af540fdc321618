"""Says on what kind of machine something was measured, without saying on which."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Machine:
    """A machine by its kind: no name, no address, no path."""

    processor: str
    cores: int
    memory: str
    system: str
    python: str
    robot: str
    load: float

    @property
    def sentence(self) -> str:
        """The machine in one sentence."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory} of memory, {self.system}, "
            f"Python {self.python}, Robot Framework {self.robot}; load average at the start {self.load:.1f}"
        )


def machine() -> Machine:
    """The machine that this runs on."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory=f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        system=_system(),
        python=platform.python_version(),
        robot=_version("robotframework"),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return " ".join(found[1].split()) if found else platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
