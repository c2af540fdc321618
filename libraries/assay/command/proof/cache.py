"""Keeps what was seen of each defect for as long as defect, service and suite stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from assay.command.proof.shapes import Defect, Observation


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
