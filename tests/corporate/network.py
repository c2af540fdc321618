"""What stands between a client and a service in many companies: a forward proxy, and a front that wants a certificate."""

from __future__ import annotations

import base64
import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

_SECONDS = 20.0


@dataclass
class Authority:
    """A certificate authority with what it signed, in files of a folder."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)

    @property
    def pem(self) -> Path:
        path = self.folder / "authority.pem"
        self.ca.cert_pem.write_to_path(str(path))
        return path

    def server(self, *names: str) -> ssl.SSLContext:
        """What a server of these names shows."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(*names).configure_cert(made)
        return made

    def client(self, name: str, password: str = "") -> tuple[Path, Path]:
        """Certificate and key of a client, the key under a password where one is given."""
        from cryptography.hazmat.primitives import serialization as form

        made = self.ca.issue_cert(f"{name}@people.test", common_name=name)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        private = form.load_pem_private_key(made.private_key_pem.bytes(), None)
        lock = form.BestAvailableEncryption(password.encode()) if password else form.NoEncryption()
        key.write_bytes(private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock))
        return certificate, key


@dataclass
class Listening:
    """A server on a port of its own; `seen` is what it was asked for."""

    port: int
    seen: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def front(upstream: str, context: ssl.SSLContext) -> Iterator[Listening]:
    """A front that ends TLS, and lets in who shows what the context wants; it calls on from its client's address."""
    there = urlsplit(upstream)

    def talk(plain: socket.socket, about: Listening) -> None:
        with context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as client:
            try:
                client.do_handshake()
            except ssl.SSLError:
                _let_read(client)
                raise
            shown: Any = client.getpeercert() or {}
            names = dict(pair[0] for pair in shown.get("subject", ()))
            about.seen.append(str(names.get("commonName", "")))
            with socket.create_connection(
                (there.hostname or "", there.port or 80), _SECONDS, (plain_source(client), 0)
            ) as on:
                relay(client, on)

    with _serving(talk) as about:
        yield about


@contextmanager
def proxy(user: str = "", password: str = "") -> Iterator[Listening]:
    """A forward proxy for CONNECT and for plain requests; `.localhost` and `.corp.test` are this machine to it."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""

    def talk(client: socket.socket, about: Listening) -> None:
        while head := _head(client):
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            fields = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
            }
            about.seen.append(f"{method} {target}")
            if wanted and fields.get("proxy-authorization") != wanted:
                client.sendall(
                    b"HTTP/1.1 407 Who Asks\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
                )
                return
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host = (
                "127.0.0.1"
                if (parts.hostname or "").endswith((".localhost", ".corp.test"))
                else parts.hostname
            )
            with socket.create_connection(
                (host or "", parts.port or 80), _SECONDS, (plain_source(client), 0)
            ) as on:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Go On\r\n\r\n")
                    relay(client, on)
                    return
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))]
                body = _exactly(client, int(fields.get("content-length", 0)))
                head_on = "\r\n".join([f"{method} {path} HTTP/1.1", "Connection: close", *kept, "", ""])
                on.sendall(head_on.encode("latin-1") + body)
                while piece := on.recv(65536):
                    client.sendall(piece)
                return

    with _serving(talk) as about:
        yield about


def plain_source(client: socket.socket) -> str:
    """The address of a client, from which it is called on, so that limits by address stay what they are."""
    return str(client.getpeername()[0])


def relay(one: socket.socket, other: socket.socket) -> None:
    """Carries octets both ways until either side ends, by one thread: no two may use a TLS socket at the same time."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(one, selectors.EVENT_READ, (one, other))
        waiting.register(other, selectors.EVENT_READ, (other, one))
        while ready := waiting.select(_SECONDS):
            for key, _ in ready:
                source, sink = key.data
                for piece in _arrived(source):
                    if not piece:
                        return
                    sink.sendall(piece)


def _arrived(source: socket.socket) -> Iterator[bytes]:
    """What can be read without waiting; the last piece is empty where the other side has ended."""
    piece = b"begin"
    while piece:
        source.settimeout(0)
        try:
            piece = source.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            source.settimeout(_SECONDS)
        yield piece


@contextmanager
def _serving(talk: Callable[[socket.socket, Listening], None]) -> Iterator[Listening]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    about = Listening(listener.getsockname()[1])

    def one(client: socket.socket) -> None:
        client.settimeout(_SECONDS)
        with contextlib.suppress(OSError, ValueError), client:
            talk(client, about)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=one, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield about
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _head(client: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (piece := client.recv(1)):
            return b""
        head += piece
    return head[:-4]


def _let_read(client: ssl.SSLSocket) -> None:
    """Waits until the other side has read why, as servers do: what is closed at once may lose its last words."""
    with socket.socket(fileno=client.detach()) as bare:
        bare.settimeout(2)
        bare.shutdown(socket.SHUT_WR)
        while bare.recv(65536):
            pass


def _exactly(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (piece := client.recv(size - len(found))):
        found += piece
    return found
