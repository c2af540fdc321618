"""A thin HTTP client: kept connections, one deadline for a whole answer, the caller's address."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from assay.core import reach
from assay.core.reach import Way

LARGEST_ANSWER = 64_000_000
PROXY_AUTHENTICATION = 407
_IDLE = 2.0
_DIRECT = Way()


class Unanswered(Exception):
    """There was no whole HTTP answer; the text says why, in words that follow 'did not answer: '."""


class CertificateRefused(Unanswered):
    """The other side ended the TLS handshake after a client certificate, or none, was shown."""


@dataclass(slots=True)
class Answer:
    """What came back, as it was."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float


@dataclass
class _Connection:
    talk: http.client.HTTPConnection
    sock: Any
    used: float  # when its last answer was read, 0 before the first


class _Deadline:
    """Makes every wait of a socket end at the same moment, so that slow drops of bytes do not prolong it."""

    ends: float = 0.0

    def _left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class _Socket(_Deadline, socket.socket):
    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(self._left())
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self.settimeout(self._left())
        super().sendall(*arguments, **named)


class _TlsSocket(_Deadline, ssl.SSLSocket):
    def recv_into(self, *arguments: Any, **named: Any) -> int:
        if self.ends:
            self.settimeout(self._left())
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        if self.ends:
            self.settimeout(self._left())
        super().sendall(*arguments, **named)


class Client:
    """Sends requests and keeps connections, each thread its own."""

    def __init__(self) -> None:
        self._kept = threading.local()

    def send(
        self,
        url: str,
        method: str,
        headers: list[tuple[str, str]],
        body: bytes | None,
        seconds: float,
        source: str | None = None,
        way: Way = _DIRECT,
    ) -> Answer:
        """One request and its whole answer, no redirects followed.

        `seconds` is the time for everything: connecting, sending, and the last byte of the answer. Raises Unanswered;
        CertificateRefused where the handshake was refused for a certificate that is on trial.
        """
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        through = way.proxy if parts.scheme == "http" else None
        if through:
            path = f"http://{parts.netloc}{path}"
            headers = [*headers, *_asking(through)]
        started = time.monotonic()
        ends = started + seconds
        key = (parts.scheme, parts.netloc, source, way)
        on_trial = way.certificate is not None and way.certificate.on_trial
        try:
            connection = self._take(key) or self._open(url, source, way, ends)
        except (OSError, ssl.SSLError) as error:
            raise _unanswered(error, seconds, shown=on_trial) from error
        connection.sock.ends = ends
        try:
            answer = self._exchange(connection, method, path, headers, body)
        except (OSError, ssl.SSLError, http.client.HTTPException) as error:
            connection.talk.close()
            raise _unanswered(error, seconds, shown=on_trial and not connection.used) from error
        except BaseException:
            connection.talk.close()
            raise
        if through and answer.status == PROXY_AUTHENTICATION:
            connection.talk.close()
            raise Unanswered(f"the proxy {through.url} asks who wants that: it answered {answer.status}")
        answer.seconds = time.monotonic() - started
        if connection.talk.sock is not None:
            connection.used = time.monotonic()
            self._pool()[key] = connection
        return answer

    def connect(self, url: str, seconds: float, source: str | None = None, way: Way = _DIRECT) -> None:
        """Makes the connection that this thread's next request will use. Raises Unanswered."""
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc, source, way)
        try:
            self._pool()[key] = self._open(url, source, way, time.monotonic() + seconds)
        except (OSError, ssl.SSLError) as error:
            raise Unanswered(_reason(error, seconds)) from error

    def close(self) -> None:
        """Closes what this thread keeps."""
        pool = self._pool()
        for connection in pool.values():
            connection.talk.close()
        pool.clear()

    def _pool(self) -> dict[Any, _Connection]:
        pool: dict[Any, _Connection] | None = getattr(self._kept, "pool", None)
        if pool is None:
            pool = self._kept.pool = {}
        return pool

    def _take(self, key: Any) -> _Connection | None:
        connection = self._pool().pop(key, None)
        if connection is None:
            return None
        # An idle connection that can be read from was closed by the service, and soon-to-be-closed ones lose requests.
        idle = time.monotonic() - connection.used if connection.used else 0.0
        if idle < _IDLE and not select.select([connection.sock], [], [], 0)[0]:
            return connection
        connection.talk.close()
        return None

    def _open(self, url: str, source: str | None, way: Way, ends: float) -> _Connection:
        host, port = reach.host_and_port(url)
        secure = url.startswith("https:")

        def make(family: int) -> socket.socket:
            made = _Socket(family, socket.SOCK_STREAM)
            made.ends = ends
            return made

        plain = reach.connect(url, way, ends, source, secure, make)
        sock: Any = plain
        if secure:
            try:
                sock = reach.context(way, _TlsSocket).wrap_socket(plain, server_hostname=host)
            except BaseException:
                plain.close()
                raise
        talk = http.client.HTTPConnection(host, port)
        talk.sock = sock
        return _Connection(talk, sock, 0.0)

    @staticmethod
    def _exchange(
        connection: _Connection, method: str, path: str, headers: list[tuple[str, str]], body: bytes | None
    ) -> Answer:
        talk = connection.talk
        given = {name.lower() for name, _ in headers}
        talk.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
        for name, value in headers:
            talk.putheader(name, value.encode("utf-8"))
        framed = "content-length" in given or "transfer-encoding" in given
        if not framed and (body is not None or method in ("POST", "PUT", "PATCH")):
            talk.putheader("Content-Length", str(len(body or b"")))
        talk.endheaders(body)
        response = talk.getresponse()
        return Answer(response.status, response.getheaders(), _content(response), 0.0)


def _content(response: http.client.HTTPResponse) -> bytes:
    if response.length is not None and response.length <= LARGEST_ANSWER:
        return response.read()
    # Without a length, or with one too large, it is taken in pieces, so that no answer fills the memory.
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(1_000_000):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise OSError(f"its answer is larger than {LARGEST_ANSWER // 1_000_000} MB")
    return b"".join(pieces)


def _unanswered(error: Exception, seconds: float, shown: bool) -> Unanswered:
    """Why there was no answer. In TLS 1.3 a server judges a certificate that was shown after the client is done, and
    many end a new connection then without the alert that they could send (RFC 8446, 4.4.2.4)."""
    ended = isinstance(error, ConnectionError | ssl.SSLEOFError)
    alert = isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "")
    return (CertificateRefused if shown and (ended or alert) else Unanswered)(_reason(error, seconds))


def _asking(proxy: reach.Proxy) -> list[tuple[str, str]]:
    """What a proxy wants to know of who asks it; no log shows it, since it is not for the service."""
    return [("Proxy-Authorization", proxy.authorization)] if proxy.authorization else []


def _reason(error: BaseException, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no whole answer after {seconds:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return f"it closed the connection after {len(error.partial)} bytes of the answer's body"
    if isinstance(error, http.client.HTTPException):
        return f"what it sent is not HTTP ({type(error).__name__}: {str(error)[:80]})"
    if isinstance(error, ssl.SSLError) and "CERTIFICATE_REQUIRED" in (error.reason or ""):
        return "TLS failed: it asks for a client certificate, which the target does not name (client_certificate)"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved ({error.strerror})"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
