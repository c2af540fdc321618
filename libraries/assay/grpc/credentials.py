"""TLS as grpcio wants it: PEM in memory, from the way that says whom to trust and what to show."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from assay.core import reach
from assay.core.errors import AssayError
from assay.core.reach import SYSTEM, ClientCertificate, Way
from assay.grpc.settings import Endpoint


def of_channel(way: Way) -> Any:
    """The credentials of a channel under TLS."""
    import grpc

    key = chain = None
    if way.certificate is not None:
        # What is wrong with it is told by who opens it for every protocol.
        reach.show(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), way)
        key, chain = _key(way.certificate), Path(way.certificate.certificate).read_bytes()
    return grpc.ssl_channel_credentials(_roots(way), key, chain)


def target(endpoint: Endpoint) -> tuple[str, list[tuple[str, Any]]]:
    """What to connect to, and the options that say by which name the server is called."""
    options: list[tuple[str, Any]] = []
    where, name = endpoint.address, endpoint.server_name
    if endpoint.host == "localhost" or endpoint.host.endswith(".localhost"):
        # Such names are this machine, which not every resolver knows.
        where, name = f"{reach.resolved(endpoint.host)}:{endpoint.port}", name or endpoint.host
        options.append(("grpc.default_authority", endpoint.called))
    elif endpoint.authority:
        options.append(("grpc.default_authority", endpoint.authority))
    if name and endpoint.secure:
        options.append(("grpc.ssl_target_name_override", name))
        if not any(option == "grpc.default_authority" for option, _ in options):
            options.append(("grpc.default_authority", endpoint.called))
    if (proxy := endpoint.way.proxy) is None:
        options.append(("grpc.enable_http_proxy", 0))
    elif proxy.user:
        raise AssayError("a proxy that asks who wants that is not possible with grpcio; use carrier=http2")
    else:
        options.append(("grpc.http_proxy", proxy.url))
    return where, options


def _roots(way: Way) -> bytes | None:
    """The authorities in PEM; None where grpcio's own list is all there is."""
    own = [one for one in way.authorities if one != SYSTEM]
    pem = b"\n".join(Path(one).read_bytes() for one in own)
    if not own or SYSTEM in way.authorities:
        machine = ssl.get_default_verify_paths().cafile
        pem += b"\n" + Path(machine).read_bytes() if machine else b""
    return pem or None


def _key(own: ClientCertificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    octets = Path(own.key or own.certificate).read_bytes()
    if not own.password:
        return octets
    key = serialization.load_pem_private_key(octets, own.password.encode())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
