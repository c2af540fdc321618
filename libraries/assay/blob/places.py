"""What can stand in the place of a sealed file, and how it is put there and away again."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.errors import AssayError

Put = bytes | Callable[[Path], None] | None


def _hardlink(path: Path, other: Path | None) -> Put:
    if other is None:
        raise ValueError("no other entity is given")
    return lambda place: os.link(other, place)


def _forbidden(path: Path, other: Path | None) -> Put:
    found = path.stat()
    if found.st_uid == 0:
        raise ValueError("its owner is root, who may read everything")
    content = path.read_bytes()

    def place(at: Path) -> None:
        at.write_bytes(content)
        os.chown(at, found.st_uid, found.st_gid)
        at.chmod(0)

    return place


#: What is made in the place of a file, from its path and that of the other entity's.
PLACES: Mapping[str, Callable[[Path, Path | None], Put]] = {
    "deleted": lambda _path, _other: None,
    "0 bytes": lambda _path, _other: b"",
    "cut to half": lambda path, _other: path.read_bytes()[: path.stat().st_size // 2],
    "zeroed": lambda path, _other: bytes(path.stat().st_size),
    "a symbolic link to itself": lambda _path, _other: lambda place: place.symlink_to(place.name),
    "a hard link to the other's": _hardlink,
    "a pipe": lambda _path, _other: os.mkfifo,
    "a folder": lambda _path, _other: Path.mkdir,
    "mode 000": _forbidden,
}


@dataclass(frozen=True)
class State:
    """A file as it was: where its bytes are kept, whose it was, its mode and times."""

    copy: Path
    mode: int
    owner: tuple[int, int]
    times: tuple[int, int]


@dataclass
class Keeping:
    """Originals in a folder that only we may enter, until they are put back."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="assay-kept-")))
    first: dict[Path, State | None] = field(default_factory=dict)
    numbers: int = 0

    def keep(self, path: Path) -> State | None:
        """A copy of a file; None where there is none."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise AssayError(f"{path} is no regular file, so no copy of it can be kept")
        self.numbers += 1
        copy = self.folder / str(self.numbers)
        with open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(path.read_bytes())
        times = found.st_atime_ns, found.st_mtime_ns
        return State(copy, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid), times)

    def replace(self, plan: Mapping[Path, Put]) -> None:
        """Puts what a plan says in the place of files, keeping what was there at first."""
        for path in plan:
            if path not in self.first:
                self.first[path] = self.keep(path)
        modes = {path: state for path in plan if (state := self.first[path])}
        for path, said in plan.items():
            if not isinstance(said, bytes):
                _clear(path)
        for path, said in plan.items():
            if isinstance(said, bytes):
                _write(path, said, modes.get(path) or next(iter(modes.values()), None))
        for path, said in plan.items():
            if callable(said):
                said(path)

    def put_back(self) -> list[Path]:
        """Puts every file back as it was at first and removes what was not there; the copies stay until `end`."""
        done = list(self.first)
        for path, state in self.first.items():
            if state is None:
                _clear(path)
            else:
                _write(path, state.copy.read_bytes(), state)
                os.utime(path, ns=state.times)
        self.first.clear()
        return done

    def end(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes, like: State | None) -> None:
    """In one step, so that whoever reads meanwhile sees the whole of one or the other."""
    handle, name = tempfile.mkstemp(prefix=".assay-", dir=path.parent)
    with open(handle, "wb") as stream:
        stream.write(content)
        if like is not None:
            os.fchmod(handle, like.mode)
            if like.owner != (os.geteuid(), os.getegid()) and os.geteuid() == 0:
                os.fchown(handle, *like.owner)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    os.replace(name, path)
