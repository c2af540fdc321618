"""The end of a run: strays ended, logs kept, the report written, the state removed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

import psutil

from assay.core.root import Root

WRITTEN = "report-written"


def end(state: Path, run: str, hits: Mapping[str, int]) -> None:
    """Does all that is left to do when the root of a run has ended and its platforms are stopped."""
    _end_strays(state)
    about = json.loads((state / "run.json").read_text("utf-8"))
    results = Path(about["results"])
    with contextlib.suppress(OSError):
        _copy_logs(state, results)
    if hits:
        with contextlib.suppress(OSError):
            (results / "defect-hits.json").write_text(json.dumps(hits), "utf-8")
    if not (state / WRITTEN).exists():
        _write_report(state)
    shutil.rmtree(state, ignore_errors=True)
    for marker in state.parent.glob("root-*"):
        with contextlib.suppress(OSError):
            if marker.read_text("utf-8") == str(state):
                marker.unlink()


def keep_logs(state: Path, platform: str) -> None:
    """Keeps what the services of a platform wrote, and removes all else of it."""
    folder = state / "platforms" / platform
    kept = state / "logs" / platform
    kept.mkdir(parents=True, exist_ok=True)
    for log in [folder / "launcher.log", *sorted((folder / "services").glob("*"))]:
        with contextlib.suppress(OSError):
            if log.is_file() and log.stat().st_size:
                shutil.copyfile(log, kept / log.name)
    shutil.rmtree(folder, ignore_errors=True)


def sweep(states: Path, own: Path) -> None:
    """Removes what runs left that nobody could clean up after: everything of them was killed."""
    for folder in states.iterdir():
        if folder == own or not folder.is_dir():
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            about = json.loads((folder / "run.json").read_text("utf-8"))
            quiet = time.time() - (folder / "run.json").stat().st_mtime > 60
            if quiet and not Root(**about["root"]).alive and not _has_supervisor(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _has_supervisor(folder: Path) -> bool:
    import socket

    from assay.core.wire import SOCKET

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        with contextlib.suppress(OSError):
            connection.connect(str(folder / SOCKET))
            return True
    return False


def _copy_logs(state: Path, results: Path) -> None:
    for platform in sorted((state / "logs").glob("*")):
        folder = results / "services" / (platform.name if platform.name != "shared" else "")
        folder.mkdir(parents=True, exist_ok=True)
        for log in platform.iterdir():
            shutil.copyfile(log, folder / log.name)


def _end_strays(state: Path) -> None:
    """Ends the processes that carry this run in their environment: workers that outlived a killed root."""
    mark = str(state)
    strays = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("ASSAY_RUN") == mark:
                process.kill()
                strays.append(process)
    psutil.wait_procs(strays, timeout=5)


def _write_report(state: Path) -> None:
    try:
        from assay import report

        report.write(state)
    except Exception:
        traceback.print_exc(file=sys.stderr)  # the last process of a run has nobody to tell but its own log
        with contextlib.suppress(OSError):
            shutil.copyfile(state / "supervisor.log", Path("/var/tmp") / f"assay-{os.getuid()}-supervisor-{state.name}.log")
