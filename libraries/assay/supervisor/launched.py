"""One platform that a run started: its launcher as a process, spoken to by lines of JSON (docs/writing-a-target.md)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from assay.core.errors import PlatformError

_START_SECONDS, _SAID_SECONDS, _CONTROL_SECONDS = 60.0, 600.0, 60.0
_STOP_SECONDS = (10.0, 3.0, 5.0)
_LOOK = 0.01


class Launched:
    """A launcher and the platform it keeps; everything of it lies in `folder`."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.folder = folder
        self.ready: dict[str, Any] = {}
        self._command = [*command, "up", "--folder", str(folder)]
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._asked = 0
        self._said: list[str] = []
        self._stopping = threading.Event()

    def start(self, request: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
        """Starts the launcher and returns what it wrote into ready.json.

        What it says on standard error while it starts is passed to `say`. Raises PlatformError in one line, with the
        launcher's exit code, when it ends, or says nothing more and is not ready in time.
        """
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        (self.folder / "ready.json").unlink(missing_ok=True)
        write_private(self.folder / "request.json", request)
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=self._environment,
            )
        except OSError as error:
            raise PlatformError(f"the launcher {self._command[0]} cannot be run: {error.strerror}") from error
        self._process = process
        listener = threading.Thread(target=self._listen, args=(process.stderr, say), daemon=True)
        listener.start()
        try:
            self.ready = self._wait_ready(process, listener)
        except PlatformError:
            self.stop()
            raise
        return self.ready

    def control(self, service: str, action: str) -> None:
        """Asks the launcher to do something to a service and waits until it is done."""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None or process.poll() is not None:
                raise PlatformError(f"the platform {self.name} is not running")
            self._asked += 1
            timer = threading.Timer(_CONTROL_SECONDS, process.kill)
            timer.daemon = True
            timer.start()
            try:
                line = json.dumps({"id": self._asked, "service": service, "action": action})
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()
                answer = _answer(process.stdout, self._asked)
            except OSError as error:
                raise PlatformError(f"the launcher of {self.name} is gone: {action} {service}: {error}") from error
            finally:
                timer.cancel()
        if "error" in answer:
            raise PlatformError(f"{action} {service}: {answer['error']}")

    def stop(self) -> None:
        """Asks the launcher to end, and ends it and all that it started where it does not."""
        self._stopping.set()
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            if process.stdin:
                process.stdin.close()
        for patience, ending in zip(_STOP_SECONDS, (None, signal.SIGTERM, signal.SIGKILL), strict=True):
            if ending is not None:
                _signal_session(process.pid, ending)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                break
        _signal_session(process.pid, signal.SIGKILL)

    @property
    def hits(self) -> dict[str, int]:
        """How often each defect that is switched on was hit."""
        try:
            found = json.loads((self.folder / "defect-hits.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): int(count) for name, count in found.items()}

    def _listen(self, stream: IO[bytes], say: Callable[[str], None]) -> None:
        with (self.folder / "launcher.log").open("ab") as log:
            for raw in stream:
                log.write(raw)
                log.flush()
                line = raw.decode("utf-8", "replace").strip()
                if line:
                    self._said.append(line)
                    if not self.ready:
                        with contextlib.suppress(OSError, ValueError):
                            say(line)

    def _wait_ready(self, process: subprocess.Popen[bytes], listener: threading.Thread) -> dict[str, Any]:
        path, began = self.folder / "ready.json", time.monotonic()
        while True:
            if path.exists():
                return _read(path)
            if process.poll() is not None:
                listener.join(2)
                said = self._said[-1] if self._said else "it said nothing"
                raise PlatformError(f"the platform did not start: {said}", process.returncode)
            patience = _SAID_SECONDS if self._said else _START_SECONDS
            if time.monotonic() - began > patience or self._stopping.is_set():
                said = f"; it said last: {self._said[-1]}" if self._said else ""
                raise PlatformError(f"the platform was not ready within {patience:.0f} s{said}")
            time.sleep(_LOOK)


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Writes JSON that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PlatformError(f"the launcher wrote a ready.json that is not JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("services"), dict):
        raise PlatformError("the launcher wrote a ready.json without an object of services")
    return found


def _answer(stream: IO[bytes], number: int) -> dict[str, Any]:
    for raw in stream:
        try:
            answer = json.loads(raw)
        except ValueError:
            continue  # a launcher may talk; only answers to this question count
        if isinstance(answer, dict) and answer.get("id") == number:
            return answer
    raise PlatformError("the launcher ended, or was stopped because it did not answer")


def _signal_session(leader: int, number: int) -> None:
    """Signals every process of the launcher's session, which may outlive the launcher."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.pid != os.getpid() and os.getsid(process.pid) == leader:
                process.send_signal(number)
