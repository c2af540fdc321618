"""Reads the matrix that the last `./assay prove` left, as far as the acceptance page needs it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from assay.core import digests, places, target
from assay.core.errors import AssayError
from assay.report import sources
from assay.report.shapes import Caught, Proof

MATRIX = Path("proof") / "matrix.json"


def last(results: Path) -> Proof | None:
    """The last proof in the run's results or the project's, or None where nothing was proven yet."""
    for folder in dict.fromkeys((results, places.root() / "results")):
        data = sources.mapping(folder / MATRIX)
        if data.get("defects"):
            page = "proof/matrix.html" if folder == results else ""
            return _proof(data, page)
    return None


def _proof(data: dict[str, Any], page: str) -> Proof:
    found: dict[str, list[Caught]] = defaultdict(list)
    for defect in data["defects"]:
        verdict = str(defect.get("verdict", ""))
        entry = Caught(str(defect["name"]), str(defect.get("says", "")), verdict, verdict == "caught")
        for requirement in defect.get("breaks", []):
            found[str(requirement)].append(entry)
    return Proof(
        made=str(data.get("made", "")),
        current=_is_current(data),
        totals=dict(data.get("totals", {})),
        by_requirement={name: tuple(entries) for name, entries in found.items()},
        page=page,
    )


def _is_current(data: dict[str, Any]) -> bool:
    """Whether tests and platform are still those that were proven."""
    try:
        launch = target.load(str(data.get("target", ""))).launch
        platform = digests.of_platform(launch.command, places.root()) if launch else ""
        return (data.get("suite"), data.get("platform")) == (digests.of_suite(), platform)
    except (AssayError, OSError):
        return False  # the page must be made whatever lies about in the project
