"""Pages of long lists: a cursor says after which entry the next page begins, and is good for the same question only."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from reference.common import problems

_MAC_BYTES = 16


class Cursors:
    """Makes cursors and takes back only what it made."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"cursors of lists", hashlib.sha256).digest()

    def write(self, question: Any, place: Sequence[str]) -> str:
        """A cursor for the entries after a place in the answer to a question."""
        payload = json.dumps(list(place)).encode()
        return base64.urlsafe_b64encode(self._mac(question, payload) + payload).decode().rstrip("=")

    def read(self, question: Any, cursor: str) -> list[str]:
        """The place that a cursor of the same question names; any other is an invalid request."""
        try:
            whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refusal() from None
        mac, payload = whole[:_MAC_BYTES], whole[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(question, payload)):
            raise _refusal()
        place: list[str] = json.loads(payload)
        return place

    def _mac(self, question: Any, payload: bytes) -> bytes:
        asked = json.dumps(question, sort_keys=True).encode()
        return hmac.new(self._key, asked + b"\0" + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _refusal() -> problems.Problem:
    return problems.Problem(
        "invalid-request", errors=[{"field": "cursor", "detail": "is not one of this list"}]
    )
