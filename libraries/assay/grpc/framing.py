"""The length-prefixed messages of gRPC over HTTP/2: a flag for compression, four octets of length, the message."""

from __future__ import annotations

import gzip
import zlib
from urllib.parse import unquote

from assay.grpc.settings import Compression

PREFIX = 5
# Status codes for answers of HTTP without a status of gRPC (http-grpc-status-mapping.md).
OF_HTTP = {
    400: "INTERNAL", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "UNIMPLEMENTED", 429: "UNAVAILABLE",
    431: "INTERNAL", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "UNAVAILABLE",
}  # fmt: skip
# Status codes for streams that the server resets (PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping").
OF_RESET = {
    7: "UNAVAILABLE", 8: "CANCELLED", 11: "RESOURCE_EXHAUSTED", 12: "PERMISSION_DENIED",
}  # fmt: skip


def framed(message: bytes, compression: Compression = "none") -> bytes:
    """A message with its prefix, compressed if told so."""
    if compression == "gzip":
        message = gzip.compress(message)
    elif compression == "deflate":
        message = zlib.compress(message)
    return bytes([compression != "none"]) + len(message).to_bytes(4, "big") + message


def unframed(octets: bytearray, encoding: str) -> bytes | None:
    """Takes the first whole message from what has come; None where there is none yet. ValueError where it cannot be read."""
    if len(octets) < PREFIX:
        return None
    size = int.from_bytes(octets[1:PREFIX], "big")
    if len(octets) < PREFIX + size:
        return None
    flag, message = octets[0], bytes(octets[PREFIX : PREFIX + size])
    del octets[: PREFIX + size]
    if not flag:
        return message
    try:
        return gzip.decompress(message) if encoding == "gzip" else zlib.decompress(message)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"it says it is {encoding or 'compressed'} and is not") from error


def timeout(seconds: float) -> str:
    """A deadline as the header grpc-timeout has it: at most eight digits and a unit."""
    for unit, factor in (("n", 1e9), ("u", 1e6), ("m", 1e3), ("S", 1.0)):
        if (number := max(0, round(seconds * factor))) < 100_000_000:
            return f"{number}{unit}"
    return "99999999S"


def message_of(text: str) -> str:
    """The header grpc-message, which is percent-encoded UTF-8."""
    return unquote(text, errors="replace")
