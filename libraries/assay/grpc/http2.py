"""Calls carried by HTTP/2 of our own: any content-subtype, any address to call from, and sure of what the server said.

What comes is taken while somebody waits for it: one thread at a time uses a connection.
"""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Callable
from typing import Any

from assay.core import reach
from assay.core.waiting import until
from assay.grpc import framing, metadata
from assay.grpc.answers import Outcome, code_name
from assay.grpc.settings import Asking, Endpoint, Options
from assay.grpc.wire import Unreachable

_WINDOW = 1 << 24
_STREAM_WINDOW = 1 << 22
_FOREVER = 86_400.0
_CANCEL = 8

Header = tuple[str, str]


class _Socket(ssl.SSLSocket):
    """A class of its own, so that its context can offer HTTP/2."""


def connected(endpoint: Endpoint, seconds: float) -> Any:
    """A socket to the endpoint, under TLS with h2 agreed where it is secure. Raises Unreachable."""
    ends = time.monotonic() + seconds
    plain = None
    try:
        plain = reach.connect(endpoint.url, endpoint.way, ends, endpoint.source or None)
        if not endpoint.secure:
            return plain
        context = reach.context(endpoint.way, _Socket)
        context.set_alpn_protocols(["h2"])
        return context.wrap_socket(plain, server_hostname=endpoint.server_name or endpoint.host)
    except OSError as error:
        if plain is not None:
            plain.close()
        reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error.strerror
        raise Unreachable(endpoint.url, str(reason or error)) from error


def request_headers(endpoint: Endpoint, path: str, asking: Asking, subtype: str) -> list[Header]:
    """The headers of a call, in the order of the specification (PROTOCOL-HTTP2.md)."""
    found = [(":method", "POST"), (":scheme", "https" if endpoint.secure else "http"), (":path", path)]
    found += [(":authority", endpoint.called), ("te", "trailers")]
    if asking.deadline is not None:
        found.append(("grpc-timeout", framing.timeout(asking.deadline)))
    found.append(("content-type", f"application/grpc{f'+{subtype}' if subtype else ''}"))
    if asking.compression != "none":
        found.append(("grpc-encoding", asking.compression))
    found += [("grpc-accept-encoding", "identity, deflate, gzip"), ("user-agent", "assay")]
    return found + metadata.encoded(asking.metadata)


class Call:
    """One call on a connection, as far as it has come."""

    def __init__(self, deadline: float | None) -> None:
        self.id = 0
        self.headers: list[Header] | None = None
        self.trailers: list[Header] | None = None
        self.octets = bytearray()
        self.ended = False
        self.reset: int | None = None
        self.lost = ""
        self.gave_up = ""
        self.began = time.perf_counter()
        self.took = 0.0
        self.due = time.monotonic() + deadline if deadline is not None else None

    def end(self) -> None:
        """Notes that nothing more comes."""
        if not self.ended:
            self.ended, self.took = True, time.perf_counter() - self.began

    @property
    def encoding(self) -> str:
        """How messages are compressed."""
        return dict(self.headers or ()).get("grpc-encoding", "")

    def outcome(self) -> Outcome:
        """How it ended, by what the server said if it said anything."""
        first, last = self.headers or [], self.trailers or []
        said = dict(first) | dict(last)
        received = metadata.decoded(first) if last else ()
        trailers = metadata.decoded(last or first)
        if (status := said.get("grpc-status", "")).isdigit() and not self.gave_up:
            text = framing.message_of(said.get("grpc-message", ""))
            return Outcome(code_name(int(status)), text, received, trailers)
        return Outcome(*self._unsaid(said.get(":status", "")), received, trailers, said=False)

    def _unsaid(self, status: str) -> tuple[str, str]:
        if self.gave_up:
            return self.gave_up, "given up by the client"
        if self.reset is not None:
            return framing.OF_RESET.get(self.reset, "INTERNAL"), f"RST_STREAM with the code {self.reset}"
        if self.lost:
            return "UNAVAILABLE", self.lost
        if status not in ("", "200"):
            return framing.OF_HTTP.get(int(status), "UNKNOWN"), f"HTTP status {status}"
        return "UNKNOWN", "the stream ended without grpc-status"


class Http2Client:
    """One connection to an endpoint, made when it is needed and again when it was lost."""

    def __init__(self, endpoint: Endpoint, options: Options, subtype: str) -> None:
        self._endpoint = endpoint
        self._options = options
        self._subtype = subtype
        self._sock: Any = None
        self._talk: Any = None
        self._calls: dict[int, Call] = {}
        self._leaving = False

    def unary(self, path: str, message: bytes, asking: Asking) -> tuple[bytes | None, Outcome, float]:
        """One message each way."""
        return self.begin(path, message, asking).finish()

    def begin(self, path: str, message: bytes, asking: Asking) -> Stream:
        """One message each way, awaited later."""
        stream = self.stream(path, asking)
        self.data(stream.call, framing.framed(message, asking.compression), end=True)
        return stream

    def stream(self, path: str, asking: Asking) -> Stream:
        """Any number of messages each way."""
        self._connect()
        call = Call(asking.deadline)
        most = self._talk.remote_settings.max_concurrent_streams
        if not self.wait(call, lambda: self._talk is None or self._talk.open_outbound_streams < most):
            return Stream(self, call, asking)
        self._connect()
        call.id = self._talk.get_next_available_stream_id()
        self._calls[call.id] = call
        headers = request_headers(self._endpoint, path, asking, self._subtype)
        self._talk.send_headers(call.id, [(name.encode(), _octets(value)) for name, value in headers])
        return Stream(self, call, asking)

    def close(self) -> None:
        """Ends the connection, and with it every call."""
        self._lose("the connection was ended by the client")

    def wait(self, call: Call, over: Callable[[], bool], seconds: float = _FOREVER) -> bool:
        """Takes what comes until it is over or the call has ended; false when its deadline passed.

        Raises TimeoutError when the time is over before.
        """
        ends = time.monotonic() + seconds
        self._flush()
        while not over() and not call.ended:
            now = time.monotonic()
            if call.due is not None and now >= call.due:
                self.give_up(call, "DEADLINE_EXCEEDED")
                return False
            if now >= ends:
                raise TimeoutError
            self._take_what_comes(min(ends, call.due or ends) - now)
        return True

    def data(self, call: Call, octets: bytes, end: bool = False) -> None:
        """Sends octets of a call as its window allows, taking meanwhile what comes; `end` says that they are the last."""
        left = memoryview(octets)
        while not call.ended:
            if left and not (self.wait(call, lambda: self._room(call) > 0) and not call.ended):
                return
            size = min(len(left), self._room(call), self._talk.max_outbound_frame_size)
            piece, left = bytes(left[:size]), left[size:]
            self._talk.send_data(call.id, piece, end_stream=end and not left)
            if not left:
                return self._flush()

    def give_up(self, call: Call, code: str) -> None:
        """Resets the stream of a call that nobody waits for any more."""
        if call.ended:
            return
        call.gave_up = code
        call.end()
        if self._talk is not None and self._calls.pop(call.id, None) is not None:
            self._talk.reset_stream(call.id, _CANCEL)
            self._flush()

    def _room(self, call: Call) -> int:
        return int(self._talk.local_flow_control_window(call.id)) if self._talk is not None else 0

    def _connect(self) -> None:
        if self._sock is not None:
            self._take_what_comes(0)
        if self._sock is not None and not self._leaving:
            return
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.settings import SettingCodes

        self._lose("the server is going away")
        self._sock = connected(self._endpoint, self._options.patience)
        self._sock.setblocking(False)
        config = H2Configuration(header_encoding=None, validate_inbound_headers=False)
        self._talk = H2Connection(config)
        self._talk.initiate_connection()
        self._talk.update_settings(
            {SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW, SettingCodes.ENABLE_PUSH: 0}
        )
        self._talk.increment_flow_control_window(_WINDOW)
        self._leaving = False
        # The server's settings come first (RFC 9113, 3.4); they say how many streams it allows.
        greeted = until(self._greeted, self._options.patience, pause=0.001)
        if self._sock is None or greeted is None:
            self._lose("nothing was said")
            raise Unreachable(self._endpoint.url, "it does not speak HTTP/2")

    def _greeted(self) -> bool | None:
        self._flush()
        self._take_what_comes(0.2)
        return True if self._sock is None or self._heard else None

    _heard = False

    def _take_what_comes(self, seconds: float) -> None:
        if self._sock is None:
            return
        pending = getattr(self._sock, "pending", None)
        if not (pending and pending()) and not select.select([self._sock], [], [], max(0.0, seconds))[0]:
            return
        try:
            octets = self._sock.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as error:
            return self._lose(f"the connection was lost: {error.strerror or error}")
        if not octets:
            return self._lose("the server closed the connection")
        from h2.exceptions import ProtocolError

        try:
            for event in self._talk.receive_data(octets):
                self._note(event)
        except ProtocolError as error:
            return self._lose(f"the server broke the protocol: {error}")
        self._flush()

    def _note(self, event: Any) -> None:
        name, call = type(event).__name__, self._calls.get(getattr(event, "stream_id", None) or 0)
        if name == "RemoteSettingsChanged":
            self._heard = True
        elif name == "ConnectionTerminated":
            self._leaving = True
            for id in [one for one in self._calls if one > event.last_stream_id]:
                lost = self._calls.pop(id)
                lost.lost = "the server went away (GOAWAY) before it took the call"
                lost.end()
        elif name == "DataReceived":
            self._talk.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if call is not None:
                call.octets += event.data
        elif call is None:
            return
        elif name == "ResponseReceived":
            call.headers = _texts(event.headers)
        elif name == "TrailersReceived":
            call.trailers = _texts(event.headers)
        elif name in ("StreamEnded", "StreamReset"):
            call.reset = int(event.error_code) if name == "StreamReset" else None
            call.end()
            del self._calls[call.id]

    def _flush(self) -> None:
        if self._sock is None or not (octets := self._talk.data_to_send()):
            return
        left = memoryview(octets)
        while left:
            try:
                left = left[self._sock.send(left) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                select.select([], [self._sock], [], self._options.patience)
            except OSError as error:
                return self._lose(f"the connection was lost: {error.strerror or error}")

    def _lose(self, why: str) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = self._talk = None
        self._heard = False
        for call in self._calls.values():
            call.lost = why
            call.end()
        self._calls.clear()


class Stream:
    """A call on its way, of one message each way or of many."""

    def __init__(self, client: Http2Client, call: Call, asking: Asking) -> None:
        self._client, self.call, self._asking = client, call, asking

    def send(self, message: bytes) -> None:
        """Sends a message."""
        self._client.data(self.call, framing.framed(message, self._asking.compression))

    def half_close(self) -> None:
        """Ends our side."""
        self._client.data(self.call, b"", end=True)

    def receive(self, seconds: float) -> bytes | None:
        """The next message, or None."""
        found: list[bytes] = []

        def there() -> bool:
            message = framing.unframed(self.call.octets, self.call.encoding)
            if message is not None:
                found.append(message)
            return message is not None

        self._client.wait(self.call, there, seconds)
        return found[0] if found or there() else None

    def cancel(self) -> None:
        """Resets the stream."""
        self._client.give_up(self.call, "CANCELLED")

    def outcome(self, seconds: float = _FOREVER) -> Outcome:
        """How it ended."""
        self._client.wait(self.call, lambda: False, seconds)
        return self.call.outcome()

    def finish(self) -> tuple[bytes | None, Outcome, float]:
        """The only message, and how it ended."""
        outcome = self.outcome()
        return self.receive(0), outcome, self.call.took


def _octets(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _texts(headers: Any) -> list[Header]:
    return [(_text(name), _text(value)) for name, value in headers]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
