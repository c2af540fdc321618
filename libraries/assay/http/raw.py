"""Bytes on a socket, for requests that no HTTP library would send."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from assay.core import reach
from assay.core.reach import Way

LARGEST = 1_000_000
_PORTION = 32_768
_DIRECT = Way()


@dataclass
class RawAnswer:
    """What came back for bytes: `text` is all of it, `status` that of the first answer or None."""

    text: str
    status: int | None
    closed: bool
    seconds: float

    def __str__(self) -> str:
        return f"<{self.status or 'no answer'}, connection {'closed' if self.closed else 'left open'}>"


def exchange(
    url: str,
    pieces: list[bytes],
    seconds: float,
    source: str | None = None,
    way: Way = _DIRECT,
    pause: float = 0.0,
    shut: bool = False,
    attentive: bool = False,
) -> RawAnswer:
    """Sends the pieces, `pause` seconds apart, and reads until the service closes, says all, or the time is over.

    Through a proxy it is always a tunnel, since bytes that no client would send are not for the proxy to read.
    `attentive` ends the sending of a long text as soon as something comes back.
    An answer counts as complete when its Content-Length is there; `shut` ends our side after sending.
    """
    started = time.monotonic()
    ends = started + seconds
    plain = reach.connect(url, way, ends, source)
    sock: Any = plain
    received = b""
    closed = False
    try:
        if url.startswith("https:"):
            sock = reach.context(way).wrap_socket(plain, server_hostname=reach.host_and_port(url)[0])
        try:
            if attentive:
                received, closed = _send_until_answered(sock, b"".join(pieces), ends)
            else:
                _send(sock, pieces, pause, shut)
        except (BrokenPipeError, ConnectionResetError):
            closed = True
        if _complete(received):
            ends = min(ends, time.monotonic() + 0.1)
        while not closed and len(received) < LARGEST and (left := ends - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                piece = sock.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                piece = b""
            except TimeoutError:
                break
            if not piece:
                closed = True
                break
            received += piece
            if _complete(received):
                # A moment is enough to see whether the service closes after its answer.
                ends = min(ends, time.monotonic() + 0.1)
    finally:
        sock.close()
    return RawAnswer(received.decode("latin-1"), _status(received), closed, time.monotonic() - started)


def _send(sock: Any, pieces: list[bytes], pause: float, shut: bool) -> None:
    for number, piece in enumerate(pieces):
        if number and pause:
            time.sleep(pause)
        sock.sendall(piece)
    if shut:
        sock.shutdown(socket.SHUT_WR)


def _send_until_answered(sock: Any, text: bytes, ends: float) -> tuple[bytes, bool]:
    """What came back while the text was sent, and whether the other side has ended."""
    for start in range(0, len(text), _PORTION):
        sock.settimeout(max(0.001, ends - time.monotonic()))
        sock.sendall(text[start : start + _PORTION])
        sock.settimeout(0.0)
        try:
            piece = sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            continue
        return piece, not piece
    return b"", False


def _status(received: bytes) -> int | None:
    words = received.split(b"\r\n", 1)[0].split()
    if len(words) >= 2 and words[0].startswith(b"HTTP/") and words[1].isdigit():
        return int(words[1])
    return None


def _complete(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return len(body) >= int(value)
        if name.strip().lower() == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return _status(received) in (204, 304)
