"""A strict verifier of our own: the oracle that forgeries are held against.

It knows tokens by RFC 7515, 7519 and 9068.
"""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

from assay.token import keys
from assay.token.material import Material

_FORBIDDEN = {"crit", "b64", "zip", "jku", "x5u", "jwk", "x5c", "x5t", "x5t#S256", "enc", "jwks"}


def accepts(token: str, made: Material) -> bool:
    """Whether a strict platform would let the token in."""
    try:
        return _accepts(token, made)
    except (ValueError, TypeError, KeyError, RecursionError, StopIteration):
        return False


def _accepts(token: str, made: Material) -> bool:
    segments = token.split(".")
    if len(segments) != 3 or len(token) > 16384:
        return False
    header, payload = (_object(_octets(segment)) for segment in segments[:2])
    signature = _octets(segments[2])
    if (
        _FORBIDDEN & set(header)
        or not isinstance(header.get("alg"), str)
        or not isinstance(header["kid"], str)
    ):
        return False
    key = next(jwk for jwk in made.published if jwk["kid"] == header["kid"])
    signed = f"{segments[0]}.{segments[1]}".encode()
    return keys.holds(key, header["alg"], signed, signature) and _typed(header) and _good(payload, made)


def _octets(segment: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", segment):
        raise ValueError("not base64url")
    octets = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != segment:
        raise ValueError("not canonical")
    return octets


def _object(octets: bytes) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name comes twice")
        return dict(pairs)

    found = json.loads(octets.decode("utf-8"), object_pairs_hook=unique)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _typed(header: dict[str, Any]) -> bool:
    return header["typ"] in ("at+jwt", "application/at+jwt")


def _good(claims: dict[str, Any], made: Material) -> bool:
    now = time.time()
    good = made.claims
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    times = [claims[name] for name in ("exp", "iat", "nbf") if name in claims]
    return (
        all(type(one) is int and 0 <= one < 2**53 for one in times)
        and claims["exp"] > now
        and claims["iat"] <= now
        and claims.get("nbf", 0) <= now
        and claims["iss"] == good["iss"]
        and all(isinstance(one, str) for one in audience)
        and good["aud"] in audience
        and (claims["sub"], claims["sid"]) == (good["sub"], good["sid"])
    )
