"""Which file system a folder lies on, as /proc/self/mountinfo tells (proc(5)).

After a chroot() into a folder that is no mount point nothing there lies above that folder; its file system is not known then.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NETWORKED = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "ceph",
    "glusterfs",
    "9p",
    "virtiofs",
    "lustre",
    "gpfs",
    "fuse.sshfs",
    "ocfs2",
    "gfs2",
)


@dataclass(frozen=True)
class FileSystem:
    """The mount that a folder lies on."""

    kind: str
    source: str
    mounted_at: str
    options: tuple[str, ...]

    @property
    def networked(self) -> bool:
        """Whether other hosts can have it mounted as well, as far as its kind tells."""
        return self.kind in NETWORKED

    def __str__(self) -> str:
        return f"{self.kind} ({self.source} at {self.mounted_at}, {','.join(self.options)})"


def of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> FileSystem:
    """The file system of a folder; ``unknown`` where no mount lies above it."""
    place = os.path.realpath(folder)
    best: FileSystem | None = None
    for line in mounts.read_text().splitlines():
        head, _, tail = line.partition(" - ")
        fields, (kind, source, above) = head.split(), tail.split(" ", 2)
        at = fields[4].encode().decode("unicode_escape")
        # Of mounts on the same place the last one is seen.
        holds = place == at or place.startswith(at.rstrip("/") + "/")
        if holds and (best is None or len(at) >= len(best.mounted_at)):
            options = dict.fromkeys([*fields[5].split(","), *above.split(",")])
            best = FileSystem(kind, source, at, tuple(options))
    return best or FileSystem("unknown", "unknown", "/", ())
