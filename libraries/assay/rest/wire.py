"""Bytes that two readers could take for different requests, heads without end, and requests that never arrive."""

from __future__ import annotations

import json
import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from assay.core.reach import Way, connect, context

_BODY = '{"email":"nobody@people.test","password":"nothing that anybody has"}'
_SIZE = len(_BODY)
_CONNECTING = 5.0
_CHUNKED = f"{_SIZE:x}\r\n{_BODY}\r\n0\r\n\r\n"
_LITTLE, _SEGMENT = 4096, 536
_LONG = 16 * 1024 * 1024  # octets that no service takes as a head
_PAUSE = 0.5  # between the octets of a trickle
# 501 is right for a coding that is not known (RFC 9112, 6.1).
_UNKNOWN_CODINGS = {
    "chunks under another name",
    "chunks after another coding",
    "chunks before another coding",
    "two codings",
    "a vertical tab before the coding",
}
_LENGTH_AND_CHUNKS = {
    "a length and chunks",
    "chunks and a length",
    "chunks, and a length after a bare LF",
}
SMUGGLED = "GET /health?smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"


@dataclass(frozen=True)
class Wire:
    """One request as bytes; a control is answered, all others are refused and their connection is closed.

    `also` is a status that is right as well: beyond 4xx for what is refused, 400 for a control whose form is good and whose
    words are not. What has two lengths may be read `by_chunks`, if the connection is closed then (RFC 9112, 6.1). What is `endless` is sent until something comes back. To end without a word refuses that, and
    what is `wordless`, too: no answer is owed to a request that never came whole (RFC 9112, 8).
    """

    name: str
    text: str
    control: bool = False
    also: int = 0
    by_chunks: bool = False
    endless: bool = False
    wordless: bool = False


def beside(path: str) -> dict[str, str]:
    """A path, and what is nearly it, each by what it is."""
    return {
        "the path": path,
        "a slash at its end": f"{path}/",
        "two slashes at its beginning": f"/{path}",
        "capitals": path.upper(),
        "an ending of a file": f"{path}.json",
    }


def unclear(method: str, path: str, media: str = "application/json") -> list[Wire]:
    """Requests to one operation with a body whose end two readers could see in different places, each with another after it.

    The body says nothing that the operation knows; it is called what the operation takes, so that it is read at all.
    """
    start = f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: {media}\r\n"
    good = [
        Wire("a length", f"{start}Content-Length: {_SIZE}\r\n\r\n{_BODY}", True, 400),
        Wire("chunks", f"{start}Transfer-Encoding: chunked\r\n\r\n{_CHUNKED}", True, 400),
        Wire(
            "a chunk with an extension",
            f"{start}Transfer-Encoding: chunked\r\n\r\n{_SIZE:x};a=b\r\n{_BODY}\r\n0\r\n\r\n",
            True,
            400,
        ),
    ]
    framings = {
        "a length and chunks": f"Content-Length: {_SIZE}\r\nTransfer-Encoding: chunked",
        "chunks and a length": "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "chunks, and a length after a bare LF": f"X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: {_SIZE}",
        "two lengths": f"Content-Length: {_SIZE}\r\nContent-Length: 0",
        "a list of lengths": f"Content-Length: {_SIZE}, 0",
        "a length with a sign": f"Content-Length: +{_SIZE}",
        "a length below zero": "Content-Length: -1",
        "a length in another notation": f"Content-Length: 0x{_SIZE:x}",
        "a space before the colon of the length": f"Content-Length : {_SIZE}",
        "chunks under another name": "Transfer-Encoding: xchunked",
        "chunks after another coding": "Transfer-Encoding: identity, chunked",
        "chunks before another coding": "Transfer-Encoding: chunked, identity",
        "two codings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "a space before the colon of the coding": "Transfer-Encoding : chunked",
        "a vertical tab before the coding": "Transfer-Encoding: \x0bchunked",
        "a bare CR in a header": f"X-A: b\rTransfer-Encoding: chunked\r\nContent-Length: {_SIZE}",
        "a NUL in a header": f"X-A: b\0c\r\nContent-Length: {_SIZE}",
        "a name of a header with a space": f"X A: b\r\nContent-Length: {_SIZE}",
    }
    chunks = {
        "a bare LF after the size of a chunk": f"{_SIZE:x}\n{_BODY}\r\n0\r\n\r\n",
        "a bare LF after an extension": f"{_SIZE:x};a\n{_BODY}\r\n0\r\n\r\n",
        "a size of a chunk with 0x": f"0x{_SIZE:x}\r\n{_BODY}\r\n0\r\n\r\n",
        "a size of a chunk with a sign": f"+{_SIZE:x}\r\n{_BODY}\r\n0\r\n\r\n",
        "a size of a chunk without end": f"{'f' * 40}\r\n{_BODY}\r\n0\r\n\r\n",
        "a chunk longer than its size": f"{_SIZE - 2:x}\r\n{_BODY}\r\n0\r\n\r\n",
    }
    body = {
        name: _BODY if "Transfer" not in head or "bare CR" in name else _CHUNKED
        for name, head in framings.items()
    }
    old = start.replace("HTTP/1.1", "HTTP/1.0")
    return [
        *good,
        Wire("chunks in HTTP/1.0", f"{old}Transfer-Encoding: chunked\r\n\r\n{_CHUNKED}{SMUGGLED}"),
        *(
            Wire(
                name,
                f"{start}{head}\r\n\r\n{body[name]}{SMUGGLED}",
                also=501 if name in _UNKNOWN_CODINGS else 0,
                by_chunks=name in _LENGTH_AND_CHUNKS,
            )
            for name, head in framings.items()
        ),
        *(
            Wire(name, f"{start}Transfer-Encoding: chunked\r\n\r\n{text}{SMUGGLED}", wordless=True)
            for name, text in chunks.items()
        ),
    ]


def heads(path: str) -> list[Wire]:
    """Requests whose head is no HTTP, names no host or several, or has no end."""
    line = f"GET {path} HTTP/1.1\r\n"
    host = "Host: {host}\r\n"
    return [
        Wire("a plain request", f"{line}{host}\r\n", True),
        Wire("a whole URL", f"GET http://{{host}}{path} HTTP/1.1\r\n{host}\r\n", True),
        Wire("no host", f"{line}\r\n"),
        Wire("two hosts", f"{line}{host}Host: stranger.people.test\r\n\r\n"),
        Wire("a host with a path", f"{line}Host: stranger.people.test/a\r\n\r\n"),
        Wire("a host with a space", f"{line}Host: a b\r\n\r\n"),
        Wire("a host with a name before it", f"{line}Host: a@{{host}}\r\n\r\n"),
        Wire("two hosts in one header", f"{line}Host: {{host}}, stranger.people.test\r\n\r\n"),
        # 505 is right for a version that is not spoken (RFC 9110, 15.6.6).
        Wire("no version", f"GET {path}\r\n{host}\r\n", also=505),
        Wire("another version", f"GET {path} HTTP/9.1\r\n{host}\r\n", also=505),
        Wire("the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", also=505),
        Wire("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
        Wire("headers without end", f"{line}{host}{_headers()}\r\n", endless=True),
        Wire("a header without end", f"{line}{host}X-A: {'a' * _LONG}\r\n\r\n", endless=True),
        Wire("a URL without end", f"GET {path}?{'a' * _LONG} HTTP/1.1\r\n{host}\r\n", endless=True),
        Wire("a name without end", f"{line}{host}{'a' * _LONG}: b\r\n\r\n", endless=True),
    ]


def _headers() -> str:
    value = "y" * 1_000
    return "".join(f"X-{number}: {value}\r\n" for number in range(_LONG // len(value)))


def complaint(wire: Wire, answer: Any) -> str:
    """What is wrong with what came back; nothing when nothing is."""
    answers = answer.text.count("HTTP/1.")
    if answer.status is None and answer.closed:
        return "" if wire.endless or wire.wordless else "closed without an answer"
    if answer.status is None:
        return "no answer"
    if answer.status >= 500 and answer.status != wire.also:
        return f"{answer.status}, a server error"
    if wire.control:
        understood = answer.status != 400 or (wire.also == 400 and not answer.closed)
        return "" if understood and answers == 1 else f"{answer.status}, {answers} answers"
    refused = 400 <= answer.status < 500 and answer.status not in (401, 404)
    if not (refused or wire.by_chunks or answer.status == wire.also):
        return f"{answer.status}, as if it were a request"
    if answers > 1:
        return f"{answers} answers: what came after it was taken for another request"
    return "" if answer.closed else f"{answer.status}, and the connection stays open for more"


def id_of(answer: Any) -> str | None:
    """The X-Request-Id of the first answer in what came back."""
    head = answer.text.partition("\r\n\r\n")[0]
    found = re.search(r"^x-request-id:[ \t]*(\S+)[ \t]*\r?$", head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None


class Unfinished:
    """Requests that have begun and do not go on, on connections of their own."""

    def __init__(self, url: str, way: Way, source: str | None) -> None:
        self._url, self._way, self._source = url, way, source
        self._kept = ExitStack()
        self._open: list[Any] = []

    def begin(self, text: str, count: int) -> None:
        """Opens connections and sends the beginning of a request on each."""
        host = urlsplit(self._url).netloc
        for _ in range(count):
            sock = self._kept.enter_context(self._connect())
            sock.sendall(text.replace("{host}", host).encode("latin-1"))
            self._open.append(sock)

    def ended_within(self, seconds: float, more: str = "") -> bool:
        """Whether the service ends all of them within the time, while `more` goes on to them octet by octet."""
        until = time.monotonic() + seconds
        return all(_ends(sock, until, more.encode("latin-1")) for sock in self._open)

    def answered_within(self, seconds: float) -> bool:
        """Whether the service begins to answer all of them within the time; nothing of it is read."""
        until = time.monotonic() + seconds
        return all(
            select.select([sock], [], [], max(0.0, until - time.monotonic()))[0] for sock in self._open
        )

    def close(self) -> None:
        """Ends them."""
        self._kept.close()
        self._open.clear()

    def _connect(self) -> socket.socket:
        ends = time.monotonic() + _CONNECTING
        sock = connect(self._url, self._way, ends, self._source, make=_narrow)
        if urlsplit(self._url).scheme == "https":
            return context(self._way).wrap_socket(sock, server_hostname=urlsplit(self._url).hostname)
        return sock


def _narrow(family: int) -> socket.socket:
    """A socket that takes in little at a time, so that the system holds little of an answer that nobody reads."""
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LITTLE)
    with suppress(OSError):  # some systems let nobody say how long a segment may be
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
    return sock


def _ends(sock: Any, until: float, more: bytes) -> bool:
    octets = iter(more)
    while (left := until - time.monotonic()) > 0:
        sock.settimeout(min(left, _PAUSE))
        try:
            if not sock.recv(65536):
                return True
        except TimeoutError:
            pass
        except (ConnectionResetError, ssl.SSLError):
            return True
        else:
            continue
        try:
            sock.sendall(bytes(islice(octets, 1)))
        except (ConnectionError, ssl.SSLError):
            return True
    return False


def beginnings(method: str, path: str) -> Mapping[str, str]:
    """The beginnings of requests, by what they leave out."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: application/json\r\n"
    return {
        "nothing": "",
        "half a head": head,
        "half a body": f"{head}Content-Length: {_SIZE}\r\n\r\n{json.dumps({})[:1]}",
        "half a chunk": f"{head}Transfer-Encoding: chunked\r\n\r\n{_SIZE:x}\r\n{_BODY[:5]}",
    }


def trickles(method: str, path: str) -> Mapping[str, tuple[str, str]]:
    """The beginnings of requests, and what goes on of each octet by octet, far too slowly ever to be there."""
    begun = beginnings(method, path)
    return {
        "a head octet by octet": (begun["half a head"], f"X-Padding: {'a' * 1_000}"),
        "a body octet by octet": (begun["half a body"], _BODY[1:]),
        "a chunk octet by octet": (begun["half a chunk"], _BODY[5:]),
    }
