"""The results folder of a run: ours alone while it lasts, cleared of the run before, with room kept for the page."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable
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
PREVIOUS, ATTEMPTS = "previous", "attempts"
_RESERVE, _LOCK = ".reserve", ".lock"
_ROOM = 3 * 1024 * 1024  # a page of thousands of tests has about half of that


class ResultsFolder:
    """Where a run leaves what it found out. Raises `UsageError` when it cannot be written.

    What the run before left is put aside in `previous`; for a run that is made again (`again`) it is kept beside the
    new results, as the next of `attempts`, which are the folders of all attempts so far.
    """

    def __init__(self, path: Path, *, again: bool = False) -> None:
        self.path = path.absolute()
        self.attempts: list[str] = []
        self._reserve = self.path / _RESERVE
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._take()
            self._reserve_room()
            if again:
                self._put_beside()
            else:
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
        found = self._found([*OF_A_RUN, ATTEMPTS])
        if not found:
            return
        previous = self.path / PREVIOUS
        if previous.exists():
            shutil.rmtree(previous)
        _move(found, previous)

    def _put_beside(self) -> None:
        found = self._found(OF_A_RUN)
        before = attempts(self.path)
        if found:
            number = int(before[-1].name) + 1 if before else 1
            _move(found, self.path / ATTEMPTS / str(number))
        self.attempts = [f"{ATTEMPTS}/{one.name}" for one in attempts(self.path)]

    def _found(self, names: Iterable[str]) -> list[Path]:
        return [self.path / name for name in names if (self.path / name).exists()]


def attempts(results: Path) -> list[Path]:
    """The folders of the runs before one that was made again, the oldest first."""
    folders = [one for one in (results / ATTEMPTS).glob("*") if one.name.isdecimal()]
    return sorted(folders, key=lambda one: int(one.name))


def _move(found: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in found:
        path.rename(folder / path.name)
