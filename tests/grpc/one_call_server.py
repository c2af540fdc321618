"""A server of HTTP/2 made of h2 that notes what it is asked and answers each call as it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

Answer = Callable[[H2Connection, int], None]


@dataclass
class Seen:
    """What was asked: headers and bodies of each call, and from where."""

    address: str
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Seen]:
    """Serves one connection after the other; `answer` says what each call is answered with."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = Seen(f"127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        while True:
            try:
                sock, caller = listener.accept()
            except OSError:
                return
            seen.callers.append(caller[0])
            with sock, contextlib.suppress(OSError):
                _talk(sock, seen, answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _talk(sock: socket.socket, seen: Seen, answer: Answer) -> None:
    talk = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    talk.initiate_connection()
    sock.sendall(talk.data_to_send())
    bodies: dict[int, bytes] = {}
    while octets := sock.recv(65536):
        for event in talk.receive_data(octets):
            if isinstance(event, RequestReceived):
                given: list[Any] = list(event.headers or [])
                seen.headers.append(dict(given))
                bodies[event.stream_id] = b""
            elif isinstance(event, DataReceived):
                bodies[event.stream_id] += event.data
                talk.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                seen.bodies.append(bodies[event.stream_id])
                answer(talk, event.stream_id)
        sock.sendall(talk.data_to_send())
