"""One connection of HTTP/2 on which any frames may be sent, and what comes back on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assay.grpc import framing, metadata
from assay.grpc.answers import code_name
from assay.grpc.http2 import Header, connected
from assay.grpc.settings import Endpoint

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ERRORS = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip
_HEAD = 9
_MOMENT = 0.1
MAX_STREAMS = 3


@dataclass
class HostileAnswer:
    """What came back on a connection.

    `headers` and `trailers` are pairs, of the stream that was asked about; `code` is its status of gRPC and `status` that of
    HTTP. `resets` has each stream that the server reset with the name of the error, `goaway` the error's name and what was said
    with it. `closed` tells whether the server ended the connection.
    """

    headers: list[Header] = field(default_factory=list)
    trailers: list[Header] = field(default_factory=list)
    body: bytes = b""
    resets: dict[int, str] = field(default_factory=dict)
    goaway: str = ""
    closed: bool = False
    pongs: int = 0
    settings: dict[int, int] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    seconds: float = 0.0
    sent: int = 0

    @property
    def code(self) -> str:
        """The name of the status, empty where none came."""
        number = self._value("grpc-status")
        return code_name(int(number)) if number.isdigit() else ""

    @property
    def status(self) -> int | None:
        """The status of HTTP."""
        number = self._value(":status")
        return int(number) if number.isdigit() else None

    @property
    def accepted(self) -> bool:
        """Whether the call succeeded."""
        return self.code == "OK"

    @property
    def refused(self) -> bool:
        """Whether the call was refused in any way: a status, a reset, the end of the connection."""
        plain = self.status is not None and self.status >= 400
        return not self.accepted and bool(self.code or plain or self.resets or self.goaway or self.closed)

    def summary(self) -> str:
        """What came back, in a few words."""
        said = framing.message_of(self._value("grpc-message"))
        told = [f"{self.code}{f' ({said})' if said else ''}" if self.code else ""]
        if self.status not in (None, 200):
            told.append(f"HTTP status {self.status}")
        if self.resets:
            kinds = sorted(set(self.resets.values()))
            told.append(
                f"RST_STREAM {', '.join(kinds)}" + (f" of {len(self.resets)}" if len(self.resets) > 1 else "")
            )
        told.append(f"GOAWAY {self.goaway}" if self.goaway else "")
        told.append("connection closed" if self.closed else "")
        return ", ".join(one for one in told if one) or "no answer"

    def __str__(self) -> str:
        return f"<{self.summary()}>"

    def _value(self, name: str) -> str:
        return next((value for key, value in (*self.trailers, *self.headers) if key == name), "")


class Probe:
    """Sends octets to a server and takes apart what it says; nothing here minds the protocol but the reading."""

    def __init__(self, endpoint: Endpoint, seconds: float, stream: int = 1) -> None:
        from hpack import Decoder

        self.seen = HostileAnswer()
        self._stream = stream
        self._decoder = Decoder()
        self._decoder.max_header_list_size = 1 << 24
        self._octets = bytearray()
        self._block = bytearray()
        self._began = time.monotonic()
        self._sock = connected(endpoint, seconds)

    def greet(self, settings: bytes = b"", preface: bytes = PREFACE) -> None:
        """Sends the preface and settings, and allows the server to say much."""
        self.send(preface + frame(4, settings) + frame(8, (1 << 24).to_bytes(4, "big")))

    def send(self, octets: bytes, seconds: float = 5.0) -> bool:
        """Sends octets; false when the server has ended the connection."""
        self._sock.settimeout(seconds)
        try:
            self._sock.sendall(octets)
        except OSError:
            # What it said before it ended is still to be read.
            self.seen.closed = True
            return False
        return True

    def listen(self, seconds: float, over: Callable[[HostileAnswer], bool] | None = None) -> HostileAnswer:
        """What comes until it is over (the call has ended, by default), the connection has, or the time is."""
        done = over or self._is_over
        ends, extended = time.monotonic() + seconds, False
        while (left := ends - time.monotonic()) > 0:
            if done(self.seen) and not extended:
                # A moment is enough to see whether the connection ends with it.
                ends, extended = min(ends, time.monotonic() + _MOMENT), True
                continue
            self._sock.settimeout(left)
            try:
                octets = self._sock.recv(1 << 16)
            except TimeoutError:
                break
            except OSError:
                octets = b""
            if not octets:
                self.seen.closed = True
                break
            self._take(octets)
        self.seen.seconds = time.monotonic() - self._began
        return self.seen

    def close(self) -> None:
        """Ends the connection."""
        self._sock.close()

    def _is_over(self, seen: HostileAnswer) -> bool:
        return self._stream in seen.answered or self._stream in seen.resets or bool(seen.goaway)

    def _take(self, octets: bytes) -> None:
        self._octets += octets
        while len(self._octets) >= _HEAD:
            size = int.from_bytes(self._octets[:3], "big")
            if len(self._octets) < _HEAD + size:
                return
            kind, flags = self._octets[3], self._octets[4]
            stream = int.from_bytes(self._octets[5:9], "big") & 0x7FFFFFFF
            body = bytes(self._octets[_HEAD : _HEAD + size])
            del self._octets[: _HEAD + size]
            self._note(kind, flags, stream, body)

    def _note(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        seen = self.seen
        if kind in (1, 9):
            self._headers(kind, flags, stream, body)
        elif kind == 0 and stream == self._stream:
            seen.body += body[1 : len(body) - body[0]] if flags & 8 and body else body
        elif kind == 3:
            seen.resets[stream] = _error(body)
        elif kind == 4 and not flags & 1:
            for at in range(0, len(body) - 5, 6):
                seen.settings[int.from_bytes(body[at : at + 2], "big")] = int.from_bytes(
                    body[at + 2 : at + 6], "big"
                )
            self.send(frame(4, flags=1))
        elif kind == 6 and flags & 1:
            seen.pongs += 1
        elif kind == 6:
            self.send(frame(6, body, flags=1))
        elif kind == 7:
            said = body[8:].decode("utf-8", "replace")
            seen.goaway = f"{_error(body[4:])}{f' ({said})' if said else ''}"
        if kind in (0, 1) and flags & 1:
            seen.answered.add(stream)

    def _headers(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        if kind == 1:
            if flags & 8 and body:
                body = body[1 : len(body) - body[0]]
            self._block = bytearray(body[5:] if flags & 0x20 else body)
        else:
            self._block += body
        if not flags & 4:
            return
        decoded = self._decoder.decode(bytes(self._block), raw=True)
        if stream == self._stream:
            pairs = [(_text(name), _text(value)) for name, value in decoded]
            if self.seen.headers:
                self.seen.trailers = pairs
            else:
                self.seen.headers = pairs


def frame(kind: int, body: bytes = b"", flags: int = 0, stream: int = 0, size: int | None = None) -> bytes:
    """A frame (RFC 9113, 4.1); `size` may lie."""
    length = len(body) if size is None else size
    return length.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def shown_headers(seen: HostileAnswer) -> list[Header]:
    """Headers and trailers as a log shows them."""
    return metadata.shown(metadata.decoded([*seen.headers, *seen.trailers]))


def _error(body: bytes) -> str:
    number = int.from_bytes(body[:4], "big")
    return ERRORS[number] if number < len(ERRORS) else str(number)


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "surrogateescape")
