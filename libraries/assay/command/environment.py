"""The environments that Assay makes for itself: made once, used under a shared lock, made again when a pin changes.

`suite` holds what requirements.txt lists. `tools` holds that, what the reference platform needs (mypy reads its
imports) and the development extras. Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEME = "1"  # raised when environments are to be made in another way
_LISTS = {
    "suite": ["-r", "requirements.txt"],
    "tools": ["-r", "requirements.txt", "-r", "reference/requirements.txt", "-e", ".[dev]"],
}
_SAYS = {"suite": "what the suite needs", "tools": "what the suite and its own tests need"}
_READ = ("requirements.txt", "constraints.txt", "reference/requirements.txt")
_PARTS = ("build-system", "project")  # of pyproject.toml; a tool's setting changes no environment


class SetupError(Exception):
    """The environment cannot be made; the message is one line."""


@dataclass(frozen=True)
class Environment:
    """An environment that is ready, and locked against being replaced for as long as this process lives."""

    folder: Path
    python: Path


def place(root: Path) -> Path:
    """The folder of the environments: .assay/envs of the repository, or what ASSAY_ENVS names."""
    named = os.environ.get("ASSAY_ENVS")
    return Path(named).resolve() if named else root / ".assay" / "envs"


def ensure(kind: str, root: Path) -> Environment:
    """The environment of that kind, made when it is missing, unfinished or older than its pins."""
    folder = place(root) / kind
    found = Environment(folder, folder / "bin" / "python")
    wanted = stamp(kind, root, folder)
    lock = _open_lock(folder)
    try:
        while True:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if _stamped(folder) == wanted and found.python.exists():
                os.set_inheritable(lock, True)
                return found
            _check_python()
            _lock_alone(lock, folder)
            if _stamped(folder) != wanted or not found.python.exists():
                _make(kind, root, folder, wanted)
            # The lock is given up for a moment on its way from exclusive to shared, so look again.
    except BaseException:
        os.close(lock)
        raise


def is_current(kind: str, root: Path) -> bool:
    """Whether the environment is there and what its pins say."""
    folder = place(root) / kind
    return _stamped(folder) == stamp(kind, root, folder)


def stamp(kind: str, root: Path, folder: Path) -> str:
    """What an environment depends on, as one word."""
    content = hashlib.sha256()
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    about = [
        _SCHEME,
        kind,
        str(root),
        str(folder),
        python,
        *map(str, sys.version_info[:2]),
        platform.machine(),
    ]
    content.update(json.dumps(about).encode())
    try:
        for name in _READ:
            content.update((root / name).read_bytes())
        settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except OSError as error:
        raise SetupError(
            f"the repository is not whole: {error.filename} cannot be read ({error.strerror})"
        ) from error
    content.update(json.dumps([settings.get(part) for part in _PARTS], sort_keys=True).encode())
    return content.hexdigest()


def _stamped(folder: Path) -> str:
    try:
        return (folder / "stamp").read_text("ascii")
    except (OSError, ValueError):
        return ""


def _open_lock(folder: Path) -> int:
    lock = folder.with_name(f"{folder.name}.lock")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        with contextlib.suppress(
            OSError
        ):  # somebody else's environment that is ready may be used all the same
            return os.open(lock, os.O_RDONLY)
        raise SetupError(_unwritable(folder.parent, error)) from error


def _why_not(folder: Path) -> OSError:
    read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
    number = errno.EROFS if read_only else errno.EACCES
    return OSError(number, os.strerror(number))


def _unwritable(folder: Path, error: OSError) -> str:
    why = "it is read-only" if error.errno == errno.EROFS else (error.strerror or str(error)).lower()
    return f"cannot write {folder} ({why}); name a folder for the environments by ASSAY_ENVS"


def _check_python() -> None:
    try:
        import ensurepip
        import venv
    except ImportError as error:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{sys.executable} lacks the module {error.name}, which makes environments; "
            f"on Debian and Ubuntu: apt install python3-venv (or python{version}-venv)"
        ) from error
    del ensurepip, venv


def _lock_alone(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say(f"waiting for another ./assay that makes or uses {folder}")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _make(kind: str, root: Path, folder: Path, wanted: str) -> None:
    log = folder.with_name(f"{folder.name}.log")
    began = time.monotonic()
    if not os.access(folder.parent, os.W_OK):
        raise SetupError(_unwritable(folder.parent, _why_not(folder.parent)))
    _say(f"setting up {_SAYS[kind]} in {_shown(folder)} (once; a minute or so)")
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / "stamp").unlink()
        if folder.exists():
            shutil.rmtree(folder)
        with _ending_by_signals(), log.open("wb") as output:
            _venv(folder, output.fileno(), log)
    except OSError as error:
        raise SetupError(_unwritable(folder.parent, error)) from error
    python = folder / "bin" / "python"
    with _ending_by_signals():
        _install(python, kind, root, log)
    try:
        draft = folder / f"stamp.{os.getpid()}"
        draft.write_text(wanted, "ascii")
        draft.replace(folder / "stamp")
    except OSError as error:
        raise SetupError(_unwritable(folder, error)) from error
    _say(f"set up in {time.monotonic() - began:.0f} s")


def _venv(folder: Path, output: int, log: Path) -> None:
    command = [sys.executable, "-m", "venv", str(folder)]
    with _started(command, stdout=output, stderr=output) as venv:
        status = venv.wait()
    if status:
        raise SetupError(f"python -m venv failed: {_last(log)} ({_shown(log)} has all of it)")


def _install(python: Path, kind: str, root: Path, log: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "-c", "constraints.txt", *_LISTS[kind]]
    surroundings = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONUNBUFFERED": "1"}
    surroundings.pop("PYTHONPATH", None)
    live = sys.stderr.isatty()
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        with (
            _started(command, cwd=root, env=surroundings, **said) as pip,
            log.open("a", encoding="utf-8") as output,
        ):
            for line in pip.stdout or ():
                output.write(line)
                if live and line.startswith(("Collecting", "Installing", "Building", "Obtaining")):
                    print(f"\r\033[K  pip: {line.strip()[:70]}", end="", file=sys.stderr, flush=True)
            status = pip.wait()
    finally:
        if live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    if status:
        raise SetupError(f"pip could not install {_SAYS[kind]}: {_last(log)} ({_shown(log)} has all of it)")


@contextlib.contextmanager
def _started(command: list[str], **surroundings: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process in a session of its own, which ends with all that it started where this one does not come to its end."""
    child = subprocess.Popen(command, start_new_session=True, **surroundings)
    try:
        yield child
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise


@contextlib.contextmanager
def _ending_by_signals() -> Iterator[None]:
    """Signals that end this process end what it has started first; one that is ignored, as under nohup, stays so."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    taken = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _last(log: Path) -> str:
    """The line of a log that says what went wrong: pip's last error, else the last line."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it said nothing"])[-1].removeprefix("ERROR: ")


def _say(line: str) -> None:
    print(f"assay: {line}", file=sys.stderr, flush=True)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
