"""The supervisor: answers the processes of a run, watches the root, and leaves nothing running."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.core import places
from assay.core.errors import AssayError
from assay.core.root import Root
from assay.core.target import load
from assay.core.wire import SOCKET
from assay.supervisor import ending
from assay.supervisor.launched import Launched

_SHARED = "shared"
_LOOK_SECONDS = 0.5
Say = Callable[[str], None]


class Supervisor:
    """One run's supervisor. `state` is the run's folder."""

    def __init__(self, state: Path) -> None:
        self._state = state
        about = json.loads((state / "run.json").read_text("utf-8"))
        self._root = Root(**about["root"])
        self._launch = load(about["target_path"]).launch
        self._run = str(about["id"])
        self._platforms: dict[str, Launched] = {}
        self._lock = threading.Lock()
        self._shared_lock = threading.Lock()
        self._number = 0
        self._hits: dict[str, int] = {}
        self._stop = False

    def run(self) -> None:
        """Serves until the root ends or SIGTERM comes; then stops everything and leaves the report."""
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)
        ending.sweep(places.states(), self._state)
        listener = self._open()
        self._serve(listener)
        listener.close()
        (self._state / SOCKET).unlink(missing_ok=True)
        self._stop_all()
        ending.end(self._state, self._run, self._hits)

    def _open(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        draft = self._state / f".{SOCKET}"
        listener.bind(str(draft))
        draft.chmod(0o600)
        listener.listen(64)
        draft.rename(self._state / SOCKET)
        return listener

    def _serve(self, listener: socket.socket) -> None:
        watch = [listener.fileno()]
        root: int | None = None
        with contextlib.suppress(OSError):
            root = os.pidfd_open(self._root.pid)
            watch.append(root)
        while not self._stop and self._root.alive:
            readable, _, _ = select.select(watch, [], [], _LOOK_SECONDS)
            if listener.fileno() in readable:
                connection, _ = listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()
            if root in readable:
                break
        if root is not None:
            os.close(root)

    def _on_term(self, _number: int, _frame: object) -> None:
        self._stop = True

    def _talk(self, connection: socket.socket) -> None:
        def tell(answer: Mapping[str, Any]) -> None:
            connection.sendall(json.dumps(answer).encode() + b"\n")

        with connection, contextlib.suppress(OSError):
            for line in connection.makefile("rb"):
                try:
                    tell(self._answer(json.loads(line), lambda said: tell({"say": said})))
                except AssayError as error:
                    tell({"error": str(error), "exit_code": getattr(error, "exit_code", None)})
                except (KeyError, TypeError, ValueError) as error:
                    tell({"error": f"the request is malformed: {error!r}"})

    def _answer(self, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
        match request["do"]:
            case "start":
                return self._start(request, say)
            case "stop":
                self._end(self._platform(request))
                return {"ok": True}
            case "control":
                self._platform(request).control(str(request["service"]), str(request["action"]))
                return {"ok": True}
            case "status":
                return {"platforms": {name: one.ready.get("processes", {}) for name, one in self._platforms.items()}}
            case "finish":
                self._stop = True
                return {"ok": True}
            case other:
                raise AssayError(f"unknown request '{other}'")

    def _start(self, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
        if not request.get("shared"):
            with self._lock:
                self._number += 1
                name = f"private-{self._number}"
            return self._launched(name, request, say)
        with self._shared_lock:
            if shared := self._platforms.get(_SHARED):
                return {"platform": _SHARED, "ready": shared.ready}
            return self._launched(_SHARED, request, say)

    def _launched(self, name: str, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
        if self._launch is None:
            raise AssayError("the target has no launch, so no platform of it can be started")
        platform = Launched(name, self._launch.command, self._state / "platforms" / name, _surroundings())
        with self._lock:
            self._platforms[name] = platform
        try:
            ready = platform.start(
                {
                    "run": self._run,
                    "services": request.get("services", []),
                    "settings": {**self._launch.settings, **request.get("settings", {})},
                    "defects": _listed("ASSAY_DEFECTS"),
                    "defects_from": _listed("ASSAY_DEFECTS_FROM"),
                    "profile": request.get("profile") or self._launch.profile or "http",
                    "for": request.get("for", ""),
                },
                say,
            )
        except AssayError:
            with self._lock:
                del self._platforms[name]
            raise
        return {"platform": name, "ready": ready}

    def _platform(self, request: Mapping[str, Any]) -> Launched:
        name = str(request["platform"])
        if name not in self._platforms:
            raise AssayError(f"there is no platform '{name}' in this run")
        return self._platforms[name]

    def _end(self, platform: Launched) -> None:
        platform.stop()
        with self._lock:
            self._platforms.pop(platform.name, None)
            for name, count in platform.hits.items():
                self._hits[name] = self._hits.get(name, 0) + count
        ending.keep_logs(self._state, platform.name)

    def _stop_all(self) -> None:
        stopping = [threading.Thread(target=self._end, args=(one,)) for one in list(self._platforms.values())]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()


def _listed(variable: str) -> list[str]:
    return [word for word in os.environ.get(variable, "").split(",") if word]


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_RUN")}
