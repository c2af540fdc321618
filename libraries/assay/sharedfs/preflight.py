"""Whether a folder itself does what a store relies on: locks, atomic renames, syncs. Each is tried on files of its own."""

from __future__ import annotations

import errno
import mmap
import os
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.core.errors import AssayError, accepted
from assay.core.waiting import until
from assay.sharedfs.holders import BUSY, Holder, take

_OCTETS, _RENAMES = 64, 300

Check = Callable[[Path], str]


@dataclass(frozen=True)
class Finding:
    """What came of one check: `lacking` says why the folder does not honour it, `told` what else was seen."""

    name: str
    says: str
    lacking: str = ""
    told: str = ""

    @property
    def honoured(self) -> bool:
        """Whether the folder does it."""
        return not self.lacking


class Lacking(Exception):
    """The folder does not do it."""


def _exclusive(kind: str, how: str) -> Check:
    """A lock that one process holds is refused to another, and free again when the first has died."""

    def check(folder: Path) -> str:
        path = folder / "lock"
        path.touch()
        with _two() as (one, other):
            if seen := take(one, path, kind, how, "all"):
                raise Lacking(f"no lock can be taken: {seen}")
            seen = take(other, path, kind, how, "all")
            if seen not in BUSY:
                raise Lacking("two processes hold it at once" if not seen else f"it is refused with {seen}")
            one.kill()
            free = until(lambda: None if take(other, path, kind, how, "all") else True, 5)
            if not free:
                raise Lacking("it stays held after its holder has died")
        return ""

    return check


@contextmanager
def _two() -> Iterator[tuple[Holder, Holder]]:
    one, other = Holder(), Holder()
    try:
        yield one, other
    finally:
        one.end()
        other.end()


def _atomic_rename(folder: Path) -> str:
    """Readers that look again and again never find the name missing, nor contents that are neither old nor new."""
    path, new, stop = folder / "name", folder / "new", folder / "stop"
    path.write_bytes(b"0" * _OCTETS)
    reader = Holder()
    try:
        reader.do("close-all")  # so that it has come up before the first rename
        reader.begin("watch", path=str(path), stop=str(stop), length=_OCTETS)
        for number in range(_RENAMES):
            new.write_bytes(str(number % 10).encode() * _OCTETS)
            os.replace(new, path)
        stop.touch()
        if seen := reader.finish():
            raise Lacking(seen)
    finally:
        reader.end()
    return f"{_RENAMES} renames"


def _exclusive_creation(folder: Path) -> str:
    path = str(folder / "once")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return ""
    raise Lacking("a file that is there is created once more")


def _hard_links(folder: Path) -> str:
    (folder / "one").write_text("text")
    os.link(folder / "one", folder / "two")
    if not os.path.samefile(folder / "one", folder / "two") or os.stat(folder / "one").st_nlink != 2:
        raise Lacking("the two names are not of one file")
    return ""


def _file_sync(folder: Path) -> str:
    began = time.monotonic()
    with (folder / "file").open("wb") as file:
        file.write(b"octets")
        file.flush()
        os.fsync(file.fileno())
        os.fdatasync(file.fileno())
    return f"{(time.monotonic() - began) * 1000:.1f} ms"


def _folder_sync(folder: Path) -> str:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return ""


def _nameless_file(folder: Path) -> str:
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
        # Python follows the link of /proc only where it is given a descriptor of a folder.
        os.link(f"/proc/self/fd/{descriptor}", "named", src_dir_fd=descriptor, dst_dir_fd=place)
    finally:
        for one in (place, descriptor):
            if one >= 0:
                os.close(one)
    return ""


def _symbolic_links(folder: Path) -> str:
    os.symlink("there", folder / "link")
    (folder / "there").write_text("text")
    if (folder / "link").read_text() != "text":
        raise Lacking("a link leads elsewhere")
    return ""


def _distinct(first: str, second: str) -> Check:
    def check(folder: Path) -> str:
        (folder / first).write_text("first")
        (folder / second).write_text("second")
        if (folder / first).read_text() != "first":
            raise Lacking("the two names are of one file")
        if not {first, second} <= set(os.listdir(folder)):
            raise Lacking("a name is listed otherwise than it was given")
        return ""

    return check


def _long_names(folder: Path) -> str:
    (folder / ("n" * 255)).touch()
    return f"NAME_MAX {os.pathconf(folder, 'PC_NAME_MAX')}"


def _fine_times(folder: Path) -> str:
    """The finest step that is seen between times of change; a cache that compares them needs it fine."""
    path = folder / "file"
    path.touch()
    first = path.stat().st_mtime_ns

    def changed() -> int | None:
        path.write_bytes(b"x")
        return (path.stat().st_mtime_ns - first) or None

    step = until(changed, 3, 0.001) or 0
    if not step or step > 100_000_000:
        raise Lacking(
            f"a change is told by the time after {step / 1e6:g} ms"
            if step
            else "no change is told within 3 s"
        )
    os.utime(path, ns=(1, 123_456_789))
    kept = path.stat().st_mtime_ns
    return f"step at most {step / 1e6:.1f} ms, kept to {'the nanosecond' if kept == 123_456_789 else f'{kept} of 123456789 ns'}"


def _one_view(folder: Path) -> str:
    """What is written is seen through memory that was mapped, and the other way round."""
    path = folder / "file"
    path.write_bytes(b"-" * 8192)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        os.pwrite(file.fileno(), b"written", 5000)
        if mapped[5000:5007] != b"written":
            raise Lacking("what is written is not seen through mapped memory")
        mapped[:6] = b"mapped"
        if os.pread(file.fileno(), 6, 0) != b"mapped":
            raise Lacking("what is put into mapped memory is not read")
    return ""


def _open_after_removal(folder: Path) -> str:
    path = folder / "file"
    with path.open("w+b") as file:
        file.write(b"text")
        file.flush()
        path.unlink()
        if path.exists() or os.pread(file.fileno(), 4, 0) != b"text":
            raise Lacking("a file that is open is not readable after its removal")
        if left := [name for name in os.listdir(folder) if name.startswith(".nfs")]:
            raise Lacking(f"the removed file is listed as {left[0]} while it is open")
    return ""


CHECKS: dict[str, tuple[str, Check]] = {
    "flock": ("flock excludes another process, and ends with its holder", _exclusive("flock", "exclusive")),
    "posix-locks": (
        "POSIX locks (fcntl) exclude another process, and end with their holder",
        _exclusive("posix", "write"),
    ),
    "ofd-locks": ("locks of open file descriptions exclude another process", _exclusive("ofd", "write")),
    "atomic-rename": ("a rename over a name never leaves it missing", _atomic_rename),
    "exclusive-creation": ("O_EXCL creates a file once", _exclusive_creation),
    "hard-links": ("a file has two names", _hard_links),
    "file-sync": ("fsync and fdatasync of a file", _file_sync),
    "folder-sync": ("fsync of a folder", _folder_sync),
    "nameless-files": ("O_TMPFILE makes a file without a name, which is linked later", _nameless_file),
    "symbolic-links": ("a symbolic link leads to its file", _symbolic_links),
    "case-sensitive": ("names that differ in case are of two files", _distinct("name", "NAME")),
    "unicode-distinct": (
        "a name composed (NFC) and the same decomposed (NFD) are of two files",
        _distinct(unicodedata.normalize("NFC", "n\u00e4me"), unicodedata.normalize("NFD", "n\u00e4me")),
    ),
    "long-names": ("a name of 255 octets", _long_names),
    "fine-times": ("a change is told by its time within 100 ms", _fine_times),
    "mapped-memory": ("mapped memory and writes show the same", _one_view),
    "open-after-removal": ("an open file stays readable after its removal", _open_after_removal),
}

GROUPS = {
    "locks": ("flock", "posix-locks", "ofd-locks"),
    "syncs": ("file-sync", "folder-sync"),
}
"""Names for several checks at once."""


def names(wanted: Iterable[str]) -> list[str]:
    """The checks of these names, groups taken apart; all where none is named."""
    found: list[str] = []
    for name in wanted:
        if name not in CHECKS and name not in GROUPS:
            raise AssayError(f"there is no check {name} of a folder{accepted(name, [*CHECKS, *GROUPS])}")
        found += GROUPS.get(name, (name,))
    return found or list(CHECKS)


def look(folder: Path, wanted: Iterable[str] = ()) -> list[Finding]:
    """Tries each check in a folder of its own, which is removed."""
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise AssayError(f"{folder} is no folder that can be written")
    found = []
    for name in names(wanted):
        says, check = CHECKS[name]
        with TemporaryDirectory(prefix=".assay-preflight-", dir=folder) as own:
            try:
                found.append(Finding(name, says, told=check(Path(own))))
            except Lacking as error:
                found.append(Finding(name, says, str(error)))
            except OSError as error:
                reason = errno.errorcode.get(error.errno or 0, "") or str(error)
                found.append(Finding(name, says, f"{reason}: {error.strerror}"))
    return found
