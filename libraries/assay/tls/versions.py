"""Versions of TLS, and whether this machine can speak them at all: a client that cannot proves nothing by being refused."""

from __future__ import annotations

import datetime
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
# Python's name of TLS 1.0 has no second number.
_NAMES = {name.removesuffix(".0"): name for name in VERSIONS}
_TURNS = 8


def client_of(version: str) -> ssl.SSLContext:
    """A client that speaks only this version, with whatever certificate and cipher."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _only(context, version)


def agreed_here(version: str) -> str:
    """What a client of this version agrees on with a server of it, both in this process; raises ssl.SSLError."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_of(version).wrap_bio(to_client, to_server)
    server = _server_of(version).wrap_bio(to_server, to_client, server_side=True)
    for _ in range(_TURNS):
        if all([_said(client), _said(server)]):
            return _NAMES.get(client.version() or "", "nothing")
    return "nothing"


def _said(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _server_of(version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "own.pem"
        pem.write_bytes(_certificate())
        context.load_cert_chain(pem)
    return _only(context, version)


def _only(context: ssl.SSLContext, version: str) -> ssl.SSLContext:
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def _certificate() -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assay")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(kind, form, serialization.NoEncryption()) + made.public_bytes(kind)
