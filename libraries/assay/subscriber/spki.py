"""Public keys as SubjectPublicKeyInfo in PEM (RFC 5280, 4.1.2.7; RFC 7468), also those that no library would write."""

from __future__ import annotations

import base64
import textwrap

_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_X25519 = bytes.fromhex("300506032b656e")
_INTEGER, _BITS, _SEQUENCE = 0x02, 0x03, 0x30


def rsa(modulus: int, exponent: int) -> bytes:
    """An RSA public key of any two numbers (RFC 8017, A.1.1)."""
    return _info(_RSA, _tagged(_SEQUENCE, _number(modulus) + _number(exponent)))


def x25519(point: bytes) -> bytes:
    """An X25519 public key of any 32 bytes (RFC 8410)."""
    return _info(_X25519, point)


def pem(label: str, content: bytes) -> bytes:
    """A textual encoding with a label."""
    body = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def _info(algorithm: bytes, key: bytes) -> bytes:
    return pem("PUBLIC KEY", _tagged(_SEQUENCE, algorithm + _tagged(_BITS, b"\0" + key)))


def _number(value: int) -> bytes:
    return _tagged(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
