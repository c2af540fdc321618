"""What can be said of issued tokens and published keys without asking the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from assay.evidence.expect import expect
from assay.token import keys
from assay.token.compact import Compact, decode, dumps, open_token
from assay.token.selection import private_members

#: The claims that tell about a person (OpenID Connect Core 1.0, 5.1, without sub), and some that hold a secret by
#: their name. Which others a service needs (tenant, rights, feature) only the platform knows.
PERSONAL = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "password",
    "password_hash",
    "secret",
    "client_secret",
    "refresh_token",
)
#: RFC 7518, section 3.3; NIST SP 800-131A allows no less.
SMALLEST_MODULUS = 2048


def key_of(token: str, key_set: Mapping[str, Any]) -> dict[str, Any]:
    """The published key that a token names; fails on its expectation when there is not exactly one."""
    kid = open_token(token).header.get("kid")
    published = [jwk for jwk in key_set.get("keys", []) if kid is None or jwk.get("kid") == kid]
    expect(
        len(published) == 1,
        f"one published key for kid {kid!r}",
        len(published),
        "the token's header and the key set",
    )
    return dict(published[0])


def signature_holds(token: str, key_set: Mapping[str, Any]) -> bool:
    """Whether a token's signature is by the published key that it names."""
    parts = Compact.of(token)
    algorithm = str(open_token(token).header.get("alg"))
    return keys.holds(key_of(token, key_set), algorithm, parts.signing_input, decode(parts.signature))


def verifies(jwk: Mapping[str, Any]) -> bool:
    """Whether a published key is there for signatures."""
    return jwk.get("use") != "enc"


def weaknesses(jwk: Mapping[str, Any]) -> list[str]:
    """What is wrong with a published key, in words; empty when nothing is.

    A key for encryption may stand beside those that verify (RFC 7517, 4.2); it is judged but for what it is used for.
    """
    found = [f"holds the private member {member}" for member in private_members(dict(jwk))]
    if jwk.get("kty") not in ("RSA", "EC", "OKP"):
        return [*found, f"is of type {jwk.get('kty')}"]
    if jwk.get("use", "sig") not in ("sig", "enc"):
        found.append(f"is for {jwk['use']}")
    if not jwk.get("kid"):
        found.append("has no kid")
    if verifies(jwk) and jwk.get("alg", "RS256") not in keys.ALGORITHMS:
        found.append(f"is for the algorithm {jwk.get('alg')}")
    try:
        public = keys.read(dict(jwk))
    except ValueError as error:
        return [*found, str(error)]
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        if numbers.n.bit_length() < SMALLEST_MODULUS:
            found.append(f"has {numbers.n.bit_length()} bits")
        if numbers.e < 65537:
            found.append(f"has the exponent {numbers.e}")
    return found


def repeated(values: Iterable[Any]) -> list[Any]:
    """What comes more than once, in the order of its first coming."""
    seen: dict[Any, int] = {}
    for value in values:
        seen[value] = seen.get(value, 0) + 1
    return [value for value, times in seen.items() if times > 1]


def personal(claims: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """The claims that are personal by their name, and the named words that stand anywhere in the claims."""
    text = dumps(dict(claims)).decode().lower()
    return [
        *(f"the claim {name}" for name in claims if name.lower() in PERSONAL),
        *(f"the {name}" for name, word in words.items() if word and word.lower() in text),
    ]


def close_ids(ids: Sequence[str]) -> list[str]:
    """Ids that can be guessed from others: too short, or the same but for a few letters."""
    found = [f"{one} has {len(one)} letters" for one in ids if len(one) < 16]
    for first, second in pairwise(ids):
        same = sum(a == b for a, b in zip(first, second, strict=False))
        if same > 0.6 * len(first):
            found.append(f"{first} and the next differ in {len(first) - same} letters")
    return found
