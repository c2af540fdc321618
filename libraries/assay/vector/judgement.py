"""What a strict platform must do with a vector.

Decided here, by rules with reasons, never by what a platform answers.

A platform that publishes keys for others (RFC 7517) verifies with public keys alone, each bound to one
algorithm. Of the vectors that are valid for some library it must therefore refuse those made with keys that
it may not trust. The rules say why. Whatever the vectors themselves call invalid is refused in any case.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from assay.vector.files import KeySet, Vector

Jwk = Mapping[str, Any]

_CURVES: dict[str, tuple[str, type[ec.EllipticCurve]]] = {
    "ES256": ("P-256", ec.SECP256R1),
    "ES384": ("P-384", ec.SECP384R1),
    "ES512": ("P-521", ec.SECP521R1),
}
#: Algorithms of public keys, as the contract offers them, with the type of key each is for.
TYPES = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(_CURVES, "EC"),
    "EdDSA": "OKP",
}
#: A modulus of the flawed generator of CVE-2017-15361 is a power of 65537 modulo each of these primes.
_TELLING_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def _number(jwk: Jwk, member: str) -> int:
    text = str(jwk.get(member, ""))
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _off_curve(jwk: Jwk) -> bool:
    if jwk.get("kty") == "OKP":
        return _breaks(
            lambda: ed25519.Ed25519PublicKey.from_public_bytes(_number(jwk, "x").to_bytes(32, "big"))
        )
    if jwk.get("kty") != "EC" or jwk.get("alg") not in _CURVES:
        return False
    curve = _CURVES[str(jwk["alg"])][1]()
    return _breaks(
        lambda: ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve).public_key()
    )


def _breaks(make: Callable[[], object]) -> bool:
    try:
        make()
    except (ValueError, OverflowError):
        return True
    return False


def _is_weak(jwk: Jwk) -> bool:
    if jwk.get("kty") != "RSA":
        return False
    modulus = _number(jwk, "n")
    fingerprints = ({pow(65537, power, prime) for power in range(prime)} for prime in _TELLING_PRIMES)
    return all(modulus % prime in powers for prime, powers in zip(_TELLING_PRIMES, fingerprints, strict=True))


#: Why a key is not to be trusted: the first rule that holds is the reason.
KEY_RULES: tuple[tuple[str, Callable[[Jwk], bool]], ...] = (
    ("a secret shared with others is no public key (RFC 8725, 3.5)", lambda key: key.get("kty") == "oct"),
    ("private members are not for others (RFC 7517, 9.2)", lambda key: "d" in key or "k" in key),
    ("it does not name its algorithm (RFC 8725, 3.1)", lambda key: "alg" not in key),
    ("it is for encryption (RFC 7517, 4.2)", lambda key: key.get("use", "sig") != "sig"),
    ("it is not for verifying (RFC 7517, 4.3)", lambda key: "verify" not in key.get("key_ops", ["verify"])),
    (
        "its algorithm is none that signs with a public key (RFC 7518, 3.1)",
        lambda key: key["alg"] not in TYPES,
    ),
    (
        "its type is not that of its algorithm (RFC 7518, 6.1)",
        lambda key: key.get("kty") != TYPES[key["alg"]],
    ),
    (
        "its curve is not that of its algorithm (RFC 7518, 3.4)",
        lambda key: key["alg"] in _CURVES and key.get("crv") != _CURVES[key["alg"]][0],
    ),
    ("its point is not on the curve (RFC 8725, 3.4)", _off_curve),
    (
        "its modulus has less than 2048 bits (RFC 7518, 3.3)",
        lambda key: key.get("kty") == "RSA" and _number(key, "n").bit_length() < 2048,
    ),
    ("its exponent is 1 or even", lambda key: key.get("kty") == "RSA" and _number(key, "e") in (0, 1, 2)),
    ("its generator was flawed (CVE-2017-15361)", _is_weak),
)


def distrust(key_set: KeySet) -> str:
    """Why a platform must refuse a key set; empty when it must trust it."""
    for key in key_set.keys:
        for reason, holds in KEY_RULES:
            if holds(key):
                return reason
    kids = [key.get("kid") for key in key_set.keys]
    return "two keys have one name (RFC 7517, 4.5)" if len(set(kids)) < len(kids) else ""


def objection(vector: Vector, keys: Iterable[Jwk]) -> str:
    """Why a platform must refuse a message though its keys are trusted; empty when it must accept it."""
    if not vector.valid:
        return "the vector is invalid"
    header = _header(vector.message)
    algorithm, kid = header.get("alg"), header.get("kid")
    fitting = [key for key in keys if key.get("kid") == kid] if kid is not None else list(keys)
    if all(key.get("alg") != algorithm for key in fitting):
        bound = ", ".join(str(key.get("alg")) for key in fitting) or "none"
        return f"the message is by {algorithm}, its key is bound to {bound} (RFC 8725, 3.1)"
    return ""


def _header(message: str) -> dict[str, Any]:
    first = message.split(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
