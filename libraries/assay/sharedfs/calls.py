"""System calls that change or settle files: their numbers and what their arguments mean. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A call, what its arguments mean by place, and its number on each machine that is known."""

    name: str
    arguments: str
    x86_64: int | None
    aarch64: int | None
    flags: int | None = None


# Arguments, one letter each: f a descriptor, p a path, d a descriptor (or AT_FDCWD) and a the path relative to it, b a count of
# bytes, - anything else. Which argument has the flags of an open is named apart.
SHAPES = (
    Shape("open", "p", 2, None, 1),
    Shape("openat", "da", 257, 56, 2),
    Shape("openat2", "da", 437, 437),
    Shape("creat", "p", 85, None),
    Shape("write", "f-b", 1, 64),
    Shape("writev", "f", 20, 66),
    Shape("pwrite64", "f-b", 18, 68),
    Shape("pwritev", "f", 296, 70),
    Shape("pwritev2", "f", 328, 287),
    Shape("copy_file_range", "--f", 326, 285),
    Shape("sendfile", "f", 40, 71),
    Shape("fallocate", "f", 285, 47),
    Shape("ftruncate", "f", 77, 46),
    Shape("truncate", "p", 76, 45),
    Shape("fsync", "f", 74, 82),
    Shape("fdatasync", "f", 75, 83),
    Shape("sync_file_range", "f", 277, 84),
    Shape("syncfs", "f", 306, 267),
    Shape("sync", "", 162, 81),
    Shape("rename", "pp", 82, None),
    Shape("renameat", "dada", 264, 38),
    Shape("renameat2", "dada", 316, 276),
    Shape("link", "pp", 86, None),
    Shape("linkat", "dada", 265, 37),
    Shape("symlink", "-p", 88, None),
    Shape("symlinkat", "-da", 266, 36),
    Shape("unlink", "p", 87, None),
    Shape("unlinkat", "da", 263, 35),
    Shape("mkdir", "p", 83, None),
    Shape("mkdirat", "da", 258, 34),
    Shape("rmdir", "p", 84, None),
    Shape("chmod", "p", 90, None),
    Shape("fchmod", "f", 91, 52),
    Shape("fchmodat", "da", 268, 53),
    Shape("flock", "f", 73, 32),
    Shape("sendto", "f-b", 44, 206),
    Shape("sendmsg", "f", 46, 211),
    Shape("sendmmsg", "f", 307, 269),
    Shape("io_uring_enter", "", 426, 426),
)

SENDS = ("sendto", "sendmsg", "sendmmsg", "write", "writev", "sendfile")
UNSEEN = ("io_uring_enter",)
"""Calls by which files are written where no call shows it."""
CHANGES = (
    "open",
    "write",
    "truncate",
    "allocate",
    "rename",
    "link",
    "symlink",
    "unlink",
    "mkdir",
    "rmdir",
    "chmod",
)
SETTLES = ("fsync", "fdatasync", "syncfs", "sync", "sync_file_range")
ALIKE = {
    "openat": "open",
    "openat2": "open",
    "creat": "open",
    "writev": "write",
    "pwrite64": "write",
    "pwritev": "write",
    "pwritev2": "write",
    "copy_file_range": "write",
    "sendfile": "write",
    "fallocate": "allocate",
    "ftruncate": "truncate",
    "renameat": "rename",
    "renameat2": "rename",
    "linkat": "link",
    "symlinkat": "symlink",
    "unlinkat": "unlink",
    "mkdirat": "mkdir",
    "fchmodat": "chmod",
    "fchmod": "chmod",
}
"""Calls that do the same thing: testers speak of `write` and `rename`, whichever of them a language uses."""


def table(machine: str) -> dict[int, Shape]:
    """The calls of a machine by number; empty for one that is not known."""
    found: dict[int, Shape] = {}
    for shape in SHAPES:
        number = {"x86_64": shape.x86_64, "aarch64": shape.aarch64}.get(machine)
        if number is not None:
            found[number] = shape
    return found
