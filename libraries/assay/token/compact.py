"""The compact form of a token (RFC 7515, section 7.1), taken apart and put together without judging it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any


def encode(octets: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The octets of base64url, with or without padding; raises ValueError when it is something else."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def dumps(value: Any) -> bytes:
    """JSON without spaces, beyond ASCII escaped.

    Python's infinities and NaN are written as `Infinity` and `NaN`.
    """
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Compact:
    """The three segments of a token as they are written."""

    header: str
    payload: str
    signature: str

    @classmethod
    def of(cls, token: str) -> Compact:
        """Takes a token apart; raises ValueError unless it has three segments."""
        segments = token.split(".")
        if len(segments) != 3:
            raise ValueError(f"a token in compact form has three segments, this has {len(segments)}")
        return cls(*segments)

    @property
    def signing_input(self) -> bytes:
        """What the signature is made over (RFC 7515, section 5.1)."""
        return f"{self.header}.{self.payload}".encode()

    def __str__(self) -> str:
        return f"{self.header}.{self.payload}.{self.signature}"


@dataclass(frozen=True)
class Opened:
    """What a token says, unverified: its header and its claims."""

    header: dict[str, Any]
    claims: dict[str, Any]


def open_token(token: str) -> Opened:
    """Reads header and claims of a token in compact form; raises ValueError when it is no such token."""
    parts = Compact.of(token)
    both = [json.loads(decode(segment)) for segment in (parts.header, parts.payload)]
    if not all(isinstance(one, dict) for one in both):
        raise ValueError("header and claims of a token are JSON objects, these are not")
    return Opened(*both)


def write(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A token of these parts.

    Header and payload may be octets that are taken as they are, or anything for JSON.
    """
    first, second = (encode(part if isinstance(part, bytes) else dumps(part)) for part in (header, payload))
    return f"{first}.{second}.{encode(signature)}"
