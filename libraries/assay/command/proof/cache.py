"""Keeps what was seen of each defect for as long as defect, service and suite stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from assay.command.proof.shapes import Defect, Observation
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
        found += [here / name for name in names if here / name not in without]
    return found


def suite_digest() -> str:
    """The hash of what the tests are made of: suites, resources, libraries, data, pins."""
    root = places.root()
    without = [root / name for name in _NOT_SUITE]
    found = [path for name in _SUITE for path in files(root / name, *without)]
    vectors = os.environ.get("WYCHEPROOF_DIR", "")
    return digest(found) + ("v" if vectors else "")


class Cache:
    """Observations in `.assay/proof-cache`, one file each, named by what they depend on."""

    def __init__(
        self, folder: Path, service: str, suite: str, scope: str, unchanged: Callable[[], bool] = lambda: True
    ) -> None:
        self._unchanged = unchanged
        self._folder = folder
        self._about = f"{service}-{suite}"
        self._scope = scope

    def load(self, defect: Defect) -> Observation | None:
        """What was seen of this defect, if nothing has changed since."""
        try:
            return Observation.of(json.loads(self._path(defect).read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, defect: Defect, observation: Observation) -> None:
        """Keeps what was seen, unless something that it depends on was edited meanwhile."""
        if not self._unchanged():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(defect)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(observation.as_json()), "utf-8")
        draft.replace(path)

    def _path(self, defect: Defect) -> Path:
        which = f"{defect.name}-{defect.digest}-{self._scope}"
        key = hashlib.sha256(f"{which}-{self._about}".encode()).hexdigest()[:24]
        return self._folder / f"{defect.name}-{key}.json"
