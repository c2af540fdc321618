"""Codes of a second factor, computed from the standards alone: HOTP (RFC 4226) by time (RFC 6238)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from urllib.parse import parse_qsl, unquote, urlsplit

STEP = 30
DIGITS = 6


def code(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step of time by HMAC-SHA-1 (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[at : at + 4])
    return str((number & 0x7FFFFFFF) % 10**digits).zfill(digits)


def decoded(secret: str) -> bytes:
    """A secret as apps take it: base32 (RFC 4648), in any case, with or without padding and spaces. Raises ValueError."""
    letters = secret.replace(" ", "").rstrip("=").upper()
    return base64.b32decode(letters + "=" * (-len(letters) % 8))


def objections(uri: str, secret: str, account: str) -> list[str]:
    """In what an otpauth address is not as apps read it, for SHA-1, 30 seconds and six digits.

    Source: the Key URI format of Google Authenticator; what it leaves out has these values.
    """
    parts = urlsplit(uri)
    said = dict(parse_qsl(parts.query))
    label = unquote(parts.path.lstrip("/"))
    issuer, _, name = label.rpartition(":")
    wrong = {
        f"it begins with {parts.scheme}://{parts.netloc}": (parts.scheme, parts.netloc)
        != ("otpauth", "totp"),
        "it has another secret": said.get("secret", "").upper().rstrip("=") != secret.upper().rstrip("="),
        "it names another account": name.strip() != account,
        "it names no issuer": not said.get("issuer"),
        "its two issuers differ": bool(issuer) and issuer != said.get("issuer"),
        "it wants another algorithm than SHA-1": said.get("algorithm", "SHA1").upper() != "SHA1",
        "it wants other than six digits": said.get("digits", "6") != "6",
        "it wants other than 30 seconds": said.get("period", "30") != "30",
    }
    return [objection for objection, holds in wrong.items() if holds]
