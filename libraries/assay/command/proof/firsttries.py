"""Remembers what became of each blind defect when it was proven for the first time; that never changes again."""

from __future__ import annotations

from pathlib import Path

import yaml

from assay.command.proof.shapes import Proven
from assay.core import places

_HEAD = """\
# What the tests made of each blind defect at the first try. A blind defect is written by someone who has read the
# requirement and the service, but not the tests. `./assay prove` adds an entry when it first proves one, and never
# changes it: mending the tests afterwards is right, forgetting that it was needed is not.
"""


def path() -> Path:
    """The file in the project."""
    return places.root() / "docs" / "testing" / "proof-first-try.yaml"


def load(file: Path) -> dict[str, str]:
    """The verdict of the first try by name of the defect."""
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except OSError:
        return {}
    return {str(name): str(verdict) for name, verdict in (found or {}).items()}


def remember(file: Path, proven: list[Proven]) -> dict[str, str]:
    """Adds the blind defects that were never proven before and returns all first tries."""
    known = load(file)
    new = {one.defect.name: one.judgement.verdict.value for one in proven if one.defect.blind}
    found = {**new, **known}
    if found != known:
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}: {verdict}\n" for name, verdict in sorted(found.items())]
        file.write_text(_HEAD + "".join(lines), "utf-8")
    return found
