"""The standard health service, grpc.health.v1 (health-checking.md)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from assay.core.errors import NoAnswer
from assay.evidence import live
from assay.evidence.expect import Unmet
from assay.grpc.answers import Outcome
from assay.grpc.channel import Channel
from assay.grpc.settings import Asking

_CHECK = "/grpc.health.v1.Health/Check"
_WATCH = "/grpc.health.v1.Health/Watch"
UNKNOWN_SERVICE = "SERVICE_UNKNOWN"


def check(channel: Channel, service: str, seconds: float) -> str:
    """What the server says of a service: SERVING, NOT_SERVING, UNKNOWN, or SERVICE_UNKNOWN where it knows none of that name.

    Raises Unmet for any other outcome.
    """
    body, outcome, took = channel.standard.unary(_CHECK, _question(service), Asking(deadline=seconds))
    live.count_exchange(took)
    if outcome.code == "OK" and body is not None:
        return _status(body)
    if outcome.code == "NOT_FOUND":
        return UNKNOWN_SERVICE
    raise _refused(channel, outcome, seconds)


def watch(channel: Channel, service: str, seconds: float) -> Iterator[str]:
    """Each health that the server tells of a service, from now on, until the time is over."""
    ends = time.monotonic() + seconds
    stream = channel.standard.stream(_WATCH, Asking())
    stream.send(_question(service))
    stream.half_close()
    try:
        while True:
            try:
                body = stream.receive(max(0.0, ends - time.monotonic()))
            except TimeoutError:
                return
            if body is None:
                raise _refused(channel, stream.outcome(seconds), seconds)
            yield _status(body)
    finally:
        stream.cancel()


def _question(service: str) -> bytes:
    from grpc_health.v1.health_pb2 import HealthCheckRequest

    return HealthCheckRequest(service=service).SerializeToString()


def _status(body: bytes) -> str:
    from grpc_health.v1.health_pb2 import HealthCheckResponse

    return HealthCheckResponse.ServingStatus.Name(HealthCheckResponse.FromString(body).status)


def _refused(channel: Channel, outcome: Outcome, seconds: float) -> Exception:
    if outcome.code == "DEADLINE_EXCEEDED" and not outcome.said:
        return NoAnswer(f"{channel.endpoint.url} did not tell its health within {seconds:g} s")
    return Unmet(
        "an answer of the health service", f"{outcome.code}: {outcome.message}", channel.endpoint.url
    )
