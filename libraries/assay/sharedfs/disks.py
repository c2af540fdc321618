"""Faults of a file system that every process sees: full, read-only, without rights, torn files, things replaced.

Each is promised to be undone before it is made. The functions return the number of the way back.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS, beginner
from assay.core.undoing import mounted
from assay.core.undoing import set_back as put
from assay.sharedfs.means import require

SECTOR = 512
_MOST_TO_FILL = 1 << 30
_FILLER = ".assay-fills-the-disk"
_DAC_OVERRIDE = 1 << 1


def mount_small(folder: Path, size: str, keep: bool) -> int:
    """Mounts a file system in memory of that size over a folder, with a copy of what the folder holds, or empty."""
    require(["mount"])
    if not re.fullmatch(r"\d+[kmg]?", size):
        raise AssayError(f"'{size}' is no size of a disk: write it as 512k or 4m")
    about = folder.stat()
    options = f"size={size},mode={about.st_mode & 0o7777:o},uid={about.st_uid},gid={about.st_gid}"
    if not keep:
        return _made(
            "unmount", _over(folder), lambda: _mount("-t", "tmpfs", "-o", options, "assay", str(folder))
        )
    place = mkdtemp(prefix="assay-disk-")
    own = _made("unmount", _over(Path(place)), lambda: _mount("-t", "tmpfs", "-o", options, "assay", place))
    try:
        copied = subprocess.run(
            ["cp", "-a", f"{folder}/.", place], capture_output=True, text=True, check=False
        )
        if copied.returncode:
            raise AssayError(f"{folder} does not fit into {size}: {copied.stderr.strip()}")
        return _made("unmount", _over(folder), lambda: _mount("--bind", place, str(folder)))
    finally:
        FAULTS.undo(own)
        os.rmdir(place)


def make_read_only(folder: Path) -> int:
    """Mounts a folder over itself read-only: whoever opens something below it from now on cannot write."""
    require(["mount"])

    def make() -> None:
        _mount("--bind", str(folder), str(folder))
        _mount("-o", "remount,bind,ro", str(folder))

    return _made("unmount", _over(folder), make)


def fill(folder: Path, leaving: int) -> int:
    """Writes a file until the file system of a folder has only so many octets left."""
    about = os.statvfs(folder)
    free = (about.f_bavail if os.geteuid() else about.f_bfree) * about.f_frsize
    if free > _MOST_TO_FILL:
        raise AssayError(
            f"the file system of {folder} has {free >> 20} MiB left, too much to fill: mount a small disk there first"
        )
    path = folder / _FILLER

    def make() -> None:
        with path.open("wb", buffering=0) as file:
            block = b"\0" * about.f_frsize
            try:
                for _ in range(max(0, free - leaving) // about.f_frsize + (0 if leaving else 64)):
                    file.write(block)
                os.fsync(file.fileno())
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise

    return _made("remove", [str(path)], make)


def take_permissions(path: Path, mode: int, pids: Iterable[int]) -> int:
    """Gives a file or folder other rights. AssayError where one of the processes is not bound by rights."""
    for pid in pids:
        found = re.search(r"^CapEff:\s+([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        if found and int(found.group(1), 16) & _DAC_OVERRIDE:
            raise AssayError(
                f"process {pid} is not bound by permissions (CAP_DAC_OVERRIDE, as root has it): "
                "let its calls fail with EACCES instead"
            )
    return _made("mode", [str(path), path.stat().st_mode & 0o7777], lambda: path.chmod(mode))


def torn_lengths(path: Path) -> list[int]:
    """The lengths a torn write can leave: every boundary of a sector of 512 octets below the length of the file, from 0."""
    return list(range(0, path.stat().st_size, SECTOR))


def tear(path: Path, length: int) -> int:
    """Cuts a file to a length; its octets are kept aside, for their owner only."""
    size = path.stat().st_size
    if not 0 <= length < size:
        raise AssayError(f"{path.name} has {size} octets, so it cannot be torn at {length}")
    kept = Path(mkdtemp(prefix="assay-kept-")) / "octets"
    kept.touch(0o600)
    shutil.copyfile(path, kept)
    arguments: list[str | int] = [str(kept), str(path), path.stat().st_ino]
    return _made("restore", arguments, lambda: os.truncate(path, length))


def keep_copy(folder: Path) -> tuple[Path, int]:
    """A copy of what is below a folder, for its owner only."""
    place = Path(mkdtemp(prefix="assay-copy-"))
    copied = place / "copy"
    undoing = _made("remove", [str(place)], lambda: _copy(folder, copied))
    return copied, undoing


def set_back(folder: Path, copy: Path | None) -> list[int]:
    """Puts a copy in the place of everything below a folder, or nothing at all."""
    present, keeping = keep_copy(folder)
    with TemporaryDirectory(prefix="assay-empty-") as nothing:
        changed = _made(
            "set-back", [str(present), str(folder)], lambda: put(str(copy or nothing), str(folder))
        )
    return [keeping, changed]


def _copy(source: Path, to: Path) -> None:
    to.mkdir()
    put(str(source), str(to))


def replace_file(path: Path, octets: bytes | None) -> None:
    """Puts another file in the place of one, with the same rights; who has the old one open has it still."""
    about = path.stat()
    new = path.with_name(f".{path.name}.assay-new")
    new.touch(0o600)
    try:
        new.write_bytes(path.read_bytes() if octets is None else octets)
        os.chown(new, about.st_uid, about.st_gid)
        new.chmod(about.st_mode & 0o7777)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def rename_away(path: Path) -> int:
    """Takes the name of a file or folder away; it is there still, under another."""
    away = path.with_name(f"{path.name}.assay-away")
    if away.exists() or not path.exists():
        raise AssayError(f"{path} is not there, or has been renamed away already")
    return _made("rename", [str(away), str(path)], lambda: path.rename(away))


def _made(action: str, arguments: list[str | int], make: Callable[[], object]) -> int:
    """Promises the way back, then makes the fault. What fails half-way is undone at once."""
    number = FAULTS.promise(action, *arguments, owner=beginner())
    try:
        make()
    except BaseException:
        FAULTS.undo(number)
        raise
    return number


def _over(folder: Path) -> list[str | int]:
    place = os.path.realpath(folder)
    return [place, mounted(place)]


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssayError(f"mount {' '.join(words)} failed: {done.stderr.strip()}")
