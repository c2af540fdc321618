"""Runs the tools of the checks as processes, with what they say kept in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assay.command.testing.shapes import Outcome, Work, bad, fine

_TAIL = 40
_PATIENCE = 30.0  # seconds that a check has to take down what it started
_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_stopping = threading.Event()


@dataclass(frozen=True)
class Ran:
    """A process that ended."""

    status: int
    text: str
    log: Path
    seconds: float

    @property
    def tail(self) -> str:
        """The end of what it said."""
        return "\n".join(self.text.splitlines()[-_TAIL:])


def run(
    work: Work, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None, limit: int = 1800
) -> Ran:
    """Runs a command in the root of the repository, with all it says in a log."""
    log = work.folder / f"{name}.log"
    surroundings = {**os.environ, **(extra or {})}
    surroundings.pop("FORCE_COLOR", None)
    surroundings["NO_COLOR"] = "1"
    began = time.monotonic()
    with log.open("wb") as output:
        child = _begin(command, work.root, surroundings, output)
        try:
            status = child.wait(limit)
        except subprocess.TimeoutExpired:
            status = end(child)
        except BaseException:
            end(child)
            raise
        finally:
            _running.discard(child)
    return Ran(status, log.read_text("utf-8", "replace"), log, time.monotonic() - began)


def _begin(
    command: Sequence[str], folder: Path, surroundings: Mapping[str, str], output: BinaryIO
) -> subprocess.Popen[bytes]:
    """A process in a session of its own, since Ctrl-C reaches it through `end_all`, once."""
    with _lock:
        if _stopping.is_set():
            raise InterruptedError("the checks are being stopped")
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(child)
    return child


def end(child: subprocess.Popen[bytes]) -> int:
    """Ends a process as Ctrl-C would, so that it can clear up, and at last at once. Returns its exit status."""
    child.send_signal(signal.SIGINT)
    return _ended(child)


def _ended(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def end_all() -> None:
    """Ends every check that runs, in whatever thread it was started; no further one begins."""
    with _lock:
        _stopping.set()
        left = list(_running)
    for child in left:
        child.send_signal(signal.SIGINT)
    for child in left:
        _ended(child)


def python(*arguments: str) -> list[str]:
    """A command of this environment's Python."""
    return [sys.executable, "-P", *arguments]


def judge(ran: Ran, says: str = "") -> Outcome:
    """Well when the process says so by its exit status."""
    if ran.status == 0:
        return fine(says)
    return bad(f"exit status {ran.status}", ran.tail)
