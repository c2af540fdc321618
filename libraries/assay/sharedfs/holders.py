"""Helper processes that hold locks, as the process that tests sees them."""

from __future__ import annotations

import errno
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

from assay.core.errors import AssayError
from assay.sharedfs.tracing import environment

_LONGEST = 10.0
BUSY = ("EAGAIN", "EACCES")
"""How a lock is refused that somebody else holds: EWOULDBLOCK is EAGAIN, and POSIX allows either."""


class Holder:
    """One helper process. It ends with this one, whatever ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-S", "-m", "assay.sharedfs.holder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def do(self, step: str, **fields: Any) -> Any:
        """Has it do a step and returns what comes of it. Raises OSError with the error's number and name."""
        self.begin(step, **fields)
        return self.finish()

    def begin(self, step: str, **fields: Any) -> None:
        """Has it begin a step that may wait for a lock."""
        assert self._process.stdin
        asked = {"do": step, **fields}
        if "path" in asked:
            asked["path"] = os.path.abspath(asked["path"])
        try:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise AssayError(f"the helper process {self.pid} that holds locks has ended") from error

    def answered(self, seconds: float) -> bool:
        """Whether a step that was begun comes to its end in time."""
        assert self._process.stdout
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def finish(self, seconds: float = _LONGEST) -> Any:
        """What came of the step that was begun."""
        assert self._process.stdout
        if not self.answered(seconds):
            raise AssayError(f"the helper process {self.pid} waits for a lock for more than {seconds:g} s")
        line = self._process.stdout.readline()
        if not line:
            raise AssayError(f"the helper process {self.pid} that holds locks has ended")
        said = json.loads(line)
        if said["error"]:
            if not hasattr(errno, said["error"]):
                raise AssayError(f"a helper process failed: {said['error']}")
            raise OSError(getattr(errno, said["error"]), said["error"])
        return said["ok"]

    def kill(self) -> None:
        """Ends it as a crash would; returns when it is gone."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Ends it; its locks are free when this returns."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_LONGEST)
        self._process.stdout.close()


def span(written: str) -> tuple[int, int]:
    """Start and length of a range: `10+5` five octets from the tenth, `10+` to the end of the file however long, `all`."""
    if written == "all":
        return 0, 0
    start, plus, length = written.partition("+")
    if not plus or not start.isdigit() or (length and not length.isdigit()):
        raise AssayError(
            f"'{written}' is no range: write it as 10+5, as 10+ to the end of the file, or as all"
        )
    return int(start), int(length or 0)


def take(holder: Holder, path: Path, kind: str, how: str, area: str) -> str:
    """Opens a file and takes a lock without waiting. Returns the name of the error, an empty text where the lock is held."""
    # An exclusive flock needs no right to write, so a file that may only be read can be tried all the same.
    mode = "r" if how in ("read", "shared") or (path.exists() and not os.access(path, os.W_OK)) else "rw"
    start, length = span(area)
    try:
        holder.do("open", **{"as": "file"}, path=str(path), mode=mode)
        holder.do(kind, **{"as": "file"}, how=how, start=start, length=length, wait=False)
    except OSError as error:
        return error.strerror or str(error)
    return ""
