"""How main and the processing workers call each other: gRPC, certificates on both sides, messages in MessagePack."""

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

import grpc
import grpc.aio
import msgspec
from cachetools import TTLCache

from reference.common import clock, problems
from reference.common.mutualtls import Identities, NotAccepted
from reference.store import failures, settings, timing
from reference.store.settings import Surroundings, Tls
from reference.store.wire import Again, Answer, News, Refused, Retry, decoder, encode

T = TypeVar("T")

_KEEPALIVE = [
    ("grpc.keepalive_time_ms", 1000),
    ("grpc.keepalive_timeout_ms", 1500),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
]
_UNBOUNDED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SERVER_OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 500),
    ("grpc.http2.max_ping_strikes", 0),
    *_KEEPALIVE,
    *_UNBOUNDED,
]
CHANNEL_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.enable_http_proxy", 0),
    *_KEEPALIVE,
    *_UNBOUNDED,
]

_ANSWER = msgspec.msgpack.Decoder(Answer)
Method = Callable[[str, Any], Awaitable[Any]]


def server_credentials(tls: Tls) -> grpc.ServerCredentials:
    """Whoever calls has to prove a certificate of the authority for workers."""
    identity = tls.door.read_bytes()
    return grpc.ssl_server_credentials(
        [(identity, identity)], root_certificates=tls.authority.read_bytes(), require_client_auth=True
    )


def channel(surroundings: Surroundings, name: str, port: int) -> grpc.aio.Channel:
    """A channel to a process of the store, known by its certificate: main's is of the authority that callers know as well."""
    tls = surroundings.tls
    identity = tls.identity.read_bytes()
    roots = tls.door_authority if name == settings.MAIN else tls.authority
    credentials = grpc.ssl_channel_credentials(roots.read_bytes(), identity, identity)
    named = ("grpc.ssl_target_name_override", f"{name}.{settings.DOMAIN}")
    return grpc.aio.secure_channel(f"{surroundings.address}:{port}", credentials, [*CHANNEL_OPTIONS, named])


class Line:
    """Calls of one service at the other end of a channel."""

    def __init__(self, at: grpc.aio.Channel, service: str) -> None:
        self._channel, self._service = at, service
        self._methods: dict[str, Any] = {}

    async def call(
        self, method: str, message: Any, kind: type[T], seconds: float | None = None, patient: bool = False
    ) -> T:
        """An answer of this kind; raises the problem that it tells, Again, or grpc's own error.

        Who is patient waits for the other side to be there, for as long as there is time.
        """
        if method not in self._methods:
            self._methods[method] = self._channel.unary_unary(
                f"/{self._service}/{method}", encode, _ANSWER.decode
            )
        within = timing.left() if seconds is None else min(seconds, timing.left())
        answer = await self._methods[method](message, timeout=within, wait_for_ready=patient)
        if isinstance(answer, Refused):
            raise problems.Problem(answer.problem, headers=answer.headers, errors=answer.errors)
        if isinstance(answer, Retry):
            raise Again
        assert isinstance(answer, kind)
        return answer

    async def news(self, method: str, message: Any) -> AsyncIterator[News]:
        """What the other side tells for as long as it is there."""
        stream = self._channel.unary_stream(f"/{self._service}/{method}", encode, decoder(News))
        async for told in stream(message):
            yield told


class Peers:
    """Who calls, by certificate. What was found out counts for a moment, unless a file of the authority changes."""

    def __init__(self, tls: Tls) -> None:
        self._identities = Identities(settings.DOMAIN, tls.authority, tls.revocations)
        self._files = (tls.authority, tls.revocations)
        self._known: TTLCache[tuple[object, ...], str] = TTLCache(1024, 1.0)

    def identify(self, context: Any) -> str:
        """The name in the caller's certificate; raises NotAccepted."""
        pem = context.auth_context().get("x509_pem_cert")
        if not pem:
            raise NotAccepted("no-certificate")
        question = (pem[0], *self.state_of_files())
        if question not in self._known:
            self._known[question] = self.ask(pem[0])
        return self._known[question]

    def ask(self, pem: bytes) -> str:
        """The name in a certificate that is good now."""
        return self._identities.identify(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).service_id

    def state_of_files(self) -> list[object]:
        """What changes when the authority changes."""
        found: list[object] = []
        for path in self._files:
            try:
                state = os.stat(path)
                found.append((state.st_ino, state.st_size, state.st_mtime_ns))
            except OSError:
                found.append(None)
        return [*found, int(clock.seconds())]


def handlers(
    service: str, peers: Peers, allowed: Callable[[str], bool], methods: Mapping[str, tuple[type, Method]]
) -> grpc.GenericRpcHandler:
    """What serves a service to those whose name is allowed."""
    made: dict[str, Any] = {
        name: grpc.unary_unary_rpc_method_handler(
            _serve(peers, allowed, method),
            request_deserializer=decoder(kind),
            response_serializer=encode,
        )
        for name, (kind, method) in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, made)


def _serve(peers: Peers, allowed: Callable[[str], bool], method: Method) -> Any:
    async def serve(message: Any, context: Any) -> Any:
        caller = await known(peers, allowed, context)
        timing.allow(context.time_remaining())
        try:
            return await method(caller, message)
        except Again:
            return Retry()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side is told by the name of a problem
            problem = failures.problem_of(error)
            return Refused(problem=problem.name, errors=problem.errors, headers=problem.headers)

    return serve


async def known(peers: Peers, allowed: Callable[[str], bool], context: Any) -> str:
    """The name of the caller, where it is allowed; ends the call otherwise."""
    try:
        caller = peers.identify(context)
    except NotAccepted as refused:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(refused))
        raise AssertionError from None
    if not allowed(caller):
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not enrolled")
    return caller
