"""Puts the pages on the disk: whole or not at all, and elsewhere when there is no room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from assay.report import again, page, results
from assay.report.model import Report, read
from assay.report.sources import KEPT

PAGE, VERDICT = "acceptance.html", "results.json"


def write_report(state: Path) -> Path:
    """Writes the page and the verdict of the run in `state`; see `assay.report.write`.

    What they are made of is kept beside them, so that they can be made again when a proof has been added.
    """
    report = read(state)
    results = Path(report.run.results)
    page = write_to(results, report)
    if page.parent == results:
        _keep(state, results / KEPT)
    return page


def write_again(results: Path) -> Path:
    """Makes the page of the run in a results folder again. Raises `FileNotFoundError` where no run is kept."""
    kept = results / KEPT
    if not (kept / "run.json").is_file():
        raise FileNotFoundError(f"{results} keeps no run")
    return write_to(results, read(kept, results=results))


def _keep(state: Path, folder: Path) -> None:
    """Copies what a report is made of; a disk that is too full for it costs the copy, not the report."""
    if folder == state:
        return
    try:
        shutil.rmtree(folder, ignore_errors=True)
        for path in [*state.glob("*.json"), *(state / "live").glob("*.jsonl")]:
            if path.parent != state or path.name in ("run.json", "plan.json", "ending.json", again.NOTE):
                copy = folder / path.relative_to(state)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def write_to(folder: Path, report: Report) -> Path:
    """Writes the page and the verdict of a report into `folder`, or elsewhere when it has no room."""
    files = {VERDICT: results.as_json(report), PAGE: page.acceptance(report)}
    try:
        return _write(folder, files)
    except OSError:
        for name in files:
            _remove(folder / name)  # a page of an earlier run would be taken for this one's
    try:
        return _write(folder, files)
    except OSError:
        return _write(_elsewhere(report.run.id), files)


def whole(path: Path, text: str) -> None:
    """Writes a file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    except OSError:
        _remove(draft)
        raise


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        whole(folder / name, text)
    return folder / PAGE


def _elsewhere(run: str) -> Path:
    name = f"assay-{os.getuid()}-report-{run}"
    for base in dict.fromkeys((Path("/var/tmp"), Path(tempfile.gettempdir()), Path.home())):
        folder = base / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    raise OSError(f"no folder has room for the report of run {run}")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
