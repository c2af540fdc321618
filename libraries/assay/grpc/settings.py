"""Where a server is, how it is reached, and what a client asks of a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from assay.core import reach
from assay.core.errors import AssayError
from assay.core.reach import Way

Pairs = tuple[tuple[str, str | bytes], ...]
Compression = Literal["none", "gzip", "deflate"]
BytesText = Literal["base64", "utf-8"]

_SECURE = ("https", "grpcs")
_PLAIN = ("http", "grpc")


@dataclass(frozen=True)
class Endpoint:
    """A server. `server_name` is what its certificate must be for, `authority` what it is told it was called by.

    Calls come from the address `source` where one is given; the client of grpcio cannot do that.
    """

    host: str
    port: int
    secure: bool = False
    way: Way = field(default_factory=Way)
    server_name: str = ""
    authority: str = ""
    source: str = ""

    @property
    def address(self) -> str:
        """Host and port as they are written together."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The server as a URL, with TLS or without."""
        return f"{'https' if self.secure else 'http'}://{self.address}"

    @property
    def called(self) -> str:
        """The `:authority` of requests."""
        return self.authority or self.address


@dataclass(frozen=True)
class Options:
    """What a client asks of a connection: sizes in bytes (-1 is no limit, so that the server's own is judged), seconds."""

    max_send: int = -1
    max_receive: int = -1
    keepalive: float = 0.0
    keepalive_patience: float = 20.0
    patience: float = 5.0


@dataclass(frozen=True)
class Asking:
    """What one call brings along besides its message. `deadline` is in seconds; None is no deadline."""

    metadata: Pairs = ()
    deadline: float | None = None
    compression: Compression = "none"


def endpoint(
    address: str,
    way: Way | None = None,
    secure: bool | None = None,
    server_name: str = "",
    authority: str = "",
    source: str = "",
) -> Endpoint:
    """The endpoint at `host:port`, or at a URL whose scheme says whether it is under TLS (`https`, `grpcs`)."""
    scheme, found, _ = address.partition("://")
    if found and scheme not in (*_SECURE, *_PLAIN):
        raise AssayError(f"no scheme for gRPC: {scheme}://; accepted: https, grpcs, http, grpc, or host:port")
    tls = secure if secure is not None else (scheme in _SECURE if found else bool(way and _asks_for_tls(way)))
    bare = (address if not found else address.partition("://")[2]).rstrip("/")
    try:
        host, port = reach.host_and_port(f"{'https' if tls else 'http'}://{bare}")
    except ValueError as error:
        raise AssayError(f"no address of a server: '{address}'; write host:port") from error
    return Endpoint(host, port, tls, way or Way(), server_name, authority, source)


def _asks_for_tls(way: Way) -> bool:
    return bool(way.authorities or way.certificate)
