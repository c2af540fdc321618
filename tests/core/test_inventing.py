"""Values that nobody gives: proof keys as RFC 7636 has them, and chance."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from assay.core.inventing import invent, is_invented


def test_verifier_and_challenge_are_a_pair_in_either_order() -> None:
    for names in (("pkce.verifier", "pkce.challenge"), ("pkce.challenge", "pkce.verifier")):
        known: dict[str, Any] = {}
        for name in names:
            invent(name, known)
        digest = hashlib.sha256(known["pkce.verifier"].encode()).digest()
        assert known["pkce.challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", known["pkce.verifier"])  # RFC 7636, 4.1


def test_chance_is_the_same_within_a_call_and_other_in_the_next() -> None:
    known: dict[str, Any] = {}
    assert invent("random.state", known) == invent("random.state", known)
    assert invent("random.state", known) != invent("random.nonce", known)
    assert invent("random.state", known) != invent("random.state", {})


def test_only_what_is_invented_is() -> None:
    assert is_invented("random.x")
    assert not is_invented("random.")
    assert invent("email", {}) is None
