"""A look at the system calls of processes while something is done: started, read, ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assay.core import processes
from assay.core.errors import AssayError
from assay.core.waiting import until
from assay.sharedfs import calls

_READY = 10.0


@dataclass(frozen=True)
class Call:
    """One system call below a folder. `result` is None where the process died in it, an error is its negative number.

    `began` and `ended` are places in the order of all that was seen, over all threads; `at` is the second when it began.
    """

    name: str
    paths: tuple[str, ...]
    result: int | None
    began: int
    ended: int | None
    at: float
    call: str = ""
    pid: int = 0
    tid: int = 0
    size: int | None = None
    flags: int = 0
    synced: bool = False
    new: bool = False
    met: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it did what it does."""
        return self.result is not None and self.result >= 0

    @property
    def ending(self) -> str:
        """What came of it, in words."""
        if self.result is None:
            return "died"
        return os.strerror(-self.result) if self.result < 0 else str(self.result)


class Tracing:
    """Traces processes and their descendants from `begin` to `end`."""

    def __init__(
        self,
        pids: Iterable[int],
        folder: str | Path,
        plan: Mapping[str, Any] | None = None,
        together: Sequence[int] = (),
    ) -> None:
        self._folder = os.path.realpath(folder)
        everyone = list(processes.everyone())
        given = [int(pid) for pid in pids]
        self._pids = [*given, *(one for pid in given for one in processes.descendants(pid, everyone))]
        self._plan, self._together = dict(plan or {}), list(together)
        self._lines: list[dict[str, Any]] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def begin(self) -> None:
        """Returns when every thread is traced. AssayError where the machine does not allow it."""
        lacking = [pid for pid in self._pids if not (found := processes.look(pid)) or not found.alive]
        if lacking or not self._pids:
            raise AssayError(f"there is no process {lacking or 'given'} whose system calls could be seen")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-S", "-m", "assay.sharedfs.tracer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
        assert self._process.stdin
        asked = {"pids": self._pids, "folder": self._folder, "plan": self._plan, "together": self._together}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(
            target=self._read, args=[self._process.stdout], name="calls", daemon=True
        )
        self._reader.start()
        until(lambda: self._said("ready") or self._said("failed") or self._dead(), _READY)
        if not self._said("ready"):
            self._stop()
            raise AssayError(f"the processes {self._pids} cannot be traced: {self._why()}")

    def end(self) -> list[Call]:
        """Lets the processes go and returns what they did, in the order in which it began."""
        if self._process is not None and (self._stop() or self._said("failed")):
            raise AssayError(f"the tracing of {self._pids} ended early, so nothing is shown: {self._why()}")
        return self.calls()

    def _stop(self) -> int:
        """Returns the exit code of the tracer."""
        process, self._process = self._process, None
        assert process and process.stdin and process.stdout
        process.stdin.close()
        try:
            process.wait(_READY)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_READY)
        if self._reader:
            self._reader.join(_READY)
        process.stdout.close()
        return process.returncode

    def calls(self) -> list[Call]:
        """What was seen until now, in the order in which it began."""
        seen = [line for line in list(self._lines) if "began" in line]
        if unseen := [line["call"] for line in seen if line["name"] in calls.UNSEEN]:
            raise AssayError(
                f"files may be written by {unseen[0]}, which shows no calls: nothing can be said of them"
            )
        known = Call.__dataclass_fields__
        made = [
            Call(**{"result": None, "ended": None, **_chosen(line, known), "paths": tuple(line["paths"])})
            for line in seen
        ]
        return sorted(made, key=lambda one: one.began)

    def met(self) -> Call | None:
        """The first call that was met by what was planned, once it has been told."""
        return next((one for one in self.calls() if one.met), None)

    def quiet(self, seconds: float, longest: float) -> None:
        """Waits until no file has been touched for a while: what is written after the answer belongs to it too.

        What is sent on connections does not count, since services go on telling each other that they live.
        """
        ends, seen, since = time.monotonic() + longest, self._touched(), time.monotonic()

        def settled() -> bool | None:
            nonlocal seen, since
            if (now := self._touched()) != seen:
                seen, since = now, time.monotonic()
            return True if time.monotonic() - since >= seconds or time.monotonic() > ends else None

        until(settled, longest + seconds)

    def _touched(self) -> int:
        return sum(line.get("name") not in (None, "answer") for line in list(self._lines))

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.append(json.loads(line))

    def _said(self, word: str) -> bool | None:
        return any(word in line for line in list(self._lines)) or None

    def _dead(self) -> bool | None:
        return True if self._process is not None and self._process.poll() is not None else None

    def _why(self) -> str:
        return next(
            (str(line["failed"]) for line in self._lines if "failed" in line), "the tracer says nothing"
        )


def _chosen(line: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: line[name] for name in names if name in line}


def environment() -> dict[str, str]:
    """The environment of a helper process: it finds this package wherever it lies."""
    place = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (place, os.environ.get("PYTHONPATH"))))}
