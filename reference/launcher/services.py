"""The services of the platform as processes: what each is told, and how it says that it is ready."""

import base64
import json
import mmap
import os
import secrets
import select
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reference import defects
from reference.launcher import certificates, ports
from reference.launcher.children import Child
from reference.launcher.dataservers import ForkedService
from reference.launcher.errors import LaunchError, PatchPointMissing
from reference.launcher.hits import Hits
from reference.launcher.request import Request

_LINKED = {
    "database": "ASSAY_AUTH_DATABASE_URL",
    "session-store": "ASSAY_AUTH_REDIS_URL",
    "mail": "ASSAY_AUTH_SMTP",
}
_READY, _MISSING = b"ready", b"missing "


class Messenger:
    """How a forked service tells the launcher that it is ready, or what a defect could not find."""

    def __init__(self) -> None:
        self._reading = self._writing = -1
        self._heard = b""

    def open(self) -> None:
        """A new pipe, for a new process."""
        self.close()
        self._reading, self._writing = os.pipe()
        self._heard = b""

    def say(self, message: bytes) -> None:
        """Called in the service."""
        os.write(self._writing, message)

    def started(self) -> bool:
        """Whether the service is ready; raises PatchPointMissing if a defect stopped it."""
        while select.select([self._reading], [], [], 0)[0]:
            received = os.read(self._reading, 4096)
            if not received:
                break
            self._heard += received
        if self._heard.startswith(_MISSING):
            raise PatchPointMissing(self._heard[len(_MISSING) :].decode())
        return self._heard == _READY

    def listening_only(self) -> None:
        """Closes the launcher's own writing end, so that the end of the service is heard."""
        os.close(self._writing)
        self._writing = -1

    def close(self) -> None:
        """Closes what is open."""
        for descriptor in (self._reading, self._writing):
            if descriptor >= 0:
                os.close(descriptor)
        self._reading = self._writing = -1


class Forked(ForkedService):
    """A service with its messenger."""

    def __init__(self, name: str, log: Path, work: Callable[[Callable[[], None]], None]) -> None:
        self.messenger = Messenger()
        super().__init__(name, log, lambda: self._run(work), self.messenger.started)

    def launch(self) -> Child:
        """Forks the service with a pipe of its own."""
        self.messenger.open()
        child = super().launch()
        self.messenger.listening_only()
        return child

    def ready_or_dead(self) -> bool:
        """Whether it answers; what a defect could not find is heard even from one that has ended."""
        return self.messenger.started() or super().ready_or_dead()

    def _run(self, work: Callable[[Callable[[], None]], None]) -> None:
        try:
            work(lambda: self.messenger.say(_READY))
        except defects.DefectError as error:
            self.messenger.say(_MISSING + str(error).encode())
        except LaunchError as error:
            print(error, flush=True)
            raise SystemExit(3) from None


class Mail(Forked):
    """The mail stand-in: SMTP for the platform, HTTP for whoever observes."""

    def __init__(self, log: Path) -> None:
        self.smtp, self.http = ports.Port(), ports.Port()
        self.key = secrets.token_urlsafe(24)
        super().__init__("mail", log, self._serve)

    @property
    def url(self) -> str:
        """The HTTP face."""
        return f"http://{ports.ADDRESS}:{self.http.number}"

    def _serve(self, ready: Callable[[], None]) -> None:
        from reference.mail import app

        app.run(self.smtp.listener(), self.http.listener(), ready, self.key)


class Clock:
    """How far a service's clock is ahead of this machine's, in memory that the service shares with the launcher."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def set(self, seconds: float) -> None:
        """Called in the launcher."""
        struct.pack_into("<d", self._memory, 0, seconds)

    def ahead(self) -> float:
        """Called in the service."""
        (seconds,) = struct.unpack_from("<d", self._memory, 0)
        return float(seconds)


class Auth(Forked):
    """The service auth, with the defects that were asked for."""

    def __init__(self, request: Request, log: Path, security_log: Path, hits: Hits, tls: Path | None) -> None:
        self.port, self.clock = ports.Port(), Clock()
        self.security_log = security_log
        self.admin = {"email": "admin@auth.assay.test", "password": secrets.token_urlsafe(24)}
        self._request, self._hits, self._tls = request, hits, tls
        self._key_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.surroundings: dict[str, str] = {}
        self.links: dict[str, str] = {}
        super().__init__("auth", log, self._serve)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{'https' if self._tls else 'http'}://{ports.ADDRESS}:{self.port.number}"

    def description(self) -> dict[str, Any]:
        """What is told of it."""
        told: dict[str, Any] = {"url": self.url}
        if self._tls is not None:
            authority = certificates.ClientAuthority(self._tls).description()
            named = f"{{service}}.{self._request.settings.service_domain}"
            told["service_certificates"] = {**authority, "name": named}
        return told

    def know(self, database_url: str, redis_url: str, smtp_port: int) -> None:
        """Tells it where the things are that it needs."""
        smtp = f"{ports.ADDRESS}:{smtp_port}"
        places = {
            "database": _place(database_url, 5432),
            "session-store": _place(redis_url, 6379),
            "mail": smtp,
        }
        self.links = {name: place for name, place in places.items() if place}
        self.surroundings = {
            "ASSAY_AUTH_DATABASE_URL": database_url,
            "ASSAY_AUTH_REDIS_URL": redis_url,
            "ASSAY_AUTH_SMTP": smtp,
            "ASSAY_AUTH_PUBLIC_URL": self.url,
            "ASSAY_AUTH_SECURITY_LOG": str(self.security_log),
            "ASSAY_AUTH_KEY_SECRET": self._key_secret,
            **self._trust(),
            "ASSAY_AUTH_ADMIN_EMAIL": self.admin["email"],
            "ASSAY_AUTH_ADMIN_PASSWORD": self.admin["password"],
        }

    def _trust(self) -> dict[str, str]:
        """Where it finds whom it trusts to vouch for services."""
        if self._tls is None:
            return {}
        authority = certificates.ClientAuthority(self._tls)
        return {
            "ASSAY_AUTH_CLIENT_AUTHORITY": str(authority.certificate),
            "ASSAY_AUTH_CLIENT_REVOCATIONS": str(authority.revocations),
        }

    def lead_through(self, links: dict[str, str]) -> None:
        """Tells it other addresses, from its next start on; raises LaunchError for what it does not need."""
        for name, place in links.items():
            if name not in self.links:
                raise LaunchError(f"auth has no link {name}; known: {', '.join(self.links)}")
            variable = _LINKED[name]
            told = self.surroundings[variable]
            self.surroundings[variable] = place if name == "mail" else _led(told, place)

    def _serve(self, ready: Callable[[], None]) -> None:
        from reference.auth import run, settings
        from reference.common import clock, mutualtls

        clock.follow(self.clock.ahead)
        wanted = [one for one in self._request.defects if one.service == self.name]
        changes = defects.apply(wanted, self._hits.counter)
        given = self._request.given_to(settings.describe())
        told = json.dumps({**given, **changes.settings})
        os.environ.update({**self.surroundings, "ASSAY_AUTH_SETTINGS": told, **changes.environment})
        tls = None
        if self._tls is not None:
            tls = mutualtls.server_context(
                self._tls / "auth.pem", certificates.ClientAuthority(self._tls).certificate
            )
        run.run(self.port.listener(), ready, tls)


def _place(url: str, port: int) -> str:
    """Host and port of a URL; nothing where it names no host."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or port}" if parts.hostname else ""


def _led(url: str, place: str) -> str:
    """The URL with another host and port."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{who}{at}{place}").geturl()
