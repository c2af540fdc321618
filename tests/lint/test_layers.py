"""suites -> resources -> libraries -> the platform: no layer is skipped, and nobody knows the reference platform."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lint.tree import ROOT, read, resources, suites

LIBRARIES = ROOT / "libraries" / "assay"
FOUNDATION = {"core": set[str](), "evidence": {"core"}}
AREA_OF = {
    "WorkloadLibrary": "store", "ModelLibrary": "store",
    "ByHandLibrary": "http", "TimingLibrary": "http",
    "TamperLibrary": "blob", "SealedTreeLibrary": "blob", "CanaryLibrary": "blob",
}  # fmt: skip
ABOVE = {
    "report": {"core", "evidence"},
    "supervisor": {"core", "evidence", "report"},
    "cleaning": {"core", "evidence", "http", "platform"},
    "command": {"core", "evidence", "report", "supervisor", "cleaning"},
}
# The bench calls what it measures.
MEASURED = {"blob", "CanaryLibrary", "SealedTreeLibrary", "HistoryLibrary"}
# What holds for every operation stands on how operations are called and on what the contract says of them.
TOGETHER = {
    unit: {"rest", "http", "contract"} for unit in ("rest", "RestLibrary", "WireLibrary", "FuzzLibrary")
}
# Whoever removes an account logs in to it as its owner did.
TOGETHER["platform"] = {"totp"}
# A Set-Cookie header is read in one way, by the steps of an operation and by what stands for a browser.
TOGETHER |= {unit: {"http"} for unit in ("cookie", "CookieLibrary")}
# The store is called over REST and over gRPC, and answers of both are of one form.
TOGETHER |= {unit: {"http", "grpc"} for unit in ("store", "StoreLibrary", "WorkloadLibrary", "ModelLibrary")}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import of a Python file, also of those inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "assay":
                yield from ((node.lineno, f"assay.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def allowed(unit: str) -> set[str]:
    """What a part of the package may import: a keyword class its own area's helpers, helpers the foundation."""
    if unit in FOUNDATION:
        return FOUNDATION[unit] | {unit}
    if unit in ABOVE:
        return ABOVE[unit] | {unit}
    area = AREA_OF.get(unit) or unit.removesuffix("Library").lower()
    return {"core", "evidence", unit, area} | TOGETHER.get(unit, set())


def is_measured(path: Path, name: str) -> bool:
    """Whether an import is of what the bench measures."""
    return path.parent == LIBRARIES / "command" / "measuring" and name.split(".")[1] in MEASURED


def parts() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(LIBRARIES.rglob("*.py")):
        unit = path.relative_to(LIBRARIES).parts[0].removesuffix(".py")
        if unit != "__init__":
            found.append((unit, path))
    return found


def test_a_library_imports_the_foundation_and_its_own_area_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for unit, path in parts()
        for line, name in imported(path)
        if name.startswith("assay.")
        and name.split(".")[1] not in allowed(unit)
        and not is_measured(path, name)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("folder", "other"), [("libraries", "reference"), ("reference", "assay")])
def test_suite_and_reference_platform_do_not_know_each_other(folder: str, other: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if ".assay" not in path.parts
        for line, name in imported(path)
        if name.split(".")[0] == other
    ]
    assert not wrong, "\n".join(wrong)


def test_suites_import_resources_only() -> None:
    wrong = [
        f"{suite.shown} imports {name}" for suite in suites() for name in [*suite.libraries, *suite.variables]
    ]
    wrong += [
        f"{suite.shown} imports {path}"
        for suite in suites()
        for path in suite.resources
        if path.suffix != ".resource" or (ROOT / "resources") not in path.parents
    ]
    assert not wrong, "\n".join(wrong)


def test_resources_import_libraries_by_name_and_resources_of_their_area() -> None:
    areas = yaml.safe_load((Path(__file__).parent / "areas.yaml").read_text("utf-8"))
    area_of = {name: area for area, names in areas.items() for name in names}
    wrong = []
    for resource in resources():
        area = area_of.get(resource.path.stem)
        if area is None:
            wrong.append(f"{resource.shown} has no area in tests/lint/areas.yaml")
        for path in resource.resources:
            if area_of.get(path.stem) not in (area, "platform"):
                wrong.append(f"{resource.shown} imports {path.stem}, which is of another area")
        wrong += [
            f"{resource.shown} imports the library {name} by its path"
            for name in resource.libraries
            if "/" in name or name.endswith(".py")
        ]
    assert not wrong, "\n".join(wrong)


def test_every_suite_gets_the_evidence() -> None:
    platform = ROOT / "resources" / "platform.resource"
    wrong = [suite.shown for suite in suites() if platform not in suite_resources(suite.path)]
    assert not wrong, f"these suites do not import platform.resource, directly or through another: {wrong}"
    assert "assay.EvidenceListener" in read(platform).libraries


def suite_resources(path: Path) -> set[Path]:
    from tests.lint.tree import reached

    return reached(read(path))
