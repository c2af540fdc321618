"""A door for callers: a gRPC server with the service, health and reflection, in the clear or behind TLS."""

from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from reference.store import grpchealth, protocol
from reference.store.doors import Doors
from reference.store.settings import Surroundings

_CALLS_AT_ONCE = 1000
_LIMITS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", 200),
    ("grpc.max_metadata_size", 16384),
    ("grpc.absolute_max_metadata_size", 32768),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
]


def make(
    surroundings: Surroundings, doors: Doors, health_service: grpchealth.Health, port: int
) -> grpc.aio.Server:
    """A server that is bound to its port and not started yet."""
    limit = ("grpc.max_receive_message_length", surroundings.settings.message_bytes)
    server = grpc.aio.server(
        options=[*_LIMITS, limit, ("grpc.max_send_message_length", -1)],
        maximum_concurrent_rpcs=_CALLS_AT_ONCE,
    )
    server.add_generic_rpc_handlers((doors.handler(),))
    grpchealth.add(server, health_service)
    described = (protocol.SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(described, server)
    bind(server, surroundings, port)
    return server


def bind(server: grpc.aio.Server, surroundings: Surroundings, port: int) -> None:
    """Has a server take its port."""
    place = f"{surroundings.address}:{port}"
    if surroundings.tls.public is None:
        server.add_insecure_port(place)
        return
    identity = surroundings.tls.public.read_bytes()
    server.add_secure_port(place, grpc.ssl_server_credentials([(identity, identity)]))


async def stop(servers: list[Any], seconds: float) -> None:
    """Ends servers: nothing new is taken, what is under way gets some seconds."""
    for server in servers:
        await server.stop(seconds)
