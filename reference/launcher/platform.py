"""A whole platform: its servers and services, started together, told about, controlled, taken down."""

import gc
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from reference.launcher import certificates, dataservers, postgres, privilege, services, store, template
from reference.launcher.dataservers import Given, Server
from reference.launcher.errors import LaunchError
from reference.launcher.hits import Hits
from reference.launcher.postgres import (
    DataFolder,
    GivenDatabases,
    GivenPostgres,
    OwnDatabases,
    PostgresServer,
)
from reference.launcher.redisserver import GivenRedis, RedisServer
from reference.launcher.request import SERVICES, Request
from reference.launcher.waiting import Patience

ACTIONS = ("stop", "start", "kill", "pause", "resume", "restart", "link")
_START_SECONDS = 20.0
_CERTIFICATES = "tls"
_FURTHEST = 10 * 365 * 86400


class Platform:
    """One platform in one folder."""

    def __init__(self, folder: Path, request: Request) -> None:
        self._folder, self._request = folder, request
        self._work = working_folder(folder)
        self._logs = folder / "services"
        self._logs.mkdir(exist_ok=True)
        self.hits = Hits([one.name for one in request.defects], folder / "defect-hits.json")
        self._tls = folder / _CERTIFICATES
        self._certificates = self._tls if request.profile == "https" else None
        self._servers: dict[str, Server] = {}
        self._store = (
            store.Store(request, self._work, self._logs, self.hits, self._tls)
            if request.wants_store
            else None
        )
        self._databases: postgres.Databases | None = None
        self._template: Path | None = None

    def start(self, patience: Patience) -> None:
        """Starts everything, as much as possible at once, and writes ready.json when all of it answers."""
        self.hits.save()
        if self._request.wants_auth:
            postgres_server = self._start_postgres()
            self._redis().start()
        self._make_certificates()
        import_services(self._request)
        if self._store is not None:
            self._store.prepare()
            self._servers.update(self._store.processes)
            self._store.start()
        if self._request.wants_auth:
            self._start_auth(postgres_server, patience)
        for server in self._servers.values():
            patience.wait(server.ready_or_dead, _START_SECONDS, server.complaint)
        self.tell()

    def _make_certificates(self) -> None:
        shutil.rmtree(self._tls, ignore_errors=True)
        if self._has_authority:
            wanted = [name for name in SERVICES if name in self._request.services]
            certificates.make(self._tls, wanted, [store.MAIN_NAME] if self._store is not None else [])

    @property
    def _has_authority(self) -> bool:
        """Whether anything here is behind TLS; workers of the store always speak to it so."""
        return self._certificates is not None or self._store is not None

    def _start_auth(self, postgres_server: Server, patience: Patience) -> None:
        """Starts auth, once what it needs is there."""
        mail = services.Mail(self._log("mail"))
        self._servers["mail"] = mail
        mail.start()
        self._await_postgres(postgres_server, patience)
        assert self._databases is not None
        self._databases.prepare()
        redis = self._servers["session-store"]
        assert isinstance(redis, RedisServer | GivenRedis)
        security_log = self._logs / "auth.security.jsonl"
        auth = services.Auth(self._request, self._log("auth"), security_log, self.hits, self._certificates)
        auth.know(self._databases.url("auth"), redis.url, mail.smtp.number)
        self._servers["auth"] = auth
        auth.start()

    def control(self, name: str, action: str, links: Any = None) -> None:
        """Does one thing to one server; raises LaunchError where that cannot be done.

        `link` tells a service other addresses for what it needs, which count from its next start on.
        """
        server = self._servers.get(name)
        group = self._store if name == store.GROUP else None
        if server is None and group is None:
            known = [*self._servers, *([store.GROUP] if self._store is not None else [])]
            raise LaunchError(f"there is no service {name}; known: {', '.join(sorted(known))}")
        if action not in ACTIONS:
            raise LaunchError(f"there is no action {action}; known: {', '.join(ACTIONS)}")
        if group is not None and action != "link":
            group.control(action)
            self.tell()
            return
        if isinstance(server, Given):
            server.refuse()
        if action == "link":
            if not isinstance(server, services.Auth) or not isinstance(links, dict):
                raise LaunchError("link needs a service, and links: an address for each thing that it needs")
            server.lead_through(links)
            return
        assert server is not None
        if action == "restart":
            server.stop()
        if action in ("start", "restart"):
            dataservers.start_and_wait(server)
        else:
            getattr(server, action)()
        if action not in ("pause", "resume"):
            self.tell()

    def set_clock(self, name: str, ahead: Any) -> None:
        """Sets the clock of a service so many seconds ahead of this machine's; it stays so when the service starts again."""
        clocks = self._clocks()
        if name not in clocks:
            raise LaunchError(f"{name} has no clock of its own; known: {', '.join(sorted(clocks))}")
        if not isinstance(ahead, int | float) or isinstance(ahead, bool) or not abs(ahead) <= _FURTHEST:
            raise LaunchError(f"set-clock wants ahead, a number of seconds from -{_FURTHEST} to {_FURTHEST}")
        clocks[name].set(ahead)

    def _clocks(self) -> dict[str, services.Clock]:
        found = {name: one.clock for name, one in self._servers.items() if isinstance(one, services.Auth)}
        return (
            found if self._store is None else {**found, store.GROUP: self._store.clock, **self._store.clocks}
        )

    def set_master_key(self, name: str, which: Any) -> None:
        """Has a service be given another master key, from its next start on."""
        if name != store.GROUP or self._store is None:
            raise LaunchError(f"{name} has no master key; known: {store.GROUP}")
        self._store.set_master_key(which)

    def tell(self) -> None:
        """Writes ready.json: where everything is, for the eyes of this user alone."""
        draft = self._folder / "ready.json.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(self.description(), file, indent=1)
        os.replace(draft, self._folder / "ready.json")

    def description(self) -> dict[str, Any]:
        """What is told of the platform."""
        told: dict[str, Any] = {
            "services": {},
            "observes": {
                "security_log": {},
                "service_log": {name: str(server.log) for name, server in self._servers.items()},
            },
            "links": {},
            "accounts": {},
            "ca": str(self._tls / "ca.pem") if self._has_authority else None,
            "processes": {name: server.processes() for name, server in self._servers.items()},
        }
        if self._request.wants_auth:
            self._describe_auth(told)
        if self._store is not None:
            told["services"]["store"] = self._store.description()
            told["secrets"] = {"admin_key": self._store.admin_key}
            told["observes"]["files"] = {"store": str(self._store.shared)}
            told["observes"]["state"] = {"store": str(self._store.state)}
            told["observes"]["security_log"]["store"] = str(self._store.security_log)
        return told

    def _describe_auth(self, told: dict[str, Any]) -> None:
        auth, mail, redis = self._servers["auth"], self._servers["mail"], self._servers["session-store"]
        assert isinstance(auth, services.Auth) and isinstance(mail, services.Mail)
        assert isinstance(redis, RedisServer | GivenRedis) and self._databases is not None
        told["services"]["auth"] = auth.description()
        told["links"]["auth"] = auth.links
        told["accounts"]["admin"] = auth.admin
        told["observes"]["security_log"]["auth"] = str(auth.security_log)
        told["observes"] |= {
            "mail": {"url": mail.url, "kind": "outbox", "key": mail.key},
            "databases": {"auth": self._databases.observer_url("auth")},
            "redis": {"url": redis.url},
        }

    def stop(self) -> None:
        """Ends everything, services first, and removes what was only for this start."""
        try:
            if self._store is not None:
                self._store.stop()
            for name in ("auth", "mail"):
                if name in self._servers:
                    self._servers[name].stop()
            if self._databases is not None:
                self._databases.remove()
            for name in ("session-store", "database"):
                if name in self._servers:
                    self._servers[name].stop()
                    self._servers[name].dispose()
        finally:
            shutil.rmtree(self._work, ignore_errors=True)
            certificates.remove_keys(self._tls)
            self.hits.save()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _redis(self) -> RedisServer | GivenRedis:
        given = os.environ.get("ASSAY_REDIS_URL")
        log = self._log("redis")
        server = GivenRedis(given, log) if given else RedisServer(self._work / "redis", log)
        self._servers["session-store"] = server
        return server

    def _start_postgres(self, failed: Path | None = None) -> Server:
        given = os.environ.get("ASSAY_POSTGRES_URL")
        server: Server
        if given:
            server = GivenPostgres(self._log("postgres"))
            self._databases = GivenDatabases(given)
        else:
            folder = template.get(template.find_programs(), self._work, failed)
            self._template = folder
            told = postgres.read_template(folder)
            assert told is not None
            programs, way, password = told
            programs = template.runnable(programs, way, self._work)
            data = DataFolder(programs, way, self._work / "postgres")
            server = PostgresServer(data, self._log("postgres"), folder / "data")
            self._databases = OwnDatabases(server, password)
        self._servers["database"] = server
        server.start()
        return server

    def _await_postgres(self, server: Server, patience: Patience) -> Server:
        """Waits for PostgreSQL; a template that no longer works is made afresh, once."""
        try:
            patience.wait(server.ready_or_dead, _START_SECONDS, server.complaint)
        except LaunchError:
            server.stop()
            server.dispose()
            server = self._start_postgres(self._template)
            patience.wait(server.ready_or_dead, _START_SECONDS, server.complaint)
        return server


def working_place(folder: Path) -> Path:
    """Where the servers keep their data: below the platform's folder if whoever runs PostgreSQL can get there."""
    if os.geteuid() != 0 or privilege.reachable(folder):
        return folder / "data"
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path("/var/tmp") / f"assay-reference-{os.geteuid()}-{name}"


def working_folder(folder: Path) -> Path:
    """The working place, empty."""
    place = working_place(folder)
    if place.is_dir() and not place.is_symlink() and place.stat().st_uid == os.geteuid():
        sweep(folder)
    place.mkdir(mode=0o711)
    return place


def sweep(folder: Path) -> None:
    """Removes what a platform left that could not do so itself."""
    place = working_place(folder)
    for data in (place / "postgres", *place.glob("template-*/data")):
        postgres.forget_killed(DataFolder(place, privilege.ORDINARY, data))
    shutil.rmtree(place, ignore_errors=True)
    certificates.remove_keys(folder / _CERTIFICATES)


def import_services(request: Request) -> None:
    """Imports what the services need, once, before they are forked; what has been imported is not looked at again."""
    gc.disable()
    if request.wants_auth:
        from reference.auth import run
        from reference.mail import app

        assert run and app
    if request.wants_store:
        from reference.store import preparation

        preparation.prepare()
    gc.freeze()
