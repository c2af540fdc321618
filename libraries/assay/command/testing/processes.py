"""Runs the tools of the checks as processes, with what they say kept in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.command.testing.shapes import Outcome, Work, bad, fine

_TAIL = 40
_PATIENCE = 30.0  # seconds that a check has to take down what it started
_running: set[subprocess.Popen[bytes]] = set()


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
        child = subprocess.Popen(
            command,
            cwd=work.root,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _running.add(child)
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


def end(child: subprocess.Popen[bytes]) -> int:
    """Ends a process as Ctrl-C would, so that it can clear up, and at last at once. Returns its exit status."""
    child.send_signal(signal.SIGINT)
    try:
        return child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def end_all() -> None:
    """Ends every check that runs, in whatever thread it was started."""
    for child in list(_running):
        end(child)


def python(*arguments: str) -> list[str]:
    """A command of this environment's Python."""
    return [sys.executable, "-P", *arguments]


def judge(ran: Ran, says: str = "") -> Outcome:
    """Well when the process says so by its exit status."""
    if ran.status == 0:
        return fine(says)
    return bad(f"exit status {ran.status}", ran.tail)
