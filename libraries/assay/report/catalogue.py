"""Reads the requirements and the promises from `resources/catalogue/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assay.core import places
from assay.report.shapes import Catalogue, Promise, Requirement

PROMISES = "promises.yaml"


@cache
def load(folder: Path | None = None) -> Catalogue:
    """Every catalogue under `folder` (default: the project's).

    Returns an empty catalogue where there is none: the libraries also work in projects without one.
    """
    folder = folder or places.resources() / "catalogue"
    steps, promises, areas = _promises(folder / PROMISES)
    requirements: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == PROMISES:
            continue
        for requirement in _requirements(path, steps):
            requirements[requirement.id] = requirement
    return Catalogue(requirements, promises, areas)


def mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; empty when there is no such file or it holds something else."""
    try:
        found = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except (OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _promises(path: Path) -> tuple[dict[str, str], dict[str, Promise], dict[str, str]]:
    data = mapping(path)
    steps = {str(number): f"step {number}, {title}" for number, title in data.get("steps", {}).items()}
    parts = data.get("parts", {})
    promises = {
        entry["id"]: Promise(
            entry["id"],
            entry["says"],
            parts.get(entry["id"].split("-")[0], ""),
            steps.get(str(entry.get("step", "")), ""),
        )
        for entry in data.get("promises", [])
    }
    return steps, promises, dict(data.get("areas", {}))


def _requirements(path: Path, steps: dict[str, str]) -> list[Requirement]:
    data = mapping(path)
    area = str(data.get("area", path.stem))
    title = str(data.get("title", path.stem.capitalize()))
    return [
        Requirement(
            id=entry["id"],
            says=entry["says"],
            level=entry["level"],
            risk=entry.get("risk", ""),
            source=entry.get("source", ""),
            area=area,
            title=title,
            group=entry.get("group", ""),
            later=_step(entry.get("later"), steps),
        )
        for entry in data.get("requirements", [])
    ]


def _step(later: object, steps: dict[str, str]) -> str:
    if later is None:
        return ""
    text = str(later)
    return steps.get(text.split(".")[0].split(" ")[0], text)
