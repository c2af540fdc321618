"""Public keys as JWKs (RFC 7517, RFC 7518, RFC 8037): read strictly, written with public members only."""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

KeyObject: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES: dict[str, tuple[str, type[ec.EllipticCurve], int]] = {
    "ES256": ("P-256", ec.SECP256R1, 32),
    "ES384": ("P-384", ec.SECP384R1, 48),
    "ES512": ("P-521", ec.SECP521R1, 66),
}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192

#: Small primes; a modulus from a flawed generator (CVE-2017-15361) is a power of 65537 modulo each.
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


class BadKey(ValueError):
    """A JWK that is no public key fit to verify with; the message says why and holds nothing of the key."""


@dataclass(frozen=True)
class PublicKey:
    """A key, its name and the one algorithm it may be used with."""

    kid: str
    algorithm: str
    key: KeyObject


def read_set(value: Any) -> list[PublicKey]:
    """The keys of a JWK set; raises BadKey if any cannot be used or two have one name."""
    if not isinstance(value, dict) or not isinstance(value.get("keys"), list):
        raise BadKey("keys: must be an array of JWKs")
    found: list[PublicKey] = []
    for number, jwk in enumerate(value["keys"]):
        try:
            found.append(read(jwk))
        except BadKey as error:
            raise BadKey(f"keys.{number}: {error}") from None
    if len({key.kid for key in found}) != len(found):
        raise BadKey("keys: two have the same kid")
    return found


def read(jwk: Any) -> PublicKey:
    """A public key for signatures that names its algorithm; raises BadKey for anything else."""
    if not isinstance(jwk, dict):
        raise BadKey("must be an object")
    if any(member in jwk for member in _PRIVATE):
        raise BadKey("holds private members or is symmetric")
    uses = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(uses, list) or "verify" not in uses:
        raise BadKey("is not for verifying signatures")
    algorithm = jwk.get("alg")
    if not isinstance(algorithm, str):
        raise BadKey("alg is missing or no string")
    key: KeyObject
    if algorithm in _RSA and jwk.get("kty") == "RSA":
        key = read_rsa(jwk)
    elif algorithm in _CURVES and jwk.get("kty") == "EC":
        key = read_ec(jwk, *_CURVES[algorithm])
    elif algorithm == "EdDSA" and jwk.get("kty") == "OKP":
        key = read_ed25519(jwk)
    else:
        raise BadKey("alg is missing, not accepted, or not for a key of this type")
    kid = jwk.get("kid", None)
    if kid is None:
        kid = thumbprint(write(PublicKey("", algorithm, key)))
    if not isinstance(kid, str) or not 0 < len(kid) <= 128:
        raise BadKey("kid must be a string of 1 to 128 characters")
    return PublicKey(kid, algorithm, key)


def read_rsa(jwk: dict[str, Any]) -> rsa.RSAPublicKey:
    """An RSA key of a size and an exponent that are safe."""
    modulus, exponent = number(jwk, "n"), number(jwk, "e")
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        raise BadKey(f"the modulus must have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > 64 or modulus % 2 == 0:
        raise BadKey("the exponent or the modulus is not safe")
    if is_roca(modulus):
        raise BadKey("the modulus comes from a flawed generator")
    try:
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise BadKey("is no RSA key") from None


def is_roca(modulus: int) -> bool:
    """Whether the modulus has the structure of CVE-2017-15361."""
    return all(
        modulus % prime in {pow(65537, power, prime) for power in range(prime)} for prime in _ROCA_PRIMES
    )


def read_ec(
    jwk: dict[str, Any], name: str, curve: type[ec.EllipticCurve], size: int
) -> ec.EllipticCurvePublicKey:
    """A point that lies on the curve of its algorithm."""
    if jwk.get("crv") != name:
        raise BadKey(f"crv must be {name} for this alg")
    x, y = octets(jwk, "x"), octets(jwk, "y")
    if len(x) != size or len(y) != size:
        raise BadKey(f"x and y must have {size} octets")
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve()).public_key()
    except ValueError:
        raise BadKey("is no point on the curve") from None


def read_ed25519(jwk: dict[str, Any]) -> ed25519.Ed25519PublicKey:
    """An Ed25519 key."""
    if jwk.get("crv") != "Ed25519":
        raise BadKey("crv must be Ed25519 for this alg")
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(octets(jwk, "x"))
    except ValueError:
        raise BadKey("x must have 32 octets") from None


def octets(jwk: dict[str, Any], member: str) -> bytes:
    """A member that is base64url."""
    value = jwk.get(member)
    if not isinstance(value, str) or not value:
        raise BadKey(f"{member} is missing")
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadKey(f"{member} is not base64url") from None


def number(jwk: dict[str, Any], member: str) -> int:
    """A member that is a positive number in base64url."""
    return int.from_bytes(octets(jwk, member))


def write(key: PublicKey) -> dict[str, str]:
    """The JWK of a key: what is public, written from the key itself, so that nothing else can slip in."""
    common = {"kid": key.kid, "alg": key.algorithm, "use": "sig"}
    if isinstance(key.key, rsa.RSAPublicKey):
        numbers = key.key.public_numbers()
        return {"kty": "RSA", **common, "n": encode(numbers.n), "e": encode(numbers.e)}
    if isinstance(key.key, ec.EllipticCurvePublicKey):
        name, _, size = _CURVES[key.algorithm]
        point = key.key.public_numbers()
        return {"kty": "EC", **common, "crv": name, "x": encode(point.x, size), "y": encode(point.y, size)}
    return {
        "kty": "OKP",
        **common,
        "crv": "Ed25519",
        "x": encode(int.from_bytes(key.key.public_bytes_raw()), 32),
    }


def encode(value: int, size: int = 0) -> str:
    """A number in base64url, as long as it must be."""
    length = size or (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(length)).rstrip(b"=").decode()


def thumbprint(jwk: dict[str, str]) -> str:
    """The name that follows from a key (RFC 7638)."""
    required = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
    digest = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
