"""Values that a dialect may ask for by name and that nobody gives: proof keys, nonces."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import MutableMapping
from typing import Any

_VERIFIER, _CHALLENGE = "pkce.verifier", "pkce.challenge"
INVENTED = (_VERIFIER, _CHALLENGE)
RANDOM = "random."


def is_invented(name: str) -> bool:
    """Whether a name in a dialect stands for something that is invented."""
    return name in INVENTED or (name.startswith(RANDOM) and len(name) > len(RANDOM))


def invent(name: str, known: MutableMapping[str, Any]) -> str | None:
    """The value of an invented name, the same as long as `known` is the same; None for a name that is not invented.

    `pkce.verifier` and `pkce.challenge` are a pair of RFC 7636 (S256); `random.ANYTHING` is 128 bits of chance.
    """
    if not is_invented(name):
        return None
    if name not in known:
        if name == _CHALLENGE:
            verifier = str(invent(_VERIFIER, known))
            known[name] = _text(hashlib.sha256(verifier.encode()).digest())
        else:
            known[name] = _text(secrets.token_bytes(32 if name == _VERIFIER else 16))
    return str(known[name])


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
