"""What tests and platforms are made of, as one word that changes when any of it does."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from assay.core import places

_SUITE = ("suites", "resources", "variables", "libraries/assay", "constraints.txt")
_NOT_SUITE = (
    "libraries/assay/command",
    "libraries/assay/report",
    "resources/catalogue",
    "variables/known-failures",
)
_IGNORED = frozenset(["__pycache__", ".pytest_cache"])


def digest(paths: Iterable[Path]) -> str:
    """One hash over the names and contents of all files under these paths."""
    made = hashlib.sha256()
    for path in sorted(paths):
        made.update(f"{path}\0".encode())
        made.update(hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()[:16]


def files(folder: Path, *without: Path) -> list[Path]:
    """All files under a folder (or the file itself), without caches and the folders named."""
    if folder.is_file():
        return [folder]
    found = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if name not in _IGNORED and here / name not in without]
        found += [here / name for name in names if here / name not in without and (here / name).is_file()]
    return found


def of_suite() -> str:
    """The hash of what the tests are made of: suites, resources, libraries, data, pins."""
    root = places.root()
    without = [root / name for name in _NOT_SUITE]
    found = [path for name in _SUITE for path in files(root / name, *without)]
    return digest(found)


def of_platform(command: Sequence[str], folder: Path) -> str:
    """The hash of a platform's own files, those beside its launcher, without its defects.

    A launcher that the PATH names has no folder of its own; it is taken by itself.
    """
    launcher = folder / command[0]
    if not launcher.is_file():
        return digest([Path(found)] if (found := shutil.which(command[0])) else [])
    home = launcher.resolve().parent
    return digest(files(home, home / "defects"))
