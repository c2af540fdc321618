"""What this machine lets the suite do to files and processes. Each is tried, not guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.core.errors import AssayError
from assay.sharedfs import ptrace
from assay.sharedfs.tracing import Tracing


def _trace() -> str:
    if ptrace.MACHINE not in ("x86_64", "aarch64"):
        return f"the system calls of {ptrace.MACHINE} are not known here"
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        tracing = Tracing([process.pid], "/")
        tracing.begin()
        tracing.end()
    except AssayError as error:
        return str(error)
    finally:
        process.kill()
        process.communicate()
    return ""


def _fail_calls() -> str:
    if not ptrace.can_fail_calls():
        return f"the registers of {ptrace.MACHINE} are not known here, so calls cannot be made to fail"
    return lacks("trace")


def _mount() -> str:
    if os.geteuid():
        return "mounting wants root"
    with TemporaryDirectory(prefix="assay-mount-") as folder:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "assay", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return f"mounting is not allowed: {done.stderr.strip().splitlines()[-1:]}"
        subprocess.run(["umount", folder], check=True)
    return ""


def _see_locks() -> str:
    return "" if Path("/proc/locks").exists() else "the kernel shows no /proc/locks"


def _limit() -> str:
    return "" if sys.platform == "linux" else "limits of other processes are set on Linux only"


MEANS: dict[str, tuple[str, Callable[[], str]]] = {
    "trace": ("system calls of processes are seen, and a process is killed at one of them", _trace),
    "fail-calls": ("single system calls are made to fail", _fail_calls),
    "mount": ("small and read-only file systems are mounted", _mount),
    "see-locks": ("the kernel shows who holds which lock", _see_locks),
    "limit": ("limits are set for other processes", _limit),
}


@cache
def lacks(name: str) -> str:
    """Why the machine lacks a means; an empty text where it has it."""
    return MEANS[name][1]()


def means() -> dict[str, str]:
    """Every means by name, with why it is lacking: an empty text for one that is there."""
    return {name: lacks(name) for name in MEANS}


def require(names: Iterable[str]) -> None:
    """Raises AssayError where one of them is lacking, and says why."""
    for name in names:
        if why := lacks(name):
            raise AssayError(f"this machine lacks the means '{name}' ({MEANS[name][0]}): {why}")
