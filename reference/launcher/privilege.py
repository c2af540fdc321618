"""Running PostgreSQL as root: it refuses, so it runs as somebody who may do nothing."""

import ctypes
import os
import shutil
from pathlib import Path

NOBODY = 65534
_CLONE_NEWUSER = 0x10000000
_INSIDE = 1000
_LIBC = ctypes.CDLL(None, use_errno=True)

#: How a server is started: as the ordinary user who asks, in a user namespace, or as nobody.
ORDINARY, NAMESPACE, DROPPED = "ordinary", "namespace", "dropped"


def ways() -> list[str]:
    """The ways to try, in order."""
    return [ORDINARY] if os.geteuid() != 0 else [NAMESPACE, DROPPED]


def give_up(way: str) -> None:
    """Makes this process one that PostgreSQL runs as; raises OSError where that is not allowed."""
    if way == NAMESPACE:
        _enter_namespace()
    elif way == DROPPED:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _enter_namespace() -> None:
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE} 0 1\n", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE} 0 1\n", encoding="ascii")


def hand_over(folder: Path, way: str) -> None:
    """Lets the one who runs the server own a folder and all in it."""
    if way != DROPPED:
        return
    os.chown(folder, NOBODY, NOBODY)
    for top, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.chown(Path(top) / name, NOBODY, NOBODY, follow_symlinks=False)


def reachable(folder: Path) -> bool:
    """Whether anybody may enter a folder."""
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.parents])


def copy_where_reachable(programs: Path, private: Path) -> Path:
    """The folder of the server's programs, copied with what belongs to them where nobody could not enter it.

    A wheel keeps the libraries of `PACKAGE` beside it in `PACKAGE.libs`, and its programs look for them there.
    """
    if reachable(programs):
        return programs
    package = programs.parents[1]
    copied = private / "programs"
    shutil.copytree(programs.parent, copied / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copied / libraries.name, symlinks=True)
    return copied / programs.relative_to(package.parent)
