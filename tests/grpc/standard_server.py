"""A server of grpcio's own services: health, reflection, channelz. Beside them a few methods that end in odd ways.

Says its port in a line and serves until its input ends. Arguments, as JSON: `chain` and `key` for TLS, `client_ca` for mTLS.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

HEALTH = health.HealthServicer()


def echo(request: bytes, context: Any) -> bytes:
    """What came, and the metadata too."""
    context.send_initial_metadata([
        pair for pair in context.invocation_metadata() if pair[0].startswith("x-")
    ])  # fmt: skip
    return request


def fail(request: bytes, context: Any) -> bytes:
    """Fails with details: some that are known, one that nobody knows."""
    retry = RetryInfo()
    retry.retry_delay.seconds = 3
    known = [
        ErrorInfo(reason="STALE", domain="tests", metadata={"version": "7"}),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="key", description="too long")]),
        retry,
    ]
    status = Status(code=9, message="too late")
    for one in known:
        packed = Packed()
        packed.Pack(one)
        status.details.append(packed)
    status.details.append(Packed(type_url="type.example/tests.Unknown", value=b"\1\2"))
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "too late")
    return b""


def hang(request: bytes, context: Any) -> bytes:
    """Answers when the call is given up."""
    over = threading.Event()
    context.add_callback(over.set)
    over.wait(30)
    return b""


def garbage(request: bytes, context: Any) -> bytes:
    """What is no message in protobuf, and no JSON."""
    return b"\xff\xff"


def set_health(request: bytes, context: Any) -> bytes:
    """`service=STATUS`."""
    service, _, status = request.decode().partition("=")
    HEALTH.set(service, health_pb2.HealthCheckResponse.ServingStatus.Value(status))
    return b""


def guarded(request: bytes, context: Any) -> bytes:
    """Answers to the token `good` alone."""
    given = dict(context.invocation_metadata())
    if given.get("authorization") != "Bearer good":
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "no good token")
    return request


def main() -> None:
    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(HEALTH, server)
    HEALTH.set("", health_pb2.HealthCheckResponse.SERVING)
    channelz.add_channelz_servicer(server)
    names = ["grpc.health.v1.Health", "grpc.channelz.v1.Channelz", reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server)
    odd = {
        "Echo": echo,
        "Fail": fail,
        "Hang": hang,
        "Garbage": garbage,
        "SetHealth": set_health,
        "Guarded": guarded,
    }
    handlers: Any = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in odd.items()}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tests.Odd", handlers)])
    if "key" in given:
        pair = (Path(given["key"]).read_bytes(), Path(given["chain"]).read_bytes())
        client_ca = Path(given["client_ca"]).read_bytes() if "client_ca" in given else None
        credentials = grpc.ssl_server_credentials([pair], client_ca, client_ca is not None)
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
