"""Compressed messages over gRPC: what is not inflated, or counted before it is."""

import gzip
import zlib
from typing import Any

from reference.defects import Function, Hit, Patch, defect
from reference.store import names

_BEGINS, _ONLY_AS_IT_IS = b"\x1f\x8b", 1


def _inflated(raw: bytes) -> bytes:
    if not raw.startswith(_BEGINS):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise names.invalid("message", "is not compressed as it says") from None


def _left_to_the_service(patch: Patch) -> None:
    """Has gRPC hand over compressed messages as they came."""
    option = ("grpc.per_message_decompression", 0)
    patch.replace("store.publicdoor:_LIMITS", lambda options: [*options, option])


@defect(
    "store.workers-refuse-compressed-messages",
    breaks=["GRPC-01"],
    says="Processing workers refuse messages that are compressed, which main takes.",
    partial=True,
)
def workers_refuse_compressed_messages(patch: Patch) -> None:
    def factory(make: Function, hit: Hit) -> Function:
        def narrow(surroundings: Any, *rest: Any) -> Any:
            from reference.store import publicdoor

            if surroundings.name not in surroundings.worker_ports:
                return make(surroundings, *rest)
            hit()
            publicdoor._LIMITS.append(("grpc.compression_enabled_algorithms_bitset", _ONLY_AS_IT_IS))
            return make(surroundings, *rest)

        return narrow

    patch.replace("store.publicdoor:make", factory)


@defect(
    "store.compressed-messages-of-streams-are-read-as-they-are",
    breaks=["GRPC-01"],
    says="A compressed message is not inflated before it is read, but for that of a single operation.",
    partial=True,
)
def compressed_messages_of_streams_are_read_as_they_are(patch: Patch) -> None:
    def alone(process: Function, _hit: Hit) -> Function:
        async def inflating(self: Any, raw: bytes, context: Any) -> bytes:
            answer: bytes = await process(self, _inflated(raw), context)
            return answer

        return inflating

    def factory(one: Function, hit: Hit) -> Function:
        async def as_it_is(self: Any, raw: bytes, context: Any) -> bytes:
            if raw.startswith(_BEGINS):
                hit()
            answer: bytes = await one(self, raw, context)
            return answer

        return as_it_is

    _left_to_the_service(patch)
    patch.replace("store.doors:Doors.process", alone)
    patch.replace("store.doors:Doors.one", factory)


@defect(
    "store.compressed-messages-count-as-they-come",
    breaks=["GRPC-07"],
    says="The limit of a message over gRPC is held against what comes, whatever that inflates to.",
    partial=True,
)
def compressed_messages_count_as_they_come(patch: Patch) -> None:
    most: list[int] = []

    def making(make: Function, _hit: Hit) -> Function:
        def noting(surroundings: Any, *rest: Any) -> Any:
            most[:] = [surroundings.settings.message_bytes]
            return make(surroundings, *rest)

        return noting

    def factory(read: Function, hit: Hit) -> Function:
        def inflating(raw: bytes, name: str) -> Any:
            whole = _inflated(raw)
            if most and len(whole) > most[0] >= len(raw):
                hit()
            return read(whole, name)

        return inflating

    def telling(is_json: Function, _hit: Hit) -> Function:
        def inflating(raw: bytes) -> bool:
            return bool(is_json(_inflated(raw)))

        return inflating

    _left_to_the_service(patch)
    patch.replace("store.publicdoor:make", making)
    patch.replace("store.codec:read", factory)
    patch.replace("store.codec:is_json", telling)
