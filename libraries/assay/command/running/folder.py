"""The results folder of a run: ours alone while it lasts, cleared of the run before, with room kept for the page."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from assay.command.options import UsageError

OF_A_RUN = (
    "output.xml",
    "log.html",
    "report.html",
    "xunit.xml",
    "acceptance.html",
    "results.json",
    "workers.log",
    "services",
    "run",
    "defect-hits.json",
    "left-behind.txt",
)
PREVIOUS = "previous"
_RESERVE, _LOCK = ".reserve", ".lock"
_ROOM = 3 * 1024 * 1024  # a page of thousands of tests has about half of that


class ResultsFolder:
    """Where a run leaves what it found out. Raises `UsageError` when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._reserve = self.path / _RESERVE
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._take()
            self._reserve_room()
            self._put_aside()
        except OSError as error:
            raise UsageError(
                f"cannot write the results to {self.path}: {(error.strerror or str(error)).lower()}; "
                "name another folder by --results"
            ) from error

    def free(self) -> None:
        """Gives the reserved room back, for the page."""
        with contextlib.suppress(OSError):
            self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Lets the next run have the folder."""
        self.free()
        with contextlib.suppress(OSError):
            (self.path / _LOCK).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip()
            raise UsageError(
                f"another run (process {holder or 'unknown'}) is writing to {self.path}; "
                "wait for it, or name another folder by --results"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def _reserve_room(self) -> None:
        with self._reserve.open("wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, _ROOM)
            except OSError:
                self._reserve.unlink()
                raise

    def _put_aside(self) -> None:
        found = [self.path / name for name in OF_A_RUN if (self.path / name).exists()]
        if not found:
            return
        previous = self.path / PREVIOUS
        if previous.exists():
            shutil.rmtree(previous)
        previous.mkdir()
        for path in found:
            path.rename(previous / path.name)
