"""Metadata: pairs of names and values, of which those that end in -bin are bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.evidence.opening import kind_of, refuse_masked, unwrap
from assay.grpc.settings import Pairs

Metadata = Mapping[str, Any] | Sequence[Any] | None
_BINARY = "-bin"


def pairs(metadata: Metadata) -> Pairs:
    """Metadata as it is sent: of a dictionary (a list as a value is a name that comes several times) or of pairs.

    A Secret is opened and concealed. The value of a name that ends in `-bin` is bytes, or a text that is sent in UTF-8.
    """
    if metadata is None:
        return ()
    given = _of_mapping(metadata) if isinstance(metadata, Mapping) else (_pair(one) for one in metadata)
    return tuple((str(name), _value(str(name), value)) for name, value in given)


def decoded(headers: Iterable[tuple[str, str]]) -> Pairs:
    """Headers of HTTP/2 as metadata: without what belongs to the protocol, `-bin` decoded (several values are split)."""
    found: list[tuple[str, str | bytes]] = []
    for name, value in headers:
        if name.startswith(":") or name in _PROTOCOLS:
            continue
        if name.endswith(_BINARY):
            found += ((name, _octets(one)) for one in value.split(","))
        else:
            found.append((name, value))
    return tuple(found)


def encoded(metadata: Pairs) -> list[tuple[str, str]]:
    """Metadata as headers of HTTP/2; `-bin` in base64 without padding, as gRPC sends it."""
    return [
        (name, base64.b64encode(value).decode().rstrip("=") if isinstance(value, bytes) else value)
        for name, value in metadata
    ]


def shown(metadata: Pairs) -> list[tuple[str, str]]:
    """Metadata as a log shows it."""
    return [
        (name, base64.b64encode(value).decode() if isinstance(value, bytes) else value)
        for name, value in metadata
    ]


_PROTOCOLS = frozenset({
    "content-type", "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding", "te", "date",
    "content-length", "accept-encoding",
})  # fmt: skip


def _of_mapping(metadata: Mapping[str, Any]) -> Iterable[tuple[Any, Any]]:
    for name, value in metadata.items():
        for one in value if isinstance(value, list | tuple) else (value,):
            yield name, one


def _pair(one: Any) -> tuple[Any, Any]:
    if isinstance(one, str):
        name, found, value = one.partition("=")
        if found:
            return name, value
    elif isinstance(one, Sequence) and len(one) == 2:
        return one[0], one[1]
    raise AssayError("metadata is a dictionary, or a list of pairs: [name, value] or name=value")


def _value(name: str, value: Any) -> str | bytes:
    opened = unwrap(value, kind_of(name))
    if isinstance(opened, bytes):
        if not name.endswith(_BINARY):
            raise AssayError(f"the metadata {name} has bytes; only names that end in -bin may")
        return opened
    text = str(opened)
    if not isinstance(value, Secret):
        refuse_masked(f"the metadata {name}", text)
    return text.encode() if name.endswith(_BINARY) else text


def _octets(text: str) -> bytes:
    bare = text.strip()
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return bare.encode("utf-8", "surrogateescape")
