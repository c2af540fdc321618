"""The supervisor: answers the processes of a run, watches the root, and leaves nothing running."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.core import processes
from assay.core.errors import AssayError, PlatformError
from assay.core.root import Root, of
from assay.core.wire import SOCKET
from assay.supervisor import ending
from assay.supervisor.launched import Launched

_SHARED = "shared"
_LOOK_SECONDS = 0.5
#: What goes with an action, besides its name.
_TOLD = ("links", "ahead", "which")
_KEPT_BACK = ("ASSAY_RUN", "ASSAY_DEFECTS", "ASSAY_DEFECTS_FROM")
Say = Callable[[str], None]


class Supervisor:
    """One run's supervisor. `state` is the run's folder, `listener` the socket where requests arrive."""

    def __init__(self, state: Path, listener: socket.socket) -> None:
        self._state = state
        self._listener = listener
        about = json.loads((state / "run.json").read_text("utf-8"))
        self._root = Root(**about["root"])
        self._launch: dict[str, Any] | None = about["launch"]
        self._run = str(about["id"])
        self._platforms: dict[str, Launched] = {}
        self._owners: dict[str, Root] = {}
        self._members: set[Root] = set()
        self._shared_failure: PlatformError | None = None
        self._lock, self._shared_lock = threading.Lock(), threading.Lock()
        self._number = 0
        self._hits: dict[str, int] = {}
        self._stop = False

    def run(self) -> None:
        """Serves until the root ends, or a request or SIGTERM says so; then stops everything and leaves the report."""
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)
        processes.adopt_orphans()
        threading.Thread(target=ending.sweep, args=(self._state,), daemon=True).start()
        try:
            self._serve()
        finally:
            self._listener.close()
            with contextlib.suppress(OSError):
                (self._state / SOCKET).unlink()
            ending.end_strays(self._state, self._members, self._root)
            self._stop_all()
            ending.end(self._state, self._hits)

    def _serve(self) -> None:
        watch = [self._listener.fileno()]
        root: int | None = None
        with contextlib.suppress(OSError):  # a system without pidfds is looked at every half a second
            root = os.pidfd_open(self._root.pid)
            watch.append(root)
        while not self._stop and self._root.alive:
            readable, _, _ = select.select(watch, [], [], _LOOK_SECONDS)
            if self._listener.fileno() in readable:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()
            self._stop_ownerless()

    def _on_term(self, _number: int, _frame: object) -> None:
        self._stop = True

    def _stop_ownerless(self) -> None:
        """Stops private platforms whose suite's process has been killed."""
        for name, owner in list(self._owners.items()):
            if not owner.alive and (platform := self._platforms.get(name)):
                self._owners.pop(name, None)
                threading.Thread(target=self._end, args=(platform,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        def tell(answer: Mapping[str, Any]) -> None:
            connection.sendall(json.dumps(answer).encode() + b"\n")

        with connection, contextlib.suppress(OSError):  # whoever asked may be gone
            member = self._member(connection)
            for line in connection.makefile("rb"):
                tell(self._answered(line, member, lambda said: tell({"say": said})))

    def _answered(self, line: bytes, member: Root | None, say: Say) -> dict[str, Any]:
        try:
            return self._answer(json.loads(line), member, say)
        except AssayError as error:
            return {"error": str(error), "exit_code": getattr(error, "exit_code", None)}
        except OSError as error:
            traceback.print_exc(file=sys.stderr)
            return {"error": f"the supervisor could not do it: {error}", "exit_code": 3}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"the request is malformed: {error!r}"}

    def _member(self, connection: socket.socket) -> Root | None:
        """The process that asks; it belongs to the run and ends with it."""
        pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        with contextlib.suppress(AssayError):
            member = of(pid)
            self._members.add(member)
            return member
        return None

    def _answer(self, request: Mapping[str, Any], member: Root | None, say: Say) -> dict[str, Any]:
        match request["do"]:
            case "join":
                return {"ok": True}
            case "start":
                return self._start(request, member, say)
            case "stop":
                # Nobody waits for it: the next suite can begin meanwhile, and the end of the run waits for all.
                threading.Thread(target=self._end, args=(self._platform(request),), daemon=True).start()
                return {"ok": True}
            case "control":
                service, action = str(request["service"]), str(request["action"])
                told = {name: value for name, value in request.items() if name in _TOLD}
                platform = self._platform(request)
                platform.control(service, action, **told)
                return {"ok": True, "ready": platform.ready}
            case "status":
                return {
                    "platforms": {
                        name: one.ready.get("processes", {}) for name, one in list(self._platforms.items())
                    }
                }
            case "finish":
                self._stop = True
                return {"ok": True}
            case other:
                raise AssayError(
                    f"unknown request '{other}'; accepted: join, start, stop, control, status, finish"
                )

    def _start(self, request: Mapping[str, Any], member: Root | None, say: Say) -> dict[str, Any]:
        if not request.get("shared"):
            with self._lock:
                self._number += 1
                name = f"private-{self._number}"
                if member:
                    self._owners[name] = member
            return self._launched(name, request, say)
        with self._shared_lock:
            if self._shared_failure:
                raise self._shared_failure
            if shared := self._platforms.get(_SHARED):
                if shared.failure:
                    raise PlatformError(shared.failure, 3)
                return {"platform": _SHARED, "ready": shared.ready}
            try:
                return self._launched(_SHARED, request, say)
            except PlatformError as error:
                self._shared_failure = error  # whoever asks next is told at once
                raise

    def _launched(self, name: str, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
        if self._launch is None:
            raise AssayError("the target has no launch, so no platform of it can be started")
        within = {key: self._launch.get(key) for key in ("start_within", "stop_within")}
        platform = Launched(name, self._launch["command"], self._folder(name), self._surroundings(), **within)
        with self._lock:
            if self._stop:
                raise PlatformError("the run is ending; no platform is started any more")
            self._platforms[name] = platform
        try:
            ready = platform.start(
                {
                    "run": self._run,
                    "services": request.get("services", []),
                    "settings": {**(self._launch.get("settings") or {}), **request.get("settings", {})},
                    "defects": [*_listed("ASSAY_DEFECTS"), *request.get("defects", [])],
                    "defects_from": _listed("ASSAY_DEFECTS_FROM"),
                    "profile": request.get("profile") or self._launch.get("profile") or "http",
                    "for": request.get("for", ""),
                },
                say,
            )
        except BaseException:
            self._end(platform)
            raise
        return {"platform": name, "ready": ready}

    def _folder(self, name: str) -> Path:
        """A folder that no platform had: the one before may still be stopping when a supervisor was killed."""
        folder, number = self._state / "platforms" / name, 1
        while folder.exists():
            number += 1
            folder = folder.with_name(f"{name}.{number}")
        folder.parent.mkdir(mode=0o711, exist_ok=True)
        return folder

    def _surroundings(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
        return {**kept, "ASSAY_RUN": str(self._state)}

    def _platform(self, request: Mapping[str, Any]) -> Launched:
        name = str(request["platform"])
        if name not in self._platforms:
            raise AssayError(f"there is no platform '{name}' in this run")
        return self._platforms[name]

    def _end(self, platform: Launched) -> None:
        platform.stop()
        with self._lock:
            if self._platforms.pop(platform.name, None) is None:
                return
            self._owners.pop(platform.name, None)
            for name, count in platform.hits.items():
                self._hits[name] = self._hits.get(name, 0) + count
            ending.keep_logs(self._state, platform.folder)

    def _stop_all(self) -> None:
        with self._lock:
            self._stop = True
            running = list(self._platforms.values())
        stopping = [threading.Thread(target=self._end, args=(one,)) for one in running]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()


def _listed(variable: str) -> list[str]:
    return [word for word in os.environ.get(variable, "").split(",") if word]
