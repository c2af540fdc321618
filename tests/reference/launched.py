"""A launched platform, and a plain client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = [str(ROOT / "reference" / "platform")]


class Answer:
    """What a service answered."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def body(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.raw)

    @property
    def problem(self) -> str:
        """The name of the problem."""
        assert self.headers["content-type"] == "application/problem+json", self.raw
        return str(self.body["type"]).rpartition(":")[2]


class Launched:
    """A launcher under test."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder, self.process = folder, process
        self.numbers = 0

    @property
    def ready(self) -> dict[str, Any]:
        """What ready.json says."""
        told: dict[str, Any] = json.loads((self.folder / "ready.json").read_text())
        return told

    def control(self, service: str, action: str, **more: object) -> dict[str, Any]:
        """Asks for an action; the answer."""
        return self._ask({"service": service, "action": action, **more})

    def link(self, service: str, links: Any) -> dict[str, Any]:
        """Tells a service other addresses for what it needs; the answer."""
        return self._ask({"service": service, "action": "link", "links": links})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.numbers += 1
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"id": self.numbers, **request}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert answer["id"] == self.numbers
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> Answer:
        """One request to auth, on a connection of its own."""
        place = urlsplit(url or self.ready["services"]["auth"]["url"])
        assert place.hostname
        connection: http.client.HTTPConnection
        if place.scheme == "https":
            trust = ssl.create_default_context(cafile=self.ready["ca"])
            connection = http.client.HTTPSConnection(place.hostname, place.port, timeout=10, context=trust)
        else:
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            return Answer(connection.getresponse())

    def mails(self, address: str, at_least: int = 1) -> list[dict[str, str]]:
        """The mails to an address, once there are as many as expected."""
        mail = self.ready["observes"]["mail"]
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            path = f"/messages?to={address.replace('+', '%2B')}"
            found = self.call("GET", path, token=mail["key"], url=mail["url"]).body
            if len(found) >= at_least:
                return list(found)
            time.sleep(0.02)
        raise AssertionError(f"no mail to {address} within 5 s")

    def signed_up(self, password: str = "a long enough phrase") -> str:
        """The address of a new account that has been verified."""
        address = f"user-{secrets.token_hex(6)}@example.test"
        assert self.call("POST", "/auth/signup", {"email": address, "password": password}).status == 202
        token = verification_token(self.mails(address)[0])
        assert self.call("POST", "/auth/verify-email", {"token": token}).status == 200
        return address

    def log_in(self, address: str, password: str = "a long enough phrase") -> dict[str, Any]:
        """The tokens of a new session."""
        answer = self.call("POST", "/auth/login", {"email": address, "password": password})
        assert answer.status == 200, answer.raw
        return dict(answer.body)

    def admin(self) -> dict[str, Any]:
        """The tokens of the administrator."""
        account = self.ready["accounts"]["admin"]
        return self.log_in(account["email"], account["password"])

    def events(self, name: str) -> list[dict[str, Any]]:
        """The security events of a name so far."""
        lines = Path(self.ready["observes"]["security_log"]["auth"]).read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == name]


def verification_token(mail: Mapping[str, str]) -> str:
    """The token in a mail."""
    found = re.search(r"token=([\w-]+)", mail["text"])
    assert found
    return found[1]


def begin(
    folder: Path,
    command: Sequence[str] = LAUNCHER,
    environment: Mapping[str, str] | None = None,
    **request: Any,
) -> subprocess.Popen[str]:
    """Starts a launcher and does not wait."""
    (folder / "request.json").write_text(json.dumps({"run": "test", "services": ["auth"], **request}))
    return subprocess.Popen(
        [*command, "up", "--folder", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )


@contextlib.contextmanager
def launch(folder: Path, **options: Any) -> Iterator[Launched]:
    """A platform for as long as the block lasts."""
    process = begin(folder, **options)
    try:
        deadline = time.monotonic() + 120
        while not (folder / "ready.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no platform: {process.communicate()[1]}")
            time.sleep(0.01)
        yield Launched(folder, process)
    finally:
        if process.poll() is None:
            assert process.stdin
            process.stdin.close()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def complaint_of(process: subprocess.Popen[str]) -> str:
    """What a launcher that could not start anything said; its input stays open until then, or it would just stop."""
    process.wait(60)
    assert process.stderr
    complaint = process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    return complaint


def family(pid: int) -> set[int]:
    """A process and everything below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found.extend(child for child, parent in parents.items() if parent == one)
    return set(found)


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def survivors(pids: set[int], seconds: float = 5) -> set[int]:
    """Those of the processes that still run when the time is up."""
    deadline = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = {pid for pid in left if alive(pid)}
    return left
