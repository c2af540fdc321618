"""The end of a run: Robot's results brought together, platforms stopped, everything put where people look for it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assay.command.running.folder import ResultsFolder
from assay.command.running.workers import Workers
from assay.core.errors import AssayError
from assay.core.waiting import gone

if TYPE_CHECKING:
    from assay.core.run import Run
    from assay.report.model import Report

_OF_ROBOT = ("output.xml", "log.html", "report.html", "xunit.xml")
_LOG = "workers.log"
_PATIENCE, _STOPPING = 300.0, 40.0


@dataclass(frozen=True)
class Ending:
    """How a run ended: finished, interrupted, or killed, with one sentence about it."""

    how: str
    detail: str = ""

    def written(self) -> dict[str, str]:
        """It as ending.json has it."""
        return {"how": self.how, "detail": self.detail, "at": datetime.now(UTC).isoformat()}


def robot_results(workers: Workers, state: Path, options: list[str]) -> list[str]:
    """Makes output.xml, log.html and report.html in the state folder; returns what went wrong."""
    outputs = workers.outputs
    folder = state / "merged"
    folder.mkdir(exist_ok=True)
    if not outputs:
        return ["Robot's own log is missing: no worker left an output.xml."]
    command = [sys.executable, "-P", "-m", "assay.command.running.merging", str(folder), *options]
    log = state / "merging.log"
    with log.open("wb") as output:
        try:
            status = subprocess.run(
                [*command, *map(str, outputs)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                timeout=_PATIENCE,
                start_new_session=True,
            ).returncode
        except subprocess.TimeoutExpired:
            return [f"Robot's own log is missing: it took longer than {_PATIENCE:.0f} s to make."]
    if (folder / "log.html").exists():
        return []
    said = log.read_text("utf-8", "replace").strip().splitlines()
    if not status and not said:
        return ["Robot's own log is missing: no worker had written any of it when it ended."]
    return [f"Robot's own log is missing: {said[-1] if said else f'exit status {status}'}."]


def stop_platforms(run: Run) -> threading.Thread:
    """Begins to stop every platform of the run, while other things are done."""

    def stop() -> None:
        with contextlib.suppress(AssayError):
            for name in run.ask({"do": "status"})["platforms"]:
                run.ask({"do": "stop", "platform": name})

    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    return thread


def finish(run: Run) -> list[str]:
    """Has the supervisor keep the services' logs, remove the run's state and end; returns what went wrong."""
    (run.folder / "report-written").touch()
    try:
        run.ask({"do": "finish"})
    except AssayError as error:
        shutil.rmtree(run.folder, ignore_errors=True)
        return [f"The platforms may not have been stopped: {error}."]
    if gone(run.folder, _STOPPING):
        return []
    return [f"The platforms were not stopped within {_STOPPING:.0f} s; the state is in {run.folder}."]


def deliver(state: Path, results: ResultsFolder) -> tuple[Path | None, Report, list[str]]:
    """Puts Robot's results and the page into the results folder, or where there is room; says where they are."""
    from assay import report

    _write_xunit(state)
    unplaced = _bring(state, results.path)
    results.free()
    try:
        page = report.write(state)
    except OSError:
        return None, report.read(state), []
    if not unplaced and page.parent == results.path:
        return page, report.read(state), []
    problems = (
        [f"No room in {results.path}: the page is in {page.parent}."] if page.parent != results.path else []
    )
    if unplaced:
        placed = _beside(page.parent, unplaced, results.path)
        where = f"they are in {placed}" if placed else "they are lost"
        problems.append(
            f"No room in {results.path} for {', '.join(path.name for path in unplaced)}: {where}."
        )
    return page, report.read(state), problems


def _write_xunit(state: Path) -> None:
    from assay import report
    from assay.report.xunit import as_xml

    folder = state / "merged"
    with contextlib.suppress(OSError):  # a disk without room costs this file, not the report
        folder.mkdir(exist_ok=True)
        (folder / "xunit.xml").write_text(as_xml(report.read(state)), "utf-8")


def _bring(state: Path, folder: Path) -> list[Path]:
    """Copies what Robot made; returns what found no room."""
    unplaced = []
    for path in [*(state / "merged" / name for name in _OF_ROBOT), state / _LOG]:
        if path.exists() and not _copied(path, folder):
            unplaced.append(path)
    return unplaced


def _beside(folder: Path, unplaced: list[Path], results: Path) -> Path | None:
    """Another place for what found no room: beside the page when that is elsewhere already, else a folder of its own."""
    place: Path
    if folder != results:
        place = folder
    else:
        place = Path(tempfile.mkdtemp(prefix="assay-results-", dir="/var/tmp"))
    return place if all(_copied(path, place) for path in unplaced) else None


def _copied(path: Path, folder: Path) -> bool:
    draft = folder / f".{path.name}.draft"
    try:
        shutil.copyfile(path, draft)
        draft.replace(folder / path.name)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        return False
    return True
