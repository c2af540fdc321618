"""Servers that behave oddly, each in a thread of its own, for a test."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the path asks for."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        path = self.path.split("?")[0].strip("/").replace("-", "_")
        odd = getattr(self, f"odd_{path}", None)
        if odd is not None:
            odd()
        else:
            self.echo(sent)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def echo(self, sent: bytes) -> None:
        self.answer(200, {
            "method": self.command, "path": self.path, "from": self.client_address[0],
            "headers": {name.lower(): value for name, value in self.headers.items()}, "body": sent.decode(),
        })  # fmt: skip

    def answer(self, status: int, document: Any, **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def odd_hanging(self) -> None:
        self.server.released.wait(20)  # type: ignore[attr-defined]

    def odd_closing(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def odd_dripping(self) -> None:
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            while not self.server.released.is_set():  # type: ignore[attr-defined]
                self.connection.sendall(b"x")
                time.sleep(0.05)

    def odd_short(self) -> None:
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
        self.close_connection = True

    def odd_garbage(self) -> None:
        self.connection.sendall(b"EHLO, this is a mail server\r\n\r\n")
        self.close_connection = True

    def odd_huge(self) -> None:
        body = b"x" * 3_000_000
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def odd_html(self) -> None:
        self.connection.sendall(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<h1>oh"
        )

    def odd_wrong_type(self) -> None:
        self.connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n{"id": "abcd"}'
        )

    def odd_redirect(self) -> None:
        self.answer(302, {}, Location="/landed?code=abc123&state=s1", Set_Cookie="sid=cookievalue1; Path=/")

    def odd_idle_close(self) -> None:
        self.answer(200, {"n": 1})
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[Handler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that went away."""


@contextmanager
def serving(handler: type[Handler] = Handler) -> Iterator[Server]:
    """A server of that handler for as long as the block lasts."""
    server = Server(handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
