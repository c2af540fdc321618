"""The end of a run: strays ended, logs kept, the report written, the state removed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import sys
import time
import traceback
from collections.abc import Collection, Mapping
from pathlib import Path

from assay.core import places, processes
from assay.core.root import Root
from assay.supervisor.launched import PLATFORM

WRITTEN = "report-written"
_RUN = "ASSAY_RUN"
_YOUNG_SECONDS = 30  # a state folder that was made just now may not have its supervisor yet


def end_strays(state: Path, members: Collection[Root], root: Root) -> None:
    """Kills workers that outlived a killed root, before the platform that they judge goes away.

    They are known by the run in the environment that they were started with, or by having spoken to the supervisor.
    """
    spared = {os.getpid(), root.pid}
    strays = {
        process.pid for process in processes.everyone() if processes.carries(process.pid, _RUN, str(state))
    }
    strays -= {pid for pid in strays if _belongs_to_a_platform(pid, state)}
    strays |= {member.pid for member in members if member.alive}
    processes.end(strays - spared)


def end(state: Path, hits: Mapping[str, int]) -> None:
    """Does all that is left to do when the root of a run has ended and its platforms are stopped."""
    _end_rest(state)
    about = json.loads((state / "run.json").read_text("utf-8"))
    results = Path(about["results"])
    with contextlib.suppress(OSError):
        _copy_logs(state, results)
    if hits:
        with contextlib.suppress(OSError):
            (results / "defect-hits.json").write_text(json.dumps(hits), "utf-8")
    with contextlib.suppress(OSError, ValueError):
        _list_left(str(about["id"]), results)
    if not (state / WRITTEN).exists():
        _write_report(state, results)
    remove(state)


def keep_logs(state: Path, folder: Path) -> None:
    """Keeps what the services of a platform wrote, and removes all else of it."""
    kept = state / "logs" / f"{folder.name}{_asker(folder)}"
    with contextlib.suppress(OSError):
        kept.mkdir(parents=True, exist_ok=True)
        for log in [folder / "launcher.log", *sorted((folder / "services").glob("*"))]:
            if log.is_file() and log.stat().st_size:
                log.rename(kept / log.name)
    shutil.rmtree(folder, ignore_errors=True)


def _asker(folder: Path) -> str:
    """The suite that a private platform was started for, as the end of a folder's name."""
    with contextlib.suppress(OSError, ValueError):
        asker = str(json.loads((folder / "request.json").read_text("utf-8")).get("for", "")).rpartition(".")[
            2
        ]
        words = re.findall(r"[a-z0-9]+", asker.lower())
        return "".join(f"-{word}" for word in words)[:60]
    return ""


def remove(state: Path) -> None:
    """Removes a state folder and what points to it."""
    for marker in state.parent.glob("root-*"):
        with contextlib.suppress(OSError):
            if marker.read_text("utf-8") == str(state):
                marker.unlink()
    shutil.rmtree(state, ignore_errors=True)


def sweep(own: Path) -> None:
    """Removes what runs left that nobody could clean up after: root and supervisor of them were killed."""
    with contextlib.suppress(OSError):
        for folder in own.parent.iterdir():
            if folder != own and folder.is_dir():
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                    _sweep(folder)


def _sweep(folder: Path) -> None:
    told = folder / "run.json"
    young = time.time() - (told if told.exists() else folder).stat().st_mtime < _YOUNG_SECONDS
    with (folder / "supervisor.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its supervisor lives
        if not young and not (told.exists() and Root(**json.loads(told.read_text("utf-8"))["root"]).alive):
            _end_rest(folder)
            remove(folder)


def _belongs_to_a_platform(pid: int, state: Path) -> bool:
    platforms = state / "platforms"
    return any(processes.carries(pid, PLATFORM, str(folder)) for folder in platforms.glob("*"))


def _end_rest(state: Path) -> None:
    """Kills all that carries the run in its environment and all that this process has become the parent of."""
    everyone = list(processes.everyone())
    rest = {one.pid for one in everyone if processes.carries(one.pid, _RUN, str(state))}
    rest |= processes.descendants(os.getpid(), everyone)
    processes.end(rest - {os.getpid()})


def _copy_logs(state: Path, results: Path) -> None:
    """Copies the services' logs into the results, without what looks like a credential."""
    platforms = sorted((state / "logs").glob("*"))
    if not any(any(platform.iterdir()) for platform in platforms):
        return
    from assay.evidence.redact import redact, use_folder

    use_folder(state)
    for stale in (results / "services").glob("private-*"):
        shutil.rmtree(stale, ignore_errors=True)
    for platform in platforms:
        folder = results / "services" / (platform.name if platform.name != "shared" else "")
        folder.mkdir(parents=True, exist_ok=True)
        for log in platform.iterdir():
            with (
                log.open(encoding="utf-8", errors="replace") as source,
                (folder / log.name).open("w", encoding="utf-8") as copy,
            ):
                copy.writelines(redact(line) for line in source)


def _list_left(run: str, results: Path) -> None:
    """Lists what was made on a platform that stays and could not be removed; forgets a run that left nothing."""
    if not (places.left() / run).exists():
        return
    from assay.core import ledger

    if not (left := ledger.read(run)):
        ledger.close(run)
        return
    lines = [f"{one}: {one.why}\n" for one in left]
    (results / "left-behind.txt").write_text(f"./assay clean {run} tries again.\n{''.join(lines)}", "utf-8")


def _write_report(state: Path, results: Path) -> None:
    try:
        from assay import report

        report.write(state)
    except Exception:  # noqa: BLE001  # the last process of a run has nobody to tell but its own log
        traceback.print_exc(file=sys.stderr)
        with contextlib.suppress(OSError):
            shutil.copyfile(state / "supervisor.log", results / "supervisor.log")
