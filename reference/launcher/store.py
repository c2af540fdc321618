"""The store as processes: one main worker and several processing workers on one directory."""

import json
import os
import secrets
import signal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from reference import defects
from reference.launcher import certificates, children, dataservers, ports
from reference.launcher.errors import LaunchError
from reference.launcher.hits import Hits
from reference.launcher.request import Request
from reference.launcher.services import Clock, Forked
from reference.store.settings import DOMAIN, EARLIER, MAIN

GROUP = "store"
_WORKER = "store-worker-"
MAIN_NAME = f"{MAIN}.{DOMAIN}"
_START_SECONDS = 10.0
_FIRST, _ANOTHER = "first", "another"


class Process(Forked):
    """One process of the store: `serve` is what it does once it knows its surroundings."""

    def __init__(self, name: str, log: Path, serve: Callable[[str, Callable[[], None]], None]) -> None:
        super().__init__(name, log, lambda ready: serve(name, ready))


class Store:
    """All of the store: where its things are, what its processes are told, and how they are controlled together."""

    def __init__(self, request: Request, work: Path, logs: Path, hits: Hits, tls: Path) -> None:
        self._request, self._hits, self._tls = request, hits, tls
        self._folder = work / GROUP
        self.clock = Clock()
        self.admin_key = secrets.token_urlsafe(32)
        self.security_log = logs / "store.security.jsonl"
        self.rest, self.grpc, self.internal = ports.Port(), ports.Port(), ports.Port()
        count = request.store_settings.processing_workers
        self.names = [f"{_WORKER}{number}" for number in range(1, count + 1)]
        self.clocks = {name: Clock() for name in self.names}
        self.doors = {name: ports.Port() for name in self.names}
        self._inner = {name: ports.Port() for name in self.names}
        self.main = Process(MAIN, logs / f"{MAIN}.log", self._serve_main)
        self.workers = [Process(name, logs / f"{name}.log", self._serve_worker) for name in self.names]
        self._master_keys = 0

    @property
    def processes(self) -> dict[str, Process]:
        """Every process by its name, main first."""
        return {one.name: one for one in (self.main, *self.workers)}

    @property
    def shared(self) -> Path:
        """The directory that all of them share."""
        return self._folder / "shared"

    @property
    def state(self) -> Path:
        """What main keeps for itself outside of that directory."""
        return self._folder / "state"

    @property
    def url(self) -> str:
        """Where REST answers."""
        return f"{'https' if self._https else 'http'}://{ports.ADDRESS}:{self.rest.number}"

    @property
    def _https(self) -> bool:
        return self._request.profile == "https"

    def prepare(self) -> None:
        """Makes the folders, certificates and keys that it begins with."""
        self._folder.mkdir(mode=0o700)
        if earlier := EARLIER.get(self._request.store_settings.begins_with):
            copied(earlier, self._folder)
        else:
            for folder in (self.shared, self.state):
                folder.mkdir(mode=0o700)
            self._write_master_key(_FIRST)
        certificates.make_for_workers(self._tls, [MAIN, *self.names], DOMAIN)
        self._master_key = self._folder / f"{_FIRST}.key"

    def set_master_key(self, which: Any) -> None:
        """Has the store be given another master key from its next start on, or the first one again."""
        if which not in (_FIRST, _ANOTHER):
            raise LaunchError(f"set-master-key wants which: {_ANOTHER} or {_FIRST}")
        name = _FIRST
        if which == _ANOTHER:
            self._master_keys += 1
            name = f"{_ANOTHER}-{self._master_keys}"
            self._write_master_key(name)
        self._master_key = self._folder / f"{name}.key"

    def _write_master_key(self, name: str) -> None:
        made = os.open(self._folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_bytes(32))

    def control(self, action: str) -> None:
        """Does one thing to all of it; what stops, stops main last."""
        if action == "restart":
            self.stop()
            self.start_and_wait()
        elif action == "start":
            self.start_and_wait()
        elif action == "stop":
            self.stop()
        else:
            for process in self.processes.values():
                getattr(process, action)()

    def start(self) -> None:
        """Starts every process that does not run."""
        for process in self.processes.values():
            process.start()

    def start_and_wait(self) -> None:
        """Starts every process, and waits until all answer; where one has ended instead, none is left."""
        self.start()
        try:
            for process in self.processes.values():
                dataservers.start_and_wait(process, _START_SECONDS)
        except LaunchError:
            if any(not process.processes() for process in self.processes.values()):
                self.stop()
            raise

    def stop(self) -> None:
        """Ends every process in order, the workers at the same time and main last."""
        for worker in self.workers:
            for pid in worker.processes():
                children.send(pid, signal.SIGTERM)
        for process in (*self.workers, self.main):
            process.stop()

    def description(self) -> dict[str, Any]:
        """What is told of it."""
        authority = certificates.worker_authority(self._tls).description()
        return {
            "url": self.url,
            "grpc": _place(self.grpc),
            "subscription": _place(self.internal),
            "workers": [_place(port) for port in self.doors.values()],
            "metrics": {"main": f"{self.url}/metrics"},
            "service_certificates": {**authority, "name": f"{{service}}.{DOMAIN}"},
        }

    def _surroundings(self, name: str) -> dict[str, str]:
        authority = certificates.worker_authority(self._tls)
        told = {
            "NAME": name,
            "ADDRESS": ports.ADDRESS,
            "SHARED": str(self.shared),
            "STATE": str(self.state),
            "SECURITY_LOG": str(self.security_log),
            "CERTIFICATE": str(self._tls / f"{name}.pem"),
            "AUTHORITY": str(authority.certificate),
            "REVOCATIONS": str(authority.revocations),
            "DOOR": str(self._tls / (f"{GROUP}.pem" if name == MAIN else f"{name}.pem")),
            "DOOR_AUTHORITY": str(self._tls / "ca.pem"),
            "MAIN_PORT": str(self.internal.number),
            "WORKER_PORTS": json.dumps({one: port.number for one, port in self._inner.items()}),
        }
        if self._https:
            told["PUBLIC_CERTIFICATE"] = str(self._tls / f"{GROUP}.pem")
        if name == MAIN:
            told["MASTER_KEY_FILE"] = str(self._master_key)
            told["ADMIN_KEY_HASH"] = sha256(self.admin_key.encode()).hexdigest()
        return {f"ASSAY_STORE_{variable}": value for variable, value in told.items()}

    def _become(self, name: str) -> None:
        """Has the process that was forked know its surroundings, with the defects that were asked for."""
        from reference.common import clock
        from reference.store import settings

        own = self.clocks[name].ahead if name in self.clocks else lambda: 0.0
        clock.follow(lambda: self.clock.ahead() + own())
        wanted = [one for one in self._request.defects if one.service == GROUP]
        changes = defects.apply(wanted, self._hits.counter)
        given = {**self._request.given_to(settings.describe()), **changes.settings}
        told = {"ASSAY_STORE_SETTINGS": json.dumps(given), **changes.environment}
        os.environ.update({**self._surroundings(name), **told})

    def _serve_main(self, name: str, ready: Callable[[], None]) -> None:
        from reference.common import mutualtls
        from reference.store import run

        self._become(name)
        tls = mutualtls.server_context(self._tls / f"{GROUP}.pem", None) if self._https else None
        run.run_main(self.rest.listener(), self.grpc.number, ready, tls)

    def _serve_worker(self, name: str, ready: Callable[[], None]) -> None:
        from reference.store import run

        self._become(name)
        run.run_worker(self.doors[name].number, ready)


def copied(source: Path, goal: Path) -> None:
    """Copies everything in a folder to another, for its owner alone."""
    for path in sorted(source.rglob("*")):
        made = goal / path.relative_to(source)
        if path.is_dir():
            made.mkdir(mode=0o700)
        else:
            made.touch(mode=0o600)
            made.write_bytes(path.read_bytes())


def _place(port: ports.Port) -> str:
    return f"{ports.ADDRESS}:{port.number}"
