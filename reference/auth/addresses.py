"""E-mail addresses: one spelling for each, and nothing in them that could reach into a mail's headers."""

import re
import unicodedata

from reference.common import problems

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+(\.[^\s@\"(),:;<>\[\]\\.\x00-\x1f\x7f]+)*")
_ENCODED_WORD = "=?"  # RFC 2047: what writes the mail would decode it, and send it to another address
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def normalise(address: str) -> str | None:
    """The one spelling under which an address is kept, None if it is none: trimmed, NFKC, lower case, ASCII domain."""
    text = unicodedata.normalize("NFKC", address.strip()).strip().lower()
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > 64:
        return None
    if _ENCODED_WORD in local:
        return None
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    normal = f"{local}@{domain}"
    return normal if len(normal.encode()) <= 254 else None


def require(address: str) -> str:
    """The normal spelling of an address that can have an account; raises a Problem where there is none."""
    normal = normalise(address)
    if normal is None:
        raise problems.Problem(
            "invalid-request", errors=[{"field": "email", "detail": "is no e-mail address"}]
        )
    return normal
