"""Where Assay keeps its own data and where a run keeps its state."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assay.core.errors import AssayError

_MEMORY, _DISK = Path("/dev/shm"), Path("/var/tmp")
_LOGIND, _ORDINARY = Path("/run/systemd/seats"), 1000
_ROOM = 4 << 30  # bytes that a file system in memory must have; a run of two workers uses about 240 million


def root() -> Path:
    """The folder that holds `resources/` and `variables/`: this repository, or what ASSAY_HOME names."""
    home = os.environ.get("ASSAY_HOME")
    return Path(home).resolve() if home else Path(__file__).resolve().parents[3]


def resources() -> Path:
    return root() / "resources"


def contracts() -> Path:
    return resources() / "contracts"


def targets() -> Path:
    return root() / "variables" / "targets"


def dialects() -> Path:
    return root() / "variables" / "dialects"


def left() -> Path:
    """The folder with the lists of what runs made on platforms that stay; ASSAY_LEFT names another place."""
    named = os.environ.get("ASSAY_LEFT")
    return Path(named) if named else root() / ".assay" / "left"


def states() -> Path:
    """The folder of all runs' states, made when it is not there.

    It may be passed through but not listed by others (0711), since data servers may run as another user.
    ASSAY_STATE names another place.
    """
    named = os.environ.get("ASSAY_STATE")
    folder = Path(named) if named else _base() / f"assay-{os.getuid()}"
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise AssayError(
                f"{folder} must be a folder of yours (uid {os.getuid()}), it is not: "
                "remove it, or name another by ASSAY_STATE"
            )
        folder.chmod(0o711)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise AssayError(
            f"cannot write the folder for states of runs, {folder}: {error.strerror}; "
            "name another by ASSAY_STATE"
        ) from error
    return folder


def _base() -> Path:
    """In memory where there is room, since a database's folder has a thousand files, which some disks take a second to
    copy. Only what does not change decides, so that every process of a run finds the same place. An ordinary user's files
    in memory are removed at the last log-out where systemd-logind runs (RemoveIPC of logind.conf)."""
    if os.getuid() >= _ORDINARY and _LOGIND.exists():
        return _DISK
    try:
        about = os.statvfs(_MEMORY)
    except OSError:
        return _DISK
    roomy = about.f_frsize * about.f_blocks >= _ROOM and os.access(_MEMORY, os.W_OK | os.X_OK)
    return _MEMORY if roomy and not about.f_flag & (os.ST_NOEXEC | os.ST_RDONLY) else _DISK
