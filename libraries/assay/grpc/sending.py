"""Sends rows of what no client would send, on connections of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from assay.evidence import live
from assay.grpc import floods
from assay.grpc.channel import Channel
from assay.grpc.hostile import SURVIVED, Hostile, Shape
from assay.grpc.http2 import Header, request_headers
from assay.grpc.metadata import Metadata, pairs
from assay.grpc.probe import HostileAnswer, Probe
from assay.grpc.settings import Asking
from assay.grpc.wire import Unreachable

_SURVIVING = 0.3
_AT_ONCE = 8


def shape(channel: Channel, name: str, message: Mapping[str, Any] | bytes, given: Metadata = None) -> Shape:
    """The good form of a call, as the codec of the channel writes it."""
    method = channel.method(name, unknown=not message or isinstance(message, bytes))
    speaking = channel.speaking
    headers = request_headers(channel.endpoint, method.path, Asking(pairs(given)), speaking.codec.subtype)
    return Shape(tuple(headers), speaking.codec.write(message, method, speaking.texts))


def send(channel: Channel, row: Hostile, good: Shape, seconds: float) -> HostileAnswer:
    """Sends a row on a new connection and returns what came back. Raises Unreachable."""
    probe = Probe(channel.endpoint, channel.options.patience)
    try:
        probe.greet(preface=row.preface)
        probe.send(row.build(good), seconds)
        waiting = min(seconds, _SURVIVING) if row.expected == SURVIVED else seconds
        seen = probe.listen(waiting, over_of(row))
    finally:
        probe.close()
    live.count_exchange(seen.seconds)
    return seen


def send_all(
    channel: Channel, rows: Sequence[Hostile], good: Shape, seconds: float
) -> list[HostileAnswer | Unreachable]:
    """Sends each row, several at a time; one whose connection could not be made has that in its place."""

    def one(row: Hostile) -> HostileAnswer | Unreachable:
        try:
            return send(channel, row, good, seconds)
        except Unreachable as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, rows))


def over_of(row: Hostile) -> Any:
    """What ends the listening: where a connection has to end, the answer of the call does not."""
    if row.expected == "the connection ended":
        return lambda seen: False
    return None


def control(good: Shape) -> Hostile:
    """The good form itself, sent as the rows are."""
    return Hostile("the good form", "", "accepted", lambda shape: shape.head() + shape.data())


def flood(
    channel: Channel, headers: tuple[Header, ...], kind: str, count: int, seconds: float
) -> HostileAnswer:
    """Sends a flood; see `floods.FLOODS` for the kinds."""
    seen = floods.flood(channel.endpoint, headers, kind, count, seconds)
    live.count_exchange(seen.seconds)
    return seen
