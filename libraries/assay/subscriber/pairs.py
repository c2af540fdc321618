"""Kinds of key pairs: good ones, and ones that a store must not wrap a key for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from assay.core.errors import AssayError, accepted
from assay.subscriber import spki


@dataclass(frozen=True)
class Pair:
    """A subscriber's key pair: the public key in PEM, and the private key where there is one."""

    kind: str
    public: bytes
    private: Any = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"<a key pair, {self.kind}>"


@cache
def _rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """RSA keys take their time to make; one of each length is enough, for who subscribes is told apart by name."""
    return rsa.generate_private_key(65537, bits)


def _good(bits: int) -> Pair:
    return _known(f"rsa-{bits}", _rsa_key(bits))


def _known(kind: str, key: Any) -> Pair:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Pair(kind, public, key)


def _numbers(change: Callable[[int, int], tuple[int, int]]) -> bytes:
    numbers = _rsa_key(2048).public_key().public_numbers()
    return spki.rsa(*change(numbers.n, numbers.e))


def _with_the_fingerprint_of_roca() -> int:
    """A modulus with the mark of keys that can be factored by Coppersmith's method (Nemec and others 2017).

    Those are powers of 65537 modulo a product of small primes; a number with the mark needs no factors to be marked.
    """
    product = 1
    for prime in _SMALL_PRIMES:
        product *= prime
    marked = pow(65537, secrets.randbits(200) | 1, product)
    head = (1 << 2047) // product
    return product * (head + 2 * secrets.randbelow(1 << 64) + (1 - marked % 2 + head % 2) % 2) + marked


_SMALL_PRIMES = tuple(
    number for number in range(3, 168) if all(number % other for other in range(2, int(number**0.5) + 1))
)
# The points of low order, in the forms that Curve25519 takes (RFC 7748, section 6.1, and Bernstein's list).
LOW_ORDER: Mapping[str, bytes] = {
    "zero": bytes(32),
    "one": b"\1" + bytes(31),
    "a point of order 8": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    "another point of order 8": bytes.fromhex(
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
    ),
    "p minus one": bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "p, which is zero": bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "p plus one": bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}
GOOD: Mapping[str, Callable[[], Pair]] = {
    "rsa-2048": lambda: _good(2048),
    "rsa-3072": lambda: _good(3072),
    "rsa-4096": lambda: _good(4096),
    "x25519": lambda: _known("x25519", x25519.X25519PrivateKey.generate()),
}
WEAK: Mapping[str, Callable[[], bytes]] = {
    "RSA of 512 bits": lambda: spki.rsa(secrets.randbits(512) | 1 | 1 << 511, 65537),
    "RSA of 1024 bits": lambda: _good(1024).public,
    "RSA with the exponent 1": lambda: _numbers(lambda modulus, _: (modulus, 1)),
    "RSA with an even exponent": lambda: _numbers(lambda modulus, _: (modulus, 65536)),
    "RSA with an even modulus": lambda: _numbers(lambda modulus, exponent: (modulus + 1, exponent)),
    "RSA with a factor of 3": lambda: _numbers(lambda modulus, exponent: (modulus // 6 * 6 + 3, exponent)),
    "RSA with the mark of ROCA": lambda: spki.rsa(_with_the_fingerprint_of_roca(), 65537),
    "RSA with a modulus of 0": lambda: spki.rsa(0, 65537),
}
NONE: Mapping[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a word": lambda: b"bad",
    "a PEM frame around nothing": lambda: spki.pem("PUBLIC KEY", b""),
    "a PEM frame around chance": lambda: spki.pem("PUBLIC KEY", secrets.token_bytes(294)),
    "a key that is cut off": lambda: _good(2048).public[:200],
    "the DER without the frame": lambda: (
        _rsa_key(2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ),
    "a private key": lambda: _rsa_key(2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "a key for signatures, Ed25519": lambda: _known("ed25519", ed25519.Ed25519PrivateKey.generate()).public,
    "a key on P-256": lambda: _known("p-256", ec.generate_private_key(ec.SECP256R1())).public,
    "half a megabyte": lambda: b"-----BEGIN PUBLIC KEY-----\n" + b"A" * 500_000,
}


def good(kind: str) -> Pair:
    """A key pair of a kind that a store takes."""
    if kind not in GOOD:
        raise AssayError(f"unknown kind of key pair '{kind}'{accepted(kind, GOOD)}")
    return GOOD[kind]()
