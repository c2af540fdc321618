"""Material of the tests: keys of every type and a good token by each."""

from __future__ import annotations

import time
from functools import cache

import pytest
from assay.token import keys
from assay.token.keys import SigningKey
from assay.token.material import Material, signed

ALGORITHMS = ("RS256", "ES256", "EdDSA")


@cache
def key(algorithm: str) -> SigningKey:
    return keys.make(algorithm)


def claims(user: str = "user-1") -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": "http://127.0.0.1:8001",
        "aud": "platform",
        "sub": user,
        "sid": f"session-of-{user}",
        "jti": f"id-of-{user}",
        "client_id": "web",
        "permissions": ["profile:read"],
        "iat": now,
        "exp": now + 900,
    }


def material(algorithm: str) -> Material:
    own = key(algorithm)
    header = {"alg": algorithm, "typ": "at+jwt", "kid": own.kid}
    return Material(
        signed(own, header, claims()),
        (own.jwk,),
        own,
        "http://127.0.0.1:9/keys.json",
        signed(own, header, claims("user-2")),
    )


@pytest.fixture(params=ALGORITHMS)
def made(request: pytest.FixtureRequest) -> Material:
    """A good token and all that a forger could have, for one algorithm."""
    return material(request.param)
