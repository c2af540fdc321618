"""What no client of gRPC would send, as data: each with what a sound server makes of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from assay.core.errors import AssayError, accepted
from assay.grpc.framing import framed
from assay.grpc.http2 import Header
from assay.grpc.probe import PREFACE, HostileAnswer, frame

_DATA, _HEADERS, _PRIORITY, _RESET, _SETTINGS, _PUSH, _PING, _GOAWAY, _WINDOW, _CONTINUATION = range(10)
_END, _END_HEADERS, _PADDED = 1, 4, 8
# What it is pressed to has to fit into the first window of a stream.
_BOMB = 48 << 20


@dataclass(frozen=True)
class Shape:
    """The good form of a call, which each row spoils in one place."""

    headers: tuple[Header, ...]
    message: bytes

    def head(
        self,
        *more: tuple[str | bytes, str | bytes],
        end: bool = False,
        without: str = "",
        first: bool = False,
    ) -> bytes:
        """The frame HEADERS with more headers, or `without` one; `first` puts them before the others."""
        own = [(name, value) for name, value in self.headers if name != without]
        block = _block([*more, *own] if first else [*own, *more])
        return frame(_HEADERS, block, _END_HEADERS | (_END if end else 0), 1)

    def data(self, octets: bytes | None = None, end: bool = True) -> bytes:
        """The message in frames DATA, or other octets in its place."""
        whole = framed(self.message) if octets is None else octets
        pieces = [whole[at : at + 16_384] for at in range(0, len(whole), 16_384)] or [b""]
        return b"".join(
            frame(_DATA, piece, _END if end and number == len(pieces) else 0, 1)
            for number, piece in enumerate(pieces, 1)
        )

    def changed(self, name: str, value: str) -> bytes:
        """The whole call with another value of a header."""
        own = [(key, value if key == name else old) for key, old in self.headers]
        return frame(_HEADERS, _block(own), _END_HEADERS, 1) + self.data()


Build = Callable[[Shape], bytes]
Judge = Callable[[HostileAnswer], bool]

SURVIVED = "survived"
# What a sound server makes of a row: the words that a log shows, and how it is seen.
EXPECTED: dict[str, Judge] = {
    "accepted": lambda seen: seen.accepted,
    "refused": lambda seen: seen.refused,
    "refused as a message": lambda seen: seen.code in ("INTERNAL", "INVALID_ARGUMENT") or bool(seen.resets),
    "refused or accepted": lambda seen: seen.refused or bool(seen.code),
    "the connection ended": lambda seen: bool(seen.goaway) or seen.closed,
    SURVIVED: lambda seen: True,
}


@dataclass(frozen=True)
class Hostile:
    """One row: what is sent, what it should come to, and where that is said. `preface` is what a connection begins with."""

    name: str
    group: str
    expected: str
    build: Build
    source: str = ""
    preface: bytes = PREFACE

    def judged(self, strictly: bool) -> Hostile:
        """The row as it is judged: where large implementations differ, it has to be survived only, unless strictly."""
        return self if strictly or self.name not in _LOOSE else replace(self, expected=SURVIVED)

    def held(self, seen: HostileAnswer) -> bool:
        """Whether what came back is what a sound server says."""
        return EXPECTED[self.expected](seen)

    def __str__(self) -> str:
        return self.name


def _block(headers: list[tuple[str | bytes, str | bytes]] | list[Header]) -> bytes:
    """A header block without compression (RFC 7541, 6.2.3), which takes any octets."""
    return b"".join(b"\x10" + _string(name) + _string(value) for name, value in headers)


def _string(value: str | bytes) -> bytes:
    octets = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return _number(len(octets), 7) + octets


def _number(value: int, bits: int) -> bytes:
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    found, value = bytearray([most]), value - most
    while value >= 128:
        found.append(value % 128 | 128)
        value //= 128
    return bytes([*found, value])


@cache
def _bomb() -> bytes:
    """Many zeros as gzip, which has a thousandth of that size."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1 << 20)
    return b"".join([*(press.compress(piece) for _ in range(_BOMB >> 20)), press.flush()])


def _flagged(octets: bytes, flag: int = 1, size: int | None = None) -> bytes:
    return bytes([flag]) + (len(octets) if size is None else size).to_bytes(4, "big") + octets


def _spoilt(octets: bytes) -> Build:
    """The good message with octets after it."""
    return lambda good: good.head() + good.data(framed(good.message + octets))


def _long(name: str, size: int) -> Build:
    def build(good: Shape) -> bytes:
        block = _block([*good.headers, (name, "x" * size)])
        first, *rest = [block[at : at + 16_384] for at in range(0, len(block), 16_384)]
        frames = [frame(_HEADERS, first, 0 if rest else _END_HEADERS, 1)]
        frames += [
            frame(_CONTINUATION, piece, _END_HEADERS if number == len(rest) else 0, 1)
            for number, piece in enumerate(rest, 1)
        ]
        return b"".join(frames) + good.data()

    return build


def _with(name: str | bytes, value: str | bytes) -> Build:
    return lambda good: good.head((name, value)) + good.data()


def _framed(octets: bytes) -> Build:
    """A frame before the good call."""
    return lambda good: octets + good.head() + good.data()


_MALFORMED = "RFC 9113, 8.1.1 and 8.2"
_GRPC = "gRPC over HTTP/2, Requests"
_PROTOBUF = "Protocol Buffers Encoding; statuscodes.md"
_FRAMES = "RFC 9113, 6"

_MESSAGES = (
    ("a tag without its value", "refused as a message", _spoilt(b"\x08"), _PROTOBUF),
    ("a length that goes beyond the end", "refused as a message", _spoilt(b"\xfa\x07\x7fx"), _PROTOBUF),
    ("a varint of eleven octets", "refused as a message", _spoilt(b"\xf8\x07" + b"\xff" * 10 + b"\x01"), _PROTOBUF),
    ("wire type 7", "refused as a message", _spoilt(b"\xff\x07"), _PROTOBUF),
    ("field number 0", "refused as a message", _spoilt(b"\x00\x01"), _PROTOBUF),
    ("the end of a group that never began", "refused as a message", _spoilt(b"\xfc\x07"), _PROTOBUF),
    ("a group that never ends", "refused as a message", _spoilt(b"\xfb\x07"), _PROTOBUF),
    ("groups nested 10000 deep", "refused or accepted", _spoilt(b"\xfb\x07" * 10_000 + b"\xfc\x07" * 10_000), "CWE-674"),
    ("every field in the wrong wire type", "refused or accepted",
     _spoilt(b"".join(bytes([number << 3 | 5]) + bytes(4) for number in range(1, 16))), _PROTOBUF),
    ("an unknown field", "accepted", _spoilt(b"\xf8\x7f\x01"), _PROTOBUF),
    ("a length of 2^31 and nothing after it", "refused",
     lambda good: good.head() + good.data(_flagged(b"", 0, 1 << 31)), "Length-Prefixed-Message; CWE-789"),
    ("a length of 2^32-1 and some octets", "refused",
     lambda good: good.head() + good.data(_flagged(bytes(100), 0, (1 << 32) - 1)), "Length-Prefixed-Message; CWE-789"),
    ("a message cut off by the end of the stream", "refused",
     lambda good: good.head() + good.data(framed(good.message + bytes(9))[:-3]), "Length-Prefixed-Message"),
    ("half a length", "refused", lambda good: good.head() + good.data(b"\0\0"), "Length-Prefixed-Message"),
    ("no message at all", "refused", lambda good: good.head(end=True), "statuscodes.md"),
    ("two messages where one belongs", "refused",
     lambda good: good.head() + good.data(framed(good.message) * 2), "statuscodes.md"),
    ("compressed without saying how", "refused",
     lambda good: good.head() + good.data(_flagged(good.message + b"x")), "compression.md"),
    ("compressed in a way that nobody knows", "refused",
     lambda good: good.head(("grpc-encoding", "snail")) + good.data(_flagged(b"x" * 9)), "compression.md"),
    ("compressed garbage", "refused",
     lambda good: good.head(("grpc-encoding", "gzip")) + good.data(_flagged(b"\x1f\x8b\x08" + b"x" * 30)), "compression.md"),
    ("a compressed flag of 2", "refused", lambda good: good.head() + good.data(_flagged(good.message, 2)),
     "Length-Prefixed-Message"),
    ("a decompression bomb of 48 MiB", "refused",
     lambda good: good.head(("grpc-encoding", "gzip")) + good.data(_flagged(_bomb())), "CWE-409"),
)  # fmt: skip

_METADATA = (
    ("an upper-case name", "refused", _with("X-Upper", "x"), _MALFORMED),
    ("a space in a name", "refused", _with("x y", "x"), _MALFORMED),
    ("a colon in a name", "refused", _with("x:y", "x"), _MALFORMED),
    ("an empty name", "refused", _with("", "x"), _MALFORMED),
    ("CR LF in a value", "refused", _with("x-split", "a\r\ngrpc-status: 0"), f"{_MALFORMED}; CWE-113"),
    ("a NUL in a value", "refused", _with("x-nul", "a\0b"), _MALFORMED),
    ("a pseudo-header that nobody knows", "refused", lambda good: good.head((":x", "y"), first=True) + good.data(),
     "RFC 9113, 8.3"),
    ("a pseudo-header after the others", "refused", _with(":authority", "other"), "RFC 9113, 8.3"),
    ("two paths", "refused", lambda good: good.head((":path", "/other"), first=True) + good.data(), "RFC 9113, 8.3.1"),
    ("no path", "refused", lambda good: good.head(without=":path") + good.data(), "RFC 9113, 8.3.1"),
    ("an empty path", "refused", lambda good: good.changed(":path", ""), "RFC 9113, 8.3.1"),
    ("no method", "refused", lambda good: good.head(without=":method") + good.data(), "RFC 9113, 8.3.1"),
    ("the method GET", "refused", lambda good: good.changed(":method", "GET"), _GRPC),
    ("connection: close", "refused", _with("connection", "close"), "RFC 9113, 8.2.2"),
    ("a content type that is not gRPC's", "refused", lambda good: good.changed("content-type", "text/plain"), _GRPC),
    ("a content type that begins like gRPC's", "refused",
     lambda good: good.changed("content-type", "application/grpcx"), _GRPC),
    ("a timeout that is no number", "refused or accepted", _with("grpc-timeout", "soon"), _GRPC),
    ("a timeout of nine digits", "refused or accepted", _with("grpc-timeout", "999999999H"), _GRPC),
    ("a negative timeout", "refused or accepted", _with("grpc-timeout", "-1S"), _GRPC),
    ("no te: trailers", "refused or accepted", lambda good: good.head(without="te") + good.data(), _GRPC),
    ("a reserved name", "refused or accepted", _with("grpc-assay", "x"), "gRPC over HTTP/2, Custom-Metadata"),
    ("a status in the request", "refused or accepted", _with("grpc-status", "0"), "gRPC over HTTP/2, Custom-Metadata"),
    ("no base64 in a binary value", "refused or accepted", _with("x-odd-bin", "!!*!!"), "gRPC over HTTP/2, Binary-Header"),
    ("one character of base64", "refused or accepted", _with("x-odd-bin", "A"), "gRPC over HTTP/2, Binary-Header"),
    ("octets that are no ASCII", "refused or accepted", _with("x-odd", b"\xff\xfe"), "gRPC over HTTP/2, ASCII-Value"),
    ("a name twice", "accepted", lambda good: good.head(("x-twice", "a"), ("x-twice", "b")) + good.data(),
     "gRPC over HTTP/2, Custom-Metadata"),
    ("a value of 64 KiB", "refused or accepted", _long("x-long", 64 << 10), "gRPC over HTTP/2, 8 KiB suggested"),
    ("a value of 32 MiB", "refused", _long("x-long", 32 << 20), "CWE-770"),
)  # fmt: skip

_FRAMES_ROWS = (
    ("DATA with padding", "accepted",
     lambda good: good.head() + frame(_DATA, b"\x20" + framed(good.message) + bytes(32), _END | _PADDED, 1), "RFC 9113, 6.1"),
    ("DATA in frames of one octet with padding", "accepted",
     lambda good: good.head() + b"".join(frame(_DATA, bytes([3, one, 0, 0, 0]), _PADDED, 1) for one in framed(good.message))
     + frame(_DATA, b"", _END, 1), "http2-interop-test-descriptions.md, data_frame_padding"),
    ("a frame of a kind that nobody knows", "accepted", _framed(frame(0x42, b"hello")), "RFC 9113, 5.5"),
    ("a setting that nobody knows", "accepted", _framed(frame(_SETTINGS, b"\x42\x42" + bytes(4))), "RFC 9113, 6.5.2"),
    ("padding longer than the frame", "the connection ended",
     lambda good: good.head() + frame(_DATA, b"\xff" + b"x" * 8, _END | _PADDED, 1), "RFC 9113, 6.1"),
    ("DATA on stream 0", "the connection ended", _framed(frame(_DATA, b"x")), "RFC 9113, 6.1"),
    ("HEADERS on stream 0", "the connection ended", _framed(frame(_HEADERS, b"\x88", _END_HEADERS)), "RFC 9113, 6.2"),
    ("HEADERS on an even stream", "the connection ended",
     lambda good: frame(_HEADERS, _block([*good.headers]), _END_HEADERS, 2), "RFC 9113, 5.1.1"),
    ("DATA on a stream that never began", "the connection ended", _framed(frame(_DATA, b"x", 0, 9)), "RFC 9113, 5.1"),
    ("a reset of a stream that never began", "the connection ended", _framed(frame(_RESET, bytes(4), 0, 9)), "RFC 9113, 6.4"),
    ("CONTINUATION without HEADERS", "the connection ended", _framed(frame(_CONTINUATION, b"\x88", _END_HEADERS, 1)),
     "RFC 9113, 6.10"),
    ("HEADERS that are interrupted", "the connection ended",
     lambda good: frame(_HEADERS, _block([*good.headers]), 0, 1) + frame(_PING, bytes(8)), "RFC 9113, 6.2"),
    ("an index of HPACK that does not exist", "the connection ended", _framed(frame(_HEADERS, b"\xff\xff\x7f", _END_HEADERS, 1)),
     "RFC 7541, 2.3.3"),
    ("a string of HPACK that goes beyond the end", "the connection ended",
     _framed(frame(_HEADERS, b"\x10\x7f\xff\x7fx", _END_HEADERS, 1)), "RFC 9113, 4.3"),
    ("SETTINGS of five octets", "the connection ended", _framed(frame(_SETTINGS, bytes(5))), "RFC 9113, 6.5"),
    ("SETTINGS that acknowledge and say something", "the connection ended", _framed(frame(_SETTINGS, bytes(6), 1)),
     "RFC 9113, 6.5"),
    ("a window of more than 2^31-1 in SETTINGS", "the connection ended",
     _framed(frame(_SETTINGS, b"\0\x04\xff\xff\xff\xff")), "RFC 9113, 6.5.2"),
    ("a frame size of 1 in SETTINGS", "the connection ended", _framed(frame(_SETTINGS, b"\0\x05\0\0\0\x01")),
     "RFC 9113, 6.5.2"),
    ("PING of seven octets", "the connection ended", _framed(frame(_PING, bytes(7))), "RFC 9113, 6.7"),
    ("PING on a stream", "the connection ended", _framed(frame(_PING, bytes(8), 0, 1)), "RFC 9113, 6.7"),
    ("a window that grows by nothing", "the connection ended", _framed(frame(_WINDOW, bytes(4))), "RFC 9113, 6.9"),
    ("a window that grows beyond 2^31-1", "the connection ended", _framed(frame(_WINDOW, b"\x7f\xff\xff\xff")),
     "RFC 9113, 6.9.1"),
    ("a frame larger than is allowed", "the connection ended", _framed(frame(_DATA, bytes(1 << 20), 0, 1, (1 << 24) - 1)),
     "RFC 9113, 4.2"),
    ("PUSH_PROMISE from a client", "the connection ended", _framed(frame(_PUSH, bytes(4) + b"\x88", _END_HEADERS, 1)),
     "RFC 9113, 8.4"),
    ("DATA after the end of the stream", "refused or accepted", lambda good: good.head() + good.data() + good.data(),
     "RFC 9113, 5.1"),
    ("a reset after the headers", SURVIVED, lambda good: good.head() + frame(_RESET, b"\0\0\0\x08", 0, 1),
     "http2-interop-test-descriptions.md"),
    ("a reset amid a message", SURVIVED,
     lambda good: good.head() + good.data(framed(good.message + b"x")[:-1], end=False) + frame(_RESET, b"\0\0\0\x08", 0, 1),
     "http2-interop-test-descriptions.md"),
    ("a reset after the message", SURVIVED,
     lambda good: good.head() + good.data(end=False) + frame(_RESET, b"\0\0\0\x08", 0, 1),
     "http2-interop-test-descriptions.md"),
    ("GOAWAY after the call", "refused or accepted", lambda good: good.head() + good.data() + frame(_GOAWAY, bytes(8)),
     "RFC 9113, 6.8"),
)  # fmt: skip

# Where grpc-go or the core of C++, Python and Ruby do otherwise than the specification says, or say nothing: judged only
# where somebody asks for strictness, and survived in any case.
_LOOSE = frozenset({
    "no message at all", "two messages where one belongs", "a compressed flag of 2", "CR LF in a value", "a NUL in a value",
    "two paths", "connection: close", "a content type that is not gRPC's", "a content type that begins like gRPC's",
    "DATA with padding", "DATA in frames of one octet with padding", "padding longer than the frame", "DATA on stream 0",
    "HEADERS on stream 0", "HEADERS on an even stream", "DATA on a stream that never began",
    "a reset of a stream that never began", "PING on a stream", "a frame size of 1 in SETTINGS",
    "a window that grows beyond 2^31-1", "PUSH_PROMISE from a client",
    # What the asyncio server of grpcio waits for until the connection ends.
    "a message cut off by the end of the stream", "half a length",
})  # fmt: skip

_GROUPS = {"message": _MESSAGES, "metadata": _METADATA, "frames": _FRAMES_ROWS}


def rows(group: str) -> list[Hostile]:
    """The rows of a group: `message`, `metadata` or `frames`."""
    if group not in _GROUPS:
        raise AssayError(f"unknown group '{group}'{accepted(group, _GROUPS)}")
    found = [
        Hostile(name, group, expected, build, source) for name, expected, build, source in _GROUPS[group]
    ]
    if group == "frames":
        found.append(
            Hostile(
                "a preface of HTTP/1.1",
                group,
                "the connection ended",
                lambda good: b"",
                "RFC 9113, 3.4",
                b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            )
        )
    return found


def row(name: str) -> Hostile:
    """The row of a name, of whatever group."""
    every = {one.name: one for group in _GROUPS for one in rows(group)}
    if name not in every:
        raise AssayError(f"unknown row '{name}'{accepted(name, every)}")
    return every[name]
