"""The doors of a store: REST, gRPC at the main worker, gRPC at each processing worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError, accepted
from assay.core.platform import Platform
from assay.core.reach import ClientCertificate, Way
from assay.core.rpc import Rpc, Spelled
from assay.evidence.exchange import Exchange
from assay.evidence.opening import unwrap
from assay.evidence.redact import conceal

if TYPE_CHECKING:
    from robot.api.types import Secret

    from assay.grpc.channel import Channel
    from assay.grpc.settings import Compression
    from assay.store.answers import DoorAnswer

REST, GRPC, WORKER, SUBSCRIPTION = "rest", "grpc", "worker-", "subscription"
SERVICE = "store"
_OFFERED = {REST: "store.rest", GRPC: "store.grpc", WORKER: "store.workers"}


def offered(platform: Platform) -> list[str]:
    """The doors at which operations on entities can be called, REST first."""
    found = [door for door in (REST, GRPC) if _OFFERED[door] in platform.capabilities]
    return [*found, *workers(platform)]


def workers(platform: Platform) -> list[str]:
    """The doors of the processing workers, none where they cannot be called one by one."""
    if _OFFERED[WORKER] not in platform.capabilities:
        return []
    return [f"{WORKER}{number}" for number, _ in enumerate(platform.said_of(SERVICE, "workers"), 1)]


def sealing(platform: Platform) -> str:
    """The door by which a write reaches the shared directory, as the target says; the first worker where it says workers."""
    said = platform.service(SERVICE).get("seals_at") or offered(platform)[0]
    return f"{WORKER}1" if said == "workers" else str(said)


def address(platform: Platform, door: str) -> str:
    """Where gRPC is spoken at a door. AssayError names the doors."""
    if door in (GRPC, SUBSCRIPTION):
        return str(platform.said_of(SERVICE, door))
    known = workers(platform)
    if door not in known:
        raise AssayError(f"there is no door '{door}'{accepted(door, [REST, GRPC, SUBSCRIPTION, *known])}")
    return str(platform.said_of(SERVICE, "workers")[known.index(door)])


class RpcDoors:
    """Calls operations over gRPC.

    A channel is kept for each door of a platform, for each certificate shown there, and for each thread, so that nobody waits for
    another's call.
    """

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._channels: dict[tuple[int, str, str, str, Compression], Channel] = {}
        self._lock = threading.Lock()

    def call(
        self,
        platform: Platform,
        door: str,
        operation: str,
        fields: Mapping[str, Any],
        token: Secret | str | None = None,
        certificate: IssuedCertificate | None = None,
        deadline: float | None = None,
        codec: str | None = None,
        compression: Compression = "none",
        metadata: Mapping[str, Any] | None = None,
    ) -> DoorAnswer:
        """Calls an operation and returns its answer, whatever it is."""
        from assay.grpc.wire import Unreachable
        from assay.store.answers import door_answer, refused_in_handshake

        spelled = platform.rpc(SERVICE).spelled(operation)
        _, messages, given = self.asked(platform, operation, fields, token)
        given |= {name: unwrap(one) for name, one in (metadata or {}).items()}
        channel = self.channel(platform, door, certificate, codec, compression)
        try:
            answer = channel.call(spelled.method, messages if spelled.each else messages[0], given, deadline)
        except Unreachable as error:
            if certificate is None and door != SUBSCRIPTION:
                raise
            answer = refused_in_handshake(spelled.method, error.reason)
        exchange = Exchange(
            f"store.{operation}",
            door,
            spelled.method,
            sent_headers=tuple((name, str(value)) for name, value in given.items()),
            sent_body=_told(messages),
            code=answer.code,
            headers=tuple((name, str(value)) for name, value in answer.trailers),
            body=_told(answer.bodies) or answer.message.encode(),
            seconds=answer.seconds,
        )
        return door_answer(spelled, answer, exchange)

    @staticmethod
    def asked(
        platform: Platform, operation: str, fields: Mapping[str, Any], token: Secret | str | None
    ) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
        """What is sent for an operation: the method, its messages, the metadata."""
        rpc = platform.rpc(SERVICE)
        spelled = rpc.spelled(operation)
        opened = {name: unwrap(value) for name, value in fields.items()}
        presented = unwrap(token, "token")
        return spelled.method, _messages(rpc, spelled, opened, presented), _in_metadata(rpc, presented)

    def channel(
        self,
        platform: Platform,
        door: str,
        certificate: IssuedCertificate | None = None,
        codec: str | None = None,
        compression: Compression = "none",
    ) -> Channel:
        """The channel to a door, opened at its first use."""
        with self._lock:
            if platform is not self._platform:
                self.close()
                self._platform = platform
        shown = str(certificate.path) if certificate else ""
        key = (threading.get_ident(), door, codec or "", shown, compression)
        if key not in self._channels:
            way = _way(platform, door, certificate)
            self._channels[key] = _channel(platform, door, way, codec, compression)
        return self._channels[key]

    @staticmethod
    def plain_channel(platform: Platform, door: str) -> Channel:
        """A channel to a door without TLS, whatever the door speaks; whoever asked for it closes it."""
        return _channel(platform, door, None)

    def close(self, but_of: int | None = None) -> None:
        """Ends every channel, or all but those of one thread; what is needed again is opened again."""
        for key in [one for one in self._channels if one[0] != but_of]:
            self._channels.pop(key).close()


def _channel(
    platform: Platform,
    door: str,
    way: Way | None,
    codec: str | None = None,
    compression: Compression = "none",
) -> Channel:
    from assay.grpc.channel import Channel, Speaking
    from assay.grpc.codecs import codec as codec_named
    from assay.grpc.protos import ProtoFiles
    from assay.grpc.settings import endpoint

    rpc = platform.rpc(SERVICE)
    spoken = codec or platform.service(SERVICE).get("codec") or rpc.codec
    return Channel(
        endpoint(address(platform, door), way),
        ProtoFiles([rpc.proto]),
        Speaking(codec_named(spoken), compression=compression),
        # grpcio sends what would not become smaller as it is.
        carrier="grpcio" if compression == "none" else "http2",
    )


def _way(platform: Platform, door: str, certificate: IssuedCertificate | None) -> Way | None:
    """How a door is reached: under TLS where the service is, or where a certificate is shown."""
    url = platform.url(SERVICE)
    by_certificate = door == SUBSCRIPTION and "store.worker-certificates" in platform.capabilities
    if not url.startswith("https://") and not by_certificate:
        return None
    shown = ClientCertificate(str(certificate.path), on_trial=True) if certificate else None
    return platform.way_to(url.replace("http://", "https://"), shown)


def _in_metadata(rpc: Rpc, token: str | None) -> dict[str, str]:
    name = rpc.token.get("metadata")
    return {name: rpc.token.get("before", "") + token} if name and token is not None else {}


def _messages(
    rpc: Rpc, spelled: Spelled, fields: Mapping[str, Any], token: str | None
) -> list[dict[str, Any]]:
    """The message of an operation, or one for each entry of the field that is streamed.

    A field that the contract does not know goes in as it is named, so that a test can add anything.
    """
    message = dict(spelled.send)
    if "field" in rpc.token and token is not None:
        message[rpc.token["field"]] = token
    streamed = spelled.each.of if spelled.each else ""
    for name, value in fields.items():
        if name != streamed:
            part = spelled.fields.get(name)
            message[part.name if part else name] = part.written(value) if part else value
    if spelled.each is None:
        return [message]
    each = spelled.each
    return [
        {**message, each.key: key, each.value.name: each.value.written(value)}
        for key, value in fields.get(each.of, {}).items()
    ]


def _told(messages: list[Any]) -> bytes:
    """Messages as the log shows them."""
    shown = messages[0] if len(messages) == 1 else messages
    return json.dumps(_readable(shown), ensure_ascii=False).encode() if messages else b""


def _readable(value: Any) -> Any:
    from robot.api.types import Secret

    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Secret):
        conceal(str(value.value), "secret")
        return str(value.value)
    if isinstance(value, Mapping):
        return {str(name): _readable(one) for name, one in value.items()}
    return [_readable(one) for one in value] if isinstance(value, list | tuple) else value
