"""The details of a status: the messages of google.rpc.Status that come in the trailer grpc-status-details-bin."""

from __future__ import annotations

from typing import Any

from assay.grpc.answers import DETAILS
from assay.grpc.messages import plain
from assay.grpc.settings import Pairs


def details(trailers: Pairs, pool: Any = None) -> list[dict[str, Any]]:
    """Each detail as a dictionary with its type under `@type`; of a type that nobody knows, the bytes as `value`."""
    for name, value in trailers:
        if name == DETAILS and isinstance(value, bytes):
            return _decoded(value, pool)
    return []


def _decoded(octets: bytes, pool: Any) -> list[dict[str, Any]]:
    from google.protobuf.message import DecodeError
    from google.rpc.status_pb2 import Status

    try:
        return [_detail(one, pool) for one in Status.FromString(octets).details]
    except DecodeError:
        return [{"@type": "", "value": octets}]


def _detail(one: Any, pool: Any) -> dict[str, Any]:
    from google.protobuf import descriptor_pool, message_factory
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2

    del error_details_pb2  # imported so that its messages are known by name
    name = one.type_url.rpartition("/")[2]
    for known in (descriptor_pool.Default(), pool):
        try:
            kind = known.FindMessageTypeByName(name) if known is not None else None
            if kind is not None:
                return {
                    "@type": one.type_url,
                    **plain(message_factory.GetMessageClass(kind).FromString(one.value)),
                }
        except (KeyError, DecodeError):
            continue
    return {"@type": one.type_url, "value": one.value}
