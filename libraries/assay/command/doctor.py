"""`./assay doctor`: what this machine has of what Assay can use, and what to do about what it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.command import environment
from assay.command.options import Options
from assay.core import places
from assay.core.errors import AssayError

_ROOM = 2 * 1024**3


@dataclass(frozen=True)
class Found:
    """One thing: whether it is as it should be (None: it may be missing), and what was seen."""

    well: bool | None
    says: str


def main(options: Options) -> int:
    """Says what is there; 0 when a run can be made here, 1 when something that it needs is missing."""
    del options
    missing = 0
    for name, look in _LOOKS.items():
        found = look()
        mark = {True: "ok", False: "MISSING", None: "-"}[found.well]
        missing += found.well is False
        print(f"{mark:<9}{name:<15}{found.says}")
    print(
        "\nA run can be made here."
        if not missing
        else f"\n{missing} of these must be put right before a run."
    )
    return 1 if missing else 0


def _python() -> Found:
    return Found(
        sys.version_info >= (3, 11), f"{platform.python_version()} at {os.path.realpath(sys.executable)}"
    )


def _venv() -> Found:
    base = str(getattr(sys, "_base_executable", sys.executable))
    well = (
        subprocess.run([base, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode
        == 0
    )
    return Found(well, "venv and ensurepip" if well else "apt install python3-venv")


def _environments() -> Found:
    root = places.root()
    folder = environment.place(root)
    states = []
    for kind in ("suite", "tools"):
        made = (folder / kind / "stamp").exists()
        current = made and environment.is_current(kind, root)
        states.append(f"{kind} {'ready' if current else 'to be made again' if made else 'not made yet'}")
    return Found(True, f"{', '.join(states)} in {folder}")


def _postgres() -> Found:
    places_of_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    found = shutil.which("postgres") or (str(places_of_debian[-1]) if places_of_debian else "")
    return Found(
        True, _version(found) if found else "none here; the reference platform brings its own (a wheel)"
    )


def _redis() -> Found:
    found = next((path for name in ("valkey-server", "redis-server") if (path := shutil.which(name))), "")
    return Found(
        True, _version(found) if found else "none here; the reference platform brings its own (a wheel)"
    )


def _browser() -> Found:
    names = ("chromium", "chromium-browser", "google-chrome", "firefox")
    found = next((path for name in names if (path := shutil.which(name))), "")
    return Found(True if found else None, _version(found) if found else "none; no suite needs one yet")


def _docker() -> Found:
    command = shutil.which("docker")
    if not command:
        return Found(None, "none; no suite needs it yet")
    answer = subprocess.run(
        [command, "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, check=False
    )
    return (
        Found(True, answer.stdout.strip())
        if answer.returncode == 0
        else Found(None, "there, but not answering")
    )


def _loopback() -> Found:
    try:
        with socket.socket() as listener, socket.socket() as caller:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            caller.bind(("127.9.8.7", 0))
            caller.connect(listener.getsockname())
    except OSError as error:
        return Found(False, f"no connection from one loopback address to another: {error}")
    return Found(True, "ports are free, and every address of 127.0.0.0/8 may call")


def _states() -> Found:
    try:
        folder = places.states()
    except AssayError as error:
        return Found(False, str(error))
    free = shutil.disk_usage(folder).free
    runs = [path for path in folder.iterdir() if (path / "run.json").exists()]
    says = f"{folder} has {free / 1024**3:.1f} GB free" + (
        f", {len(runs)} runs go on or were cut off" if runs else ""
    )
    return Found(free > _ROOM / 8, says)


def _results() -> Found:
    folder = places.root() / "results"
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        return Found(False, f"{folder} cannot be written; name another by --results")
    return Found(True, f"{folder}, {shutil.disk_usage(folder.parent).free / 1024**3:.1f} GB free")


def _cores() -> Found:
    return Found(True, f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


def _vectors() -> Found:
    named = os.environ.get("WYCHEPROOF_DIR")
    if not named:
        return Found(None, "WYCHEPROOF_DIR is not set; the suites of published vectors are skipped")
    return Found(Path(named).is_dir(), named)


def _version(path: str) -> str:
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return path
    said = answer.stdout.strip().splitlines()
    return f"{said[0]} at {path}" if said else path


_LOOKS: dict[str, Callable[[], Found]] = {
    "Python": _python,
    "venv": _venv,
    "environments": _environments,
    "PostgreSQL": _postgres,
    "Redis": _redis,
    "browser": _browser,
    "Docker": _docker,
    "loopback": _loopback,
    "states": _states,
    "results": _results,
    "machine": _cores,
    "vectors": _vectors,
}
