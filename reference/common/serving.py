"""Runs a web service on a socket that is already bound, and says when it answers."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from reference.common import framing, problems, web

_LARGEST_HEAD = 65536

PEER_CERTIFICATE = "peer_certificate"


class ProblemProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, answering what is not HTTP with a problem document and what never comes with an end."""

    arrival_seconds = web.ARRIVAL_SECONDS

    def __init__(self, config: uvicorn.Config, *others: Any, **named: Any) -> None:
        super().__init__(config, *others, **named)
        self.conn = framing.StrictConnection(h11.SERVER, _LARGEST_HEAD)
        self._late: asyncio.TimerHandle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keeps the client's certificate (DER), which the handshake has accepted, for every request, and waits for one."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        self.app_state = {**self.app_state, PEER_CERTIFICATE: certificate}
        self._expect_a_request()

    def data_received(self, data: bytes) -> None:
        """Reads on; a request that has begun is waited for no longer than one that has not."""
        if self._late is None and self.conn.their_state is h11.IDLE:
            self._expect_a_request()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        if self._rest is not None:
            self._read_past(len(data))

    def on_response_complete(self) -> None:
        """Goes on, where nobody reads the body of a request that has its answer, only while the rest of it comes."""
        super().on_response_complete()
        if self._rest_is_due() and not self.transport.is_closing():
            self.expect_the_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no longer."""
        self._stop_waiting()
        self._stop_reading_past()
        super().connection_lost(exc)

    def expect_the_rest(self) -> None:
        """Has a body arrive in its time, though nobody reads it; closing at once could lose the answer on its way."""
        self._unread = 0
        self._rest = self.loop.call_later(self.arrival_seconds, self.transport.close)

    def _rest_is_due(self) -> bool:
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _read_past(self, octets: int) -> None:
        self._unread += octets
        if not self._rest_is_due():
            self._stop_reading_past()
            if self.conn.their_state is h11.IDLE:
                self._unset_keepalive_if_required()
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
        elif self._unread > web.DRAINED_AT_MOST:
            self.transport.close()

    def _stop_reading_past(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _expect_a_request(self) -> None:
        self._late = self.loop.call_later(self.arrival_seconds, self.give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def give_up(self) -> None:
        """Ends a connection on which no whole head of a request has come in time."""
        self._late = None
        if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Says that the request could not be read, and closes."""
        body, request_id = problems.document(problems.Problem("malformed-request")), web.new_request_id()
        headers = [
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *web.safe_headers(self.scheme == "https"),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        web.log_unreadable(request_id, self.client[0] if self.client else None)


class Server(uvicorn.Server):
    """A server that calls back once it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then says so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


class Guest(Server):
    """A server in a process that has others: it ends when `should_exit` is set, and leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes no signal."""
        yield


def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None],
    tls: ssl.SSLContext | None = None,
    arrival_seconds: float = web.ARRIVAL_SECONDS,
) -> None:
    """Serves until told to stop by SIGTERM; what is under way gets two seconds to end."""
    begin_logging()
    Server(configuration(app, tls, arrival_seconds), ready).run(sockets=[listener])


def begin_logging() -> None:
    """Has the lines of the service go to its standard error, with the time."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("assay").setLevel(logging.INFO)


def configuration(
    app: ASGIApp, tls: ssl.SSLContext | None = None, arrival_seconds: float = web.ARRIVAL_SECONDS
) -> uvicorn.Config:
    """How uvicorn is to serve an application of this platform."""
    protocol = type("Protocol", (ProblemProtocol,), {"arrival_seconds": arrival_seconds})
    options: dict[str, Any] = {"ssl_context_factory": lambda config, default: tls} if tls else {}
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        backlog=2048,
        **options,
    )
