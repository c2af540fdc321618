"""A folder at a moment, and what a write made of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 20


@dataclass(frozen=True)
class FileMark:
    """What tells a file apart from a later one of its name."""

    size: int
    mtime_ns: int
    inode: int
    digest: str


@dataclass(frozen=True)
class Snapshot:
    """Every file below a folder, by its path."""

    root: Path
    files: dict[str, FileMark]

    def __str__(self) -> str:
        return f"{len(self.files)} files of {self.root}"


@dataclass(frozen=True)
class Changes:
    """What a write did to the files below a folder: paths that it made, changed and removed."""

    root: Path
    made: list[str]
    changed: list[str]
    removed: list[str]

    @property
    def written(self) -> list[str]:
        """What was made or changed."""
        return [*self.made, *self.changed]

    def __str__(self) -> str:
        return f"{len(self.made)} made, {len(self.changed)} changed, {len(self.removed)} removed below {self.root}"


def snapshot(root: Path, before: Snapshot | None = None) -> Snapshot:
    """The folder now; a file that is as it was by size, time and inode is not read again."""
    known = before.files if before else {}
    files = {}
    for entry in walk(root):
        if (found := about(entry)) is None:
            continue
        path = os.path.relpath(entry.path, root)
        old = known.get(path)
        facts = found.st_size, found.st_mtime_ns, found.st_ino
        if old and (old.size, old.mtime_ns, old.inode) == facts:
            files[path] = old
        elif (digest := _digest(entry, found.st_mode)) is not None:
            files[path] = FileMark(*facts, digest)
    return Snapshot(root, files)


def changes(before: Snapshot, after: Snapshot) -> Changes:
    """What is in one and not in the other, and what holds other bytes or is another file."""
    both = before.files.keys() & after.files.keys()
    return Changes(
        after.root,
        sorted(after.files.keys() - before.files.keys()),
        sorted(path for path in both if before.files[path] != after.files[path]),
        sorted(before.files.keys() - after.files.keys()),
    )


def walk(root: Path | str) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder that is no folder. What goes away meanwhile is passed over; links are not followed."""
    folders: list[str] = [str(root)]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                yield entry


def about(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What is known of something in a folder, a link as such; None where it has gone meanwhile."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _digest(entry: os.DirEntry[str], mode: int) -> str | None:
    """A hash of the content; of what is no regular file, its kind; None where it has gone or may not be read."""
    if not stat.S_ISREG(mode):
        return f"kind {stat.S_IFMT(mode):o}"
    made = hashlib.blake2b(digest_size=16)
    try:
        with open(entry.path, "rb", buffering=0) as stream:
            while piece := stream.read(_PIECE):
                made.update(piece)
    except FileNotFoundError:
        return None
    except PermissionError:
        return "unreadable"
    return made.hexdigest()
