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

from assay.core import processes
from assay.core.errors import PlatformError
from assay.supervisor.saying import Saying

PLATFORM = "ASSAY_PLATFORM"
_START_SECONDS, _SAID_SECONDS, _CONTROL_SECONDS, _STOP_SECONDS = 60.0, 600.0, 60.0, 8.0
_LOOK = 0.005


class Launched:
    """A launcher and the platform it keeps; everything of it lies in `folder`.

    `failure` says why it is not there any more, when it ended by itself.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        start_within: float | None = None,
        stop_within: float | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.ready: dict[str, Any] = {}
        self.failure = ""
        self._command = [*command, "up", "--folder", str(folder)]
        self._environment = {**environment, PLATFORM: str(folder)}
        self._process: subprocess.Popen[bytes] | None = None
        self._control_lock, self._stop_lock = threading.Lock(), threading.Lock()
        self._asked = 0
        self._start_within = start_within or _START_SECONDS
        self._stop_within = stop_within or _STOP_SECONDS
        self._stopping = threading.Event()

    def start(self, request: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
        """Starts the launcher and returns what it wrote into ready.json.

        What it says on standard error while it starts is passed to `say`. Raises PlatformError in one line, with the
        launcher's exit code, when it ends instead or is not ready in time; then nothing of it is left running.
        """
        self.folder.mkdir(mode=0o711, parents=True)
        write_private(self.folder / "request.json", request)
        try:
            process = self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=self._environment,
            )
        except OSError as error:
            raise PlatformError(f"the launcher {self._command[0]} cannot be run: {error.strerror}") from error
        assert process.stderr is not None
        saying = Saying(process.stderr, self.folder / "launcher.log", say)
        try:
            self.ready = self._wait_ready(process, saying)
        except PlatformError as error:
            self.failure = str(error)
            self.stop()
            raise
        saying.hush()
        threading.Thread(target=self._watch, args=(process, saying), daemon=True).start()
        return self.ready

    def control(self, service: str, action: str, **told: Any) -> None:
        """Asks the launcher to do something to a service and waits until it is done. `told` goes with the action."""
        with self._control_lock:
            process = self._process
            if (
                process is None
                or process.stdin is None
                or process.stdout is None
                or process.poll() is not None
            ):
                raise PlatformError(self.failure or f"the platform {self.name} is not running")
            self._asked += 1
            timer = threading.Timer(_CONTROL_SECONDS, process.kill)
            timer.daemon = True
            timer.start()
            try:
                asked = {"id": self._asked, "service": service, "action": action, **told}
                line = json.dumps(asked)
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()
                answer = _answer(process.stdout, self._asked)
            except (OSError, ValueError) as error:
                raise PlatformError(
                    f"the launcher of {self.name} is gone: {action} {service}: {error}"
                ) from error
            finally:
                timer.cancel()
        if "error" in answer:
            raise PlatformError(f"{action} {service}: {answer['error']}")
        self.ready = _read(self.folder / "ready.json")  # processes are others now

    def stop(self) -> None:
        """Asks the launcher to end, and ends it and all that it started where it does not."""
        self._stopping.set()
        with self._stop_lock:
            process = self._process
            if process is None:
                return
            with contextlib.suppress(OSError, ValueError):
                if process.stdin:
                    process.stdin.close()
            if not _ended(process, self._stop_within):
                processes.send(self._own(process.pid), signal.SIGTERM)
                if not _ended(process, self._stop_within / 3):
                    process.kill()
                    process.wait()
            self._end_rest(process.pid)

    @property
    def hits(self) -> dict[str, int]:
        """How often each defect that is switched on was hit."""
        try:
            found = json.loads((self.folder / "defect-hits.json").read_text("utf-8"))
            return {str(name): int(count) for name, count in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _watch(self, process: subprocess.Popen[bytes], saying: Saying) -> None:
        """Waits for the launcher to end; when nobody asked it to, ends what it left and remembers why."""
        process.wait()
        if not self._stopping.is_set():
            last = saying.last(0.5)
            how = (
                f"was killed by signal {-process.returncode}"
                if process.returncode < 0
                else f"exit {process.returncode}"
            )
            self.failure = f"the platform {self.name} ended by itself ({how}{f': {last}' if last else ''})"
            self._end_rest(process.pid)

    def _end_rest(self, leader: int) -> None:
        processes.end(self._own(leader) - {leader})

    def _own(self, leader: int) -> set[int]:
        """What belongs to the launcher: its session, its descendants, and what carries the platform's name."""
        everyone = [process for process in processes.everyone() if process.pid != os.getpid()]
        own = {process.pid for process in everyone if process.session == leader or process.pid == leader}
        own |= {
            one.pid for one in everyone if processes.carries(one.pid, PLATFORM, self._environment[PLATFORM])
        }
        for pid in tuple(own):
            own |= processes.descendants(pid, everyone)
        return own

    def _wait_ready(self, process: subprocess.Popen[bytes], saying: Saying) -> dict[str, Any]:
        path, began = self.folder / "ready.json", time.monotonic()
        while True:
            if path.exists():
                return _read(path)
            if process.poll() is not None:
                last = saying.last(2) or f"it ended with status {process.returncode} and said nothing"
                raise PlatformError(f"the platform did not start: {last}", process.returncode)
            if self._stopping.is_set():
                raise PlatformError("the platform did not start: the run ended")
            patience = max(_SAID_SECONDS, self._start_within) if saying.said else self._start_within
            if time.monotonic() - began > patience:
                last = saying.last(0)
                said = f"; it said last: {last}" if last else ""
                raise PlatformError(f"the platform was not ready within {patience:g} s{said}")
            saying.pass_on()
            time.sleep(_LOOK)


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Writes JSON that only its owner may read."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PlatformError(f"the launcher wrote a ready.json that is not JSON: {error}") from error
    services = found.get("services") if isinstance(found, dict) else None
    if not isinstance(services, dict):
        raise PlatformError(
            'the launcher wrote a ready.json without "services": an object of services by name'
        )
    for name, service in services.items():
        if not isinstance(service, dict) or not str(service.get("url", "")).startswith(
            ("http://", "https://")
        ):
            raise PlatformError(f'the launcher wrote a ready.json in which the service {name} has no "url"')
    return dict(found)


def _answer(stream: IO[bytes], number: int) -> dict[str, Any]:
    for raw in stream:
        try:
            answer = json.loads(raw)
        except ValueError:
            continue  # a launcher may talk; only answers to this question count
        if isinstance(answer, dict) and answer.get("id") == number:
            return answer
    raise PlatformError("the launcher ended, or was stopped because it did not answer")


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False
