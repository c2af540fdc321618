"""PostgreSQL: copied from a prepared directory, started over TCP alone, with passwords made for this one start."""

import ctypes
import json
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from reference.launcher import children, ports, privilege
from reference.launcher.children import Child
from reference.launcher.dataservers import Given, Server
from reference.launcher.errors import LaunchError

_LIBC = ctypes.CDLL(None, use_errno=True)
_IPC_RMID = 0

OWNER = "assay"
OBSERVER = "observer"
SERVICES = ("auth",)

_OPTIONS = {
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1min",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",
}


def environment() -> dict[str, str]:
    """What a server sees of this process's environment."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


class DataFolder:
    """A PostgreSQL data directory and how its server is run."""

    def __init__(self, programs: Path, way: str, folder: Path) -> None:
        self.programs, self.way, self.folder = programs, way, folder

    def server_command(self, port: int) -> list[str]:
        """The command that serves this directory."""
        command = [
            str(self.programs / "postgres"),
            "-D",
            str(self.folder),
            "-h",
            ports.ADDRESS,
            "-p",
            str(port),
        ]
        for name, value in _OPTIONS.items():
            command += ["-c", f"{name}={value}"]
        return command

    def says_ready(self) -> bool:
        """Whether the server has written that it accepts connections."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def shared_memory(self) -> list[int]:
        """The System V segment of a server that was killed."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="ascii").splitlines()
            return [int(lines[6].split()[1])]
        except (OSError, IndexError, ValueError):
            return []


class PostgresServer(Server):
    """A PostgreSQL of the platform's own."""

    name = "database"
    polite_signal = signal.SIGINT

    def __init__(self, data: DataFolder, log: Path, template: Path | None = None) -> None:
        super().__init__(log)
        self.data, self._template = data, template
        self._port = ports.Port()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port.number

    def launch(self) -> Child:
        """Starts the server, on a copy of the template if there is one and it has not been made yet."""
        forget_killed(self.data)
        return children.fork(self.name, self._become_server, self.log)

    def _become_server(self) -> None:
        if self._template is not None and not self.data.folder.exists():
            copied = ["cp", "-a", "--reflink=auto", str(self._template), str(self.data.folder)]
            subprocess.run(copied, check=True)
        privilege.give_up(self.data.way)
        children.die_with_parent(signal.SIGKILL, os.getppid())
        os.chdir("/")
        children.execute(self.data.server_command(self.port), environment())

    def ready(self) -> bool:
        """Whether it accepts connections."""
        return self.data.says_ready() and self._port.answers()

    def url(self, user: str, password: str, database: str) -> str:
        """The address of a database for a user."""
        return f"postgresql://{user}:{password}@{ports.ADDRESS}:{self.port}/{database}"

    def dispose(self) -> None:
        """Removes the data, and the shared memory that a killed server could not."""
        forget_killed(self.data)
        shutil.rmtree(self.data.folder, ignore_errors=True)
        self._port.close()


def forget_killed(data: DataFolder) -> None:
    """Takes away what a server leaves that was killed."""
    for segment in data.shared_memory():
        _LIBC.shmctl(segment, _IPC_RMID, None)
    (data.folder / "postmaster.pid").unlink(missing_ok=True)


class OwnDatabases:
    """The databases of a server of the platform's own, with passwords that only this start has."""

    def __init__(self, server: PostgresServer, owner_password: str) -> None:
        self._server, self._owner_password = server, owner_password
        self._passwords = {role: secrets.token_urlsafe(24) for role in (*SERVICES, OBSERVER)}

    def prepare(self) -> None:
        """Gives the roles their passwords."""
        from psycopg import connect, sql

        with connect(
            self._server.url(OWNER, self._owner_password, "postgres"), autocommit=True
        ) as connection:
            for role, password in self._passwords.items():
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))

    def url(self, service: str) -> str:
        """The database of a service, for the service."""
        return self._server.url(service, self._passwords[service], service)

    def observer_url(self, service: str) -> str:
        """The database of a service, for one who only looks."""
        return self._server.url(OBSERVER, self._passwords[OBSERVER], service)

    def remove(self) -> None:
        """They go with the server."""


class GivenPostgres(Given):
    """A PostgreSQL given by its address."""

    name = "database"


class GivenDatabases:
    """Databases made for this start on a server that somebody else runs, and dropped after it."""

    def __init__(self, url: str) -> None:
        self._url = url
        suffix = secrets.token_hex(6)
        self._names = {service: f"assay_{service}_{suffix}" for service in SERVICES}

    def prepare(self) -> None:
        """Makes the databases and their tables."""
        from psycopg import Error, connect, sql

        from reference.auth import database

        try:
            with connect(self._url, autocommit=True, connect_timeout=5) as connection:
                for name in self._names.values():
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except Error as error:
            problem = str(error).replace(self._url, "(its value)").splitlines()[0]
            raise LaunchError(f"ASSAY_POSTGRES_URL cannot be used: {problem}") from None
        database.create_schema(self.url("auth"))

    def url(self, service: str) -> str:
        """The database of a service."""
        from urllib.parse import urlsplit

        return urlsplit(self._url)._replace(path=f"/{self._names[service]}").geturl()

    observer_url = url

    def remove(self) -> None:
        """Drops the databases."""
        from psycopg import Error, connect, sql

        try:
            with connect(self._url, autocommit=True, connect_timeout=5) as connection:
                for name in self._names.values():
                    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                    connection.execute(statement.format(sql.Identifier(name)))
        except Error:
            return


Databases = OwnDatabases | GivenDatabases


def read_template(folder: Path) -> tuple[Path, str, str] | None:
    """The programs, the way and the owner's password of a template that is complete."""
    try:
        told = json.loads((folder / "template.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Path(told["programs"]), told["way"], told["password"]
