"""Who holds which lock, as the kernel shows it in /proc/locks and in /proc/*/fdinfo."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HOW = {"READ": "read", "WRITE": "write"}


@dataclass(frozen=True)
class Lock:
    """One lock: its kind (FLOCK, POSIX, OFDLCK), read or write, who holds or waits for it, and where.

    `end` is None where it reaches to the end of the file however long that grows.
    """

    kind: str
    how: str
    pid: int
    path: str
    start: int
    end: int | None
    waits: bool = False

    def __str__(self) -> str:
        reach = f"{self.start}-{'EOF' if self.end is None else self.end}"
        verb = "waits for" if self.waits else "holds"
        return f"{self.pid} {verb} {self.kind} {self.how} {reach} of {os.path.basename(self.path)}"


Key = tuple[str, int]


def under(folder: Path) -> list[Lock]:
    """Every lock on a file below a folder, or on that one file, with the path of the file."""
    paths = {}
    device = _device(folder if folder.is_dir() else folder.parent)
    for path in _files(folder):
        with suppress(OSError):
            paths[device, path.stat().st_ino] = str(path)
    found = [_at(lock, paths[key]) for key, lock in _told(Path("/proc/locks")) if key in paths]
    unowned = [lock for lock in found if lock.kind == "OFDLCK" and not lock.waits]
    if not unowned:
        return found
    return [lock for lock in found if lock not in unowned] + list(_of_descriptions(paths))


def _files(folder: Path) -> Iterator[Path]:
    yield folder
    if folder.is_dir():
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                yield Path(place) / name


def _of_descriptions(paths: dict[Key, str]) -> Iterator[Lock]:
    """Locks of open file descriptions belong to no process; whoever has the description open holds them."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):
            for descriptor in (process / "fdinfo").iterdir():
                for key, lock in _told(descriptor):
                    if lock.kind == "OFDLCK" and key in paths:
                        yield _at(lock, paths[key], int(process.name))


def _told(file: Path) -> Iterator[tuple[Key, Lock]]:
    """The locks of a file of the kernel: `1: POSIX  ADVISORY  WRITE 99 fd:00:123 0 EOF`, with `->` before one that waits."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        words = line.replace("lock:", "").split()
        if len(words) < 8 or not words[0].endswith(":"):
            continue
        waits = words[1] == "->"
        kind, _, how, pid, place, start, end = words[1 + waits : 8 + waits]
        major, minor, inode = place.split(":")
        if how in _HOW:
            last = None if end == "EOF" else int(end)
            lock = Lock(kind, _HOW[how], int(pid), "", int(start), last, waits)
            yield (f"{major}:{minor}", int(inode)), lock


def _at(lock: Lock, path: str, pid: int | None = None) -> Lock:
    return Lock(lock.kind, lock.how, lock.pid if pid is None else pid, path, lock.start, lock.end, lock.waits)


def _device(folder: Path) -> str:
    """How the kernel names the device of a folder in its lists of locks: overlays and btrfs give stat another one."""
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        inode = os.fstat(file.fileno()).st_ino
        for (device, number), _ in _told(Path(f"/proc/self/fdinfo/{file.fileno()}")):
            if number == inode:
                return device
    number = folder.stat().st_dev
    return f"{os.major(number):02x}:{os.minor(number):02x}"
