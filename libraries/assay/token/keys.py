"""Keys that sign (RFC 7518, 3; RFC 8037), made here, and the public ones that a platform publishes."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from assay.token.compact import decode, encode

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

HASHES: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
#: Curve, its name in a JWK, octets of a coordinate.
CURVES: dict[str, tuple[type[ec.EllipticCurve], str, int]] = {
    "ES256": (ec.SECP256R1, "P-256", 32),
    "ES384": (ec.SECP384R1, "P-384", 48),
    "ES512": (ec.SECP521R1, "P-521", 66),
}
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *CURVES, "EdDSA")
#: The private members of a JWK (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


@dataclass(frozen=True)
class SigningKey:
    """A private key with the algorithm it is for and the name it goes by."""

    algorithm: str
    kid: str
    private: Private

    def sign(self, octets: bytes, algorithm: str = "") -> bytes:
        """The signature of octets, by the key's own algorithm or by another that its type can do."""
        return sign(self.private, algorithm or self.algorithm, octets)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as it would be published."""
        return {
            **public_members(self.private.public_key()),
            "kid": self.kid,
            "alg": self.algorithm,
            "use": "sig",
        }

    def __str__(self) -> str:
        return f"{self.algorithm} key {self.kid}"

    __repr__ = __str__


def make(algorithm: str, kid: str = "", exponent: int = 65537) -> SigningKey:
    """A new key for an algorithm; RSA keys have 2048 bits."""
    private: Private
    if algorithm in CURVES:
        private = ec.generate_private_key(CURVES[algorithm][0]())
    elif algorithm == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
    elif algorithm in ALGORITHMS:
        private = rsa.generate_private_key(exponent, 2048)
    else:
        raise ValueError(f"no keys are made for '{algorithm}'; known: {', '.join(ALGORITHMS)}")
    return SigningKey(algorithm, kid or f"assay-{algorithm.lower()}-{secrets.token_hex(6)}", private)


def sign(private: Private, algorithm: str, octets: bytes) -> bytes:
    """The signature that JWS wants: PKCS #1 or PSS for RSA, r and s side by side for curves."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(octets)
    digest = HASHES[algorithm[-3:]]()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = utils.decode_dss_signature(private.sign(octets, ec.ECDSA(digest)))
        size = (private.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return private.sign(octets, _padding(algorithm, digest), digest)


def mac(secret: bytes, octets: bytes, algorithm: str = "HS256") -> bytes:
    """The HMAC of octets (RFC 7518, section 3.2). An empty secret is taken as it is."""
    return hmac.digest(secret, octets, f"sha{algorithm[-3:]}")


def holds(jwk: dict[str, Any], algorithm: str, octets: bytes, signature: bytes) -> bool:
    """Whether a signature by this algorithm holds under a published key, as the cryptography library sees it.

    A key that names an algorithm of its own is not used with another one (RFC 8725, section 3.1).
    """
    if jwk.get("alg", algorithm) != algorithm or algorithm not in ALGORITHMS:
        return False
    try:
        public = read(jwk)
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, octets)
            return algorithm == "EdDSA"
        if algorithm == "EdDSA":
            return False
        digest = HASHES[algorithm[-3:]]()
        if isinstance(public, ec.EllipticCurvePublicKey):
            size = (public.key_size + 7) // 8
            if (
                algorithm not in CURVES
                or jwk.get("crv") != CURVES[algorithm][1]
                or len(signature) != 2 * size
            ):
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
            public.verify(utils.encode_dss_signature(r, s), octets, ec.ECDSA(digest))
            return True
        if algorithm in CURVES:
            return False
        public.verify(signature, octets, _padding(algorithm, digest), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def read(jwk: dict[str, Any]) -> Public:
    """The public key in a JWK; raises ValueError when it holds none that can be used."""
    try:
        if jwk["kty"] == "RSA":
            return rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
        if jwk["kty"] == "EC":
            curve = next(curve for curve, name, _ in CURVES.values() if name == jwk["crv"])
            return ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve()).public_key()
        if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(decode(jwk["x"]))
    except (KeyError, StopIteration, TypeError) as error:
        raise ValueError(f"is no public key: {error}") from error
    raise ValueError(f"keys of type {jwk['kty']} hold no public key")


def number(text: str) -> int:
    """A number in base64url."""
    return int.from_bytes(decode(text), "big")


def public_members(public: Public) -> dict[str, str]:
    """The members of a JWK that make up a public key."""
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": encode(_octets(numbers.n)), "e": encode(_octets(numbers.e))}
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(public.public_bytes_raw())}
    point = public.public_numbers()
    name, size = next((name, size) for curve, name, size in CURVES.values() if isinstance(point.curve, curve))
    return {
        "kty": "EC",
        "crv": name,
        "x": encode(point.x.to_bytes(size, "big")),
        "y": encode(point.y.to_bytes(size, "big")),
    }


def _octets(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _padding(algorithm: str, digest: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.startswith("PS"):
        return padding.PSS(padding.MGF1(digest), digest.digest_size)
    return padding.PKCS1v15()
