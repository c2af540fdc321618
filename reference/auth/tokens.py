"""Access tokens (RFC 9068): issued, and verified to the last claim."""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from reference.auth import strictjws
from reference.auth.keys import KeyRing
from reference.auth.settings import Settings
from reference.auth.strictjws import CompactJws, Refused
from reference.common import clock

TYPE = "at+jwt"
CLIENT = "assay"
_LATEST = 1 << 53


@dataclass(frozen=True)
class Claims:
    """What a verified token says."""

    user_id: str
    session_id: str
    permissions: tuple[str, ...]
    expires_at: int
    token_id: str


class Issuer:
    """Makes access tokens."""

    def __init__(self, keys: KeyRing, settings: Settings, issuer: str) -> None:
        self._keys, self._settings, self._issuer = keys, settings, issuer

    def issue(
        self, user_id: str, session_id: str, permissions: Sequence[str], session_end: float
    ) -> tuple[str, int]:
        """A token for a session and the seconds it lives; it never outlives the session."""
        now = int(clock.seconds())
        lifetime = self.lifetime(now, session_end)
        claims = self.claims(user_id, session_id, permissions, now, now + lifetime)
        return self.sign(claims), lifetime

    def lifetime(self, now: int, session_end: float) -> int:
        """Seconds that a token issued now lives."""
        return max(1, min(self._settings.access_token_lifetime, math.floor(session_end) - now))

    def claims(
        self, user_id: str, session_id: str, permissions: Sequence[str], issued_at: int, expires_at: int
    ) -> dict[str, Any]:
        """Every claim of a token; nothing personal."""
        return {
            "iss": self._issuer,
            "aud": self._settings.audience,
            "sub": user_id,
            "iat": issued_at,
            "exp": expires_at,
            "jti": secrets.token_urlsafe(16),
            "sid": session_id,
            "client_id": CLIENT,
            "permissions": list(permissions),
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact JWS of the claims by the key that signs now."""
        key = self._keys.signing_key()
        return jwt.encode(claims, key.key, algorithm=key.algorithm, headers={"typ": TYPE, "kid": key.kid})


class Verifier:
    """Judges access tokens by themselves; whether their session lives is for Access to say."""

    def __init__(self, keys: KeyRing, settings: Settings, issuer: str) -> None:
        self._keys, self._settings, self._issuer = keys, settings, issuer

    def check(self, token: str) -> Claims:
        """What a token says, if it is to be believed; raises Refused otherwise.

        The aud may be a string or an array of strings and must contain this platform's audience. A token without a
        kid is accepted only while exactly one key is in use for its algorithm.
        """
        jws = self.check_signature(token)
        self.check_type(jws)
        claims = strictjws.read_object(jws.payload)
        self.check_origin(claims)
        self.check_times(claims)
        return self.read_claims(claims)

    def check_signature(self, token: str) -> CompactJws:
        """The token taken apart, if a known key signed it with its own algorithm; raises Refused otherwise."""
        jws = strictjws.parse(token)
        key = self._keys.find(jws.kid, jws.algorithm)
        if key is None:
            raise Refused("unknown-key")
        strictjws.verify(jws, key)
        return jws

    def check_type(self, jws: CompactJws) -> None:
        """Refuses a token that was made for something else."""
        if jws.header.get("typ", "").lower() not in (TYPE, f"application/{TYPE}"):
            raise Refused("wrong-type")

    def check_origin(self, claims: dict[str, Any]) -> None:
        """Refuses a token by or for somebody else."""
        if claims.get("iss") != self._issuer:
            raise Refused("wrong-issuer")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(one, str) for one in audiences) or self._settings.audience not in audiences:
            raise Refused("wrong-audience")

    def check_times(self, claims: dict[str, Any]) -> None:
        """Refuses a token that has expired or is not valid yet."""
        now, leeway = clock.seconds(), self._settings.leeway
        if moment(claims, "exp") + leeway <= now:
            raise Refused("expired")
        if moment(claims, "iat") > now + leeway:
            raise Refused("issued-in-future")
        if "nbf" in claims and moment(claims, "nbf") > now + leeway:
            raise Refused("not-yet-valid")

    def read_claims(self, claims: dict[str, Any]) -> Claims:
        """The claims in their types."""
        permissions = claims.get("permissions")
        if not isinstance(permissions, list) or not all(isinstance(one, str) for one in permissions):
            raise Refused("bad-permissions")
        if not isinstance(claims.get("client_id"), str) or not claims["client_id"]:
            raise Refused("bad-client-id")
        token_id = claims.get("jti")
        if not isinstance(token_id, str) or not 0 < len(token_id) <= 128:
            raise Refused("bad-jti")
        return Claims(
            user_id=identifier(claims, "sub"),
            session_id=identifier(claims, "sid"),
            permissions=tuple(permissions),
            expires_at=moment(claims, "exp"),
            token_id=token_id,
        )


def moment(claims: dict[str, Any], name: str) -> int:
    """A claim that is whole seconds since 1970."""
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LATEST:
        raise Refused(f"bad-{name}")
    return value


def identifier(claims: dict[str, Any], name: str) -> str:
    """A claim that is an identifier of this service."""
    value = claims.get(name)
    if not isinstance(value, str) or not strictjws.is_identifier(value):
        raise Refused(f"bad-{name}")
    return value
