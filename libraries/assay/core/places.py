"""Where Assay keeps its own data and where a run keeps its state."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from assay.core.errors import AssayError


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


def states() -> Path:
    """The folder of all runs' states, made when it is not there.

    It may be passed through but not listed by others (0711), since data servers may run as another user.
    ASSAY_STATE names another place.
    """
    named = os.environ.get("ASSAY_STATE")
    folder = Path(named) if named else Path(f"/var/tmp/assay-{os.getuid()}")
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
