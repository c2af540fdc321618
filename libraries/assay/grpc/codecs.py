"""How messages become bytes: as protobuf, or as JSON with the proto's own names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.core.errors import AssayError, accepted
from assay.evidence.opening import refuse_masked
from assay.grpc.descriptors import Method
from assay.grpc.messages import made, plain, plain_of_json, shaped
from assay.grpc.settings import BytesText


@dataclass(frozen=True)
class Codec:
    """A codec by its name: what it writes, and the content-subtype that it says so with (none is protobuf)."""

    name: str
    subtype: str = ""
    json: bool = False

    def write(self, message: Mapping[str, Any] | bytes, method: Method, texts: BytesText = "base64") -> bytes:
        """A message as it is sent; bytes go as they are."""
        if isinstance(message, bytes):
            return message
        if self.json:
            text = json.dumps(shaped(message, method.takes, texts), ensure_ascii=False, separators=(",", ":"))
            refuse_masked(f"the message of {method.path}", text)
            return text.encode("utf-8", "surrogatepass")
        if method.takes is None:
            if message:
                raise AssayError(f"{method.path} has no descriptor here; give the message as bytes")
            return b""
        written = made(message, method.takes, texts, method.pool).SerializeToString()
        refuse_masked(f"the message of {method.path}", written.decode("utf-8", "replace"))
        return written

    def read(self, octets: bytes, method: Method) -> Any:
        """A message that came back. Raises ValueError with the reason where it cannot be read."""
        if self.json:
            return plain_of_json(json.loads(octets), method.gives)
        if method.gives is None:
            return octets
        from google.protobuf.message import DecodeError
        from google.protobuf.message_factory import GetMessageClass

        try:
            return plain(GetMessageClass(method.gives).FromString(octets))
        except DecodeError as error:
            raise ValueError(f"it is no {method.gives.full_name} in protobuf") from error


_CODECS = (
    Codec("protobuf"),
    Codec("json", subtype="json", json=True),
    # A codec for JSON that was registered under the name of protobuf's, so that no content-subtype tells them apart.
    Codec("json-named-proto", json=True),
)


def codec(name: str) -> Codec:
    """The codec of a name."""
    for one in _CODECS:
        if one.name == name.lower():
            return one
    raise AssayError(f"unknown codec '{name}'{accepted(name, (one.name for one in _CODECS))}")
