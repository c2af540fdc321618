"""Which defects are proven: all, one by name, or a sample that a commit decides."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.command.proof.shapes import Defect
from assay.core import digests, places, yamlfile
from assay.core.errors import AssayError, accepted


class Launcher:
    """The command that starts the platform of a target and knows its defects."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.command = list(command)
        self.folder = folder

    def defects(self, more: Sequence[Path]) -> list[Defect]:
        """The defects that the launcher lists, and those in files from outside. Raises `AssayError` in one line."""
        own = [self._defect(entry, ()) for entry in self._ask()]
        names = {defect.name for defect in own}
        listed = self._ask(*more) if more else []
        others = [self._defect(entry, more) for entry in listed if entry["name"] not in names]
        return own + others

    def service_digest(self) -> str:
        """The hash of the platform's own files without its defects."""
        return digests.of_platform(self.command, self.folder)

    def _defect(self, entry: dict[str, Any], more: Sequence[Path]) -> Defect:
        defect = Defect.of(entry)
        if defect.digest:
            return defect
        home = (self.folder / self.command[0]).resolve().parent
        return replace(defect, digest=digests.digest(more or digests.files(home / "defects")))

    def _ask(self, *more: Path) -> list[dict[str, Any]]:
        extra = [part for path in more for part in ("--from", str(path))]
        command = [*self.command, "defects", *extra]
        try:
            answer = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, timeout=600, check=False
            )
        except OSError as error:
            raise AssayError(
                f"the platform's launcher cannot be run: {self.command[0]}: {error.strerror}"
            ) from None
        if answer.returncode:
            told = answer.stderr.strip().splitlines() or ["it said nothing"]
            raise AssayError(f"the platform's launcher could not list its defects: {told[-1]}")
        try:
            found: list[dict[str, Any]] = json.loads(answer.stdout)
        except ValueError:
            raise AssayError("the platform's launcher did not list its defects as JSON") from None
        return found


def still_open() -> dict[str, str]:
    """The defects that no test notices yet, with what is missing (docs/testing/proof-open.yaml)."""
    path = places.root() / "docs" / "testing" / "proof-open.yaml"
    return dict(yamlfile.load(path).data or {}) if path.is_file() else {}


def choose(
    defects: list[Defect],
    only: Sequence[str],
    sample: int | None,
    seed: str,
    left_open: Collection[str] = (),
) -> list[Defect]:
    """The defects to prove. Raises `AssayError` for an unknown name, naming the known ones.

    A sample depends on the seed and on each defect's name alone, so that the same commit always proves the same
    defects and another commit others. It draws none of those that are known to be open; a proof of all has them too.
    """
    known = {defect.name: defect for defect in defects}
    for name in only:
        if name not in known:
            raise AssayError(f"there is no defect '{name}'{accepted(name, known)}")
    chosen = [known[name] for name in dict.fromkeys(only)] if only else defects
    if sample is None:
        return chosen
    closed = [defect for defect in chosen if defect.name not in left_open]
    drawn = sorted(closed, key=lambda defect: hashlib.sha256(f"{seed}:{defect.name}".encode()).digest())[
        :sample
    ]
    return [defect for defect in chosen if defect in drawn]
