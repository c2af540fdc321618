"""Certificates signed with SHA-1, which libraries make no more: a SHA-256 one, renamed and signed again."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

# The AlgorithmIdentifier of SHA-256 and that of SHA-1, in DER, by kind of key (RFC 3279, RFC 4055, RFC 5758).
_EC = bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300906072a8648ce3d0401")
_RSA = bytes.fromhex("300d06092a864886f70d01010b0500"), bytes.fromhex("300d06092a864886f70d0101050500")


def signed_with_sha1(certificate: x509.Certificate, key: Any) -> x509.Certificate:
    """The certificate as if its issuer, whose key is given, had signed it with SHA-1."""
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    modern, old = _EC if elliptic else _RSA
    body = _content(certificate.tbs_certificate_bytes).replace(modern, old, 1)
    to_sign = _wrapped(0x30, body)
    signature = (
        key.sign(to_sign, ec.ECDSA(hashes.SHA1()))
        if elliptic
        else key.sign(to_sign, padding.PKCS1v15(), hashes.SHA1())
    )
    return x509.load_der_x509_certificate(_wrapped(0x30, to_sign + old + _wrapped(0x03, b"\0" + signature)))


def _content(der: bytes) -> bytes:
    """What is inside one DER element."""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]


def _wrapped(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content
