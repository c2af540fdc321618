"""Keys as they are given: Secrets in hexadecimal, base64, PEM or age's own form."""

from __future__ import annotations

import base64
import binascii
import re

from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.evidence.redact import conceal

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_SIZES = (16, 24, 32, 64)


def octets(key: Secret | str | bytes) -> bytes:
    """The bytes of a key; none of the ways to write them is shown from then on."""
    if isinstance(key, bytes):
        return _hidden(key)
    text = (key.value if isinstance(key, Secret) else key).strip()
    conceal(text, "key")
    if text.startswith(("-----BEGIN", "AGE-SECRET-KEY-")):
        return text.encode()
    return _hidden(_decoded(text))


def _decoded(text: str) -> bytes:
    if _HEX.fullmatch(text) and len(text) // 2 in _SIZES:
        return bytes.fromhex(text)
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise AssayError(
            "the key cannot be read; right would be hexadecimal, base64, a private key in PEM or AGE-SECRET-KEY-1..."
        ) from None


def _hidden(key: bytes) -> bytes:
    conceal(key.hex(), "key")
    conceal(base64.b64encode(key).decode(), "key")
    return key
