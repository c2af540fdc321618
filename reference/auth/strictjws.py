"""JWS in compact form (RFC 7515), read so strictly that each token has one spelling and each key one algorithm."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from jwt.algorithms import get_default_algorithms

from reference.auth.publickeys import PublicKey
from reference.common import strictjson

MAX_LENGTH = 16384
MAX_KID = 128
_SEGMENT = re.compile(r"[A-Za-z0-9_-]*")
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ALGORITHMS = get_default_algorithms()

#: Header members that would change what is verified, or bring a key along. None is ever used, so none is accepted.
REFUSED_MEMBERS = ("crit", "b64", "zip", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "enc")


class Refused(Exception):
    """A token is not accepted; the reason is for the security log and never for the caller.

    Whose token it is, and of which session, is told only where its signature has been verified.
    """

    def __init__(
        self,
        reason: str,
        user_id: str | None = None,
        session_id: str | None = None,
        key_id: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.user_id, self.session_id, self.key_id = reason, user_id, session_id, key_id


@dataclass(frozen=True)
class CompactJws:
    """The parts of a token that is well formed. Nothing in it has been verified."""

    header: dict[str, Any]
    payload: bytes
    signature: bytes
    signing_input: bytes

    @property
    def algorithm(self) -> str:
        """The algorithm that the header names."""
        return str(self.header["alg"])

    @property
    def kid(self) -> str | None:
        """The key that the header names, if it names one."""
        return self.header.get("kid")


def parse(token: str) -> CompactJws:
    """Takes a token apart; raises Refused unless it is three canonical segments with an acceptable header."""
    if len(token) > MAX_LENGTH:
        raise Refused("too-long")
    segments = token.split(".")
    if len(segments) != 3:
        raise Refused("not-three-segments")
    header, payload, signature = (decode_segment(segment) for segment in segments)
    return CompactJws(
        header=check_header(read_object(header)),
        payload=payload,
        signature=signature,
        signing_input=f"{segments[0]}.{segments[1]}".encode("ascii"),
    )


def decode_segment(segment: str) -> bytes:
    """base64url without padding, in its only canonical spelling (RFC 7515 section 2, RFC 4648 section 3.5)."""
    if not _SEGMENT.fullmatch(segment):
        raise Refused("not-base64url")
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (ValueError, binascii.Error):
        raise Refused("not-base64url") from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != segment:
        raise Refused("not-canonical-base64url")
    return decoded


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object in which no name comes twice."""
    try:
        value = strictjson.loads(data)
    except strictjson.NotStrict:
        raise Refused("not-strict-json") from None
    if not isinstance(value, dict):
        raise Refused("not-an-object")
    return value


def check_header(header: dict[str, Any]) -> dict[str, Any]:
    """The header, if it asks for nothing but a verification with a key known here."""
    for member in REFUSED_MEMBERS:
        if member in header:
            raise Refused("header-member-refused")
    if not isinstance(header.get("alg"), str):
        raise Refused("no-algorithm")
    kid = header.get("kid")
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID and kid.isprintable()):
        raise Refused("bad-kid")
    if "typ" in header and not isinstance(header["typ"], str):
        raise Refused("bad-type")
    return header


def verify(jws: CompactJws, key: PublicKey) -> None:
    """Checks the signature with a key; raises Refused unless it is by that key and that key's own algorithm."""
    if jws.algorithm != key.algorithm:
        raise Refused("algorithm-not-of-key")
    if not signature_holds(key, jws.signing_input, jws.signature):
        raise Refused("bad-signature")


def signature_holds(key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """The arithmetic itself, by the algorithm that the key is bound to."""
    try:
        return bool(_ALGORITHMS[key.algorithm].verify(signed, key.key, signature))
    except (InvalidSignature, ValueError):
        return False


def is_identifier(text: str) -> bool:
    """Whether a text has the one form of an identifier here: a UUID in lower case."""
    return _IDENTIFIER.fullmatch(text) is not None
