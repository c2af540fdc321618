"""Signatures that are not checked, or not all of them."""

import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from jwt.algorithms import get_default_algorithms

from reference.auth.strictjws import CompactJws, Refused
from reference.defects import Function, Hit, Patch, defect

_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


@defect(
    "auth.alg-none",
    breaks=["JWT-01"],
    says="The algorithm none is refused in its three usual spellings; in any other, as nOnE, it needs no signature.",
    partial=True,
    blind=True,
)
def alg_none(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            if jws.algorithm.lower() == "none" and jws.algorithm not in ("none", "None", "NONE"):
                hit()
                return
            verify(jws, key)

        return lenient

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.signature-stripped",
    breaks=["JWT-02"],
    says="A token that ends with the second dot has no signature that could be wrong, and is believed.",
    partial=True,
    blind=True,
)
def signature_stripped(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            if jws.algorithm == key.algorithm and not jws.signature:
                hit()
                return
            verify(jws, key)

        return lenient

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.fourth-segment-ignored",
    breaks=["JWT-02"],
    says="Whatever follows the signature after one more dot is cut off before the token is checked.",
    partial=True,
    blind=True,
)
def fourth_segment_ignored(patch: Patch) -> None:
    def factory(parse: Function, hit: Hit) -> Function:
        def lenient(token: str) -> Any:
            if token.count(".") == 3:
                hit()
                token = token.rpartition(".")[0]
            return parse(token)

        return lenient

    patch.replace("auth.strictjws:parse", factory)


def _believe_hmac(patch: Patch, algorithm: str) -> None:
    """HS256 with the PEM of a key of an algorithm for a secret."""

    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            if jws.algorithm == "HS256" and key.algorithm == algorithm:
                pem = key.key.public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
                if hmac.compare_digest(hmac.digest(pem, jws.signing_input, hashlib.sha256), jws.signature):
                    hit()
                    return
            verify(jws, key)

        return lenient

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.hmac-with-public-key",
    breaks=["JWT-05"],
    says="An HS256 token is believed when the PEM of the published RSA key served as its secret.",
    partial=True,
    blind=True,
)
def hmac_with_public_key(patch: Patch) -> None:
    _believe_hmac(patch, "RS256")


@defect(
    "auth.hmac-with-public-key-es256",
    breaks=["JWT-06"],
    says="Where tokens are signed with ES256, an HS256 token with the PEM of the public key for a secret is believed.",
    partial=True,
    blind=True,
)
def hmac_with_public_key_es256(patch: Patch) -> None:
    _believe_hmac(patch, "ES256")


@defect(
    "auth.key-for-two-algorithms",
    breaks=["JWT-06"],
    says="A key that is published for RS256 verifies PS256 too.",
    partial=True,
    blind=True,
)
def key_for_two_algorithms(patch: Patch) -> None:
    algorithms = get_default_algorithms()

    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            is_pss = jws.algorithm == "PS256" and key.algorithm == "RS256"
            if is_pss and algorithms["PS256"].verify(jws.signing_input, key.key, jws.signature):
                hit()
                return
            verify(jws, key)

        return lenient

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.verdict-remembered",
    breaks=["JWT-08"],
    says="What was verified once is remembered without its signature, and holds with any other of the same length.",
    partial=True,
    blind=True,
)
def verdict_remembered(patch: Patch) -> None:
    known: dict[bytes, int] = {}

    def factory(verify: Function, hit: Hit) -> Function:
        def hasty(jws: CompactJws, key: Any) -> None:
            try:
                verify(jws, key)
            except Refused:
                if known.get(jws.signing_input) != len(jws.signature):
                    raise
                hit()
            known[jws.signing_input] = len(jws.signature)

        return hasty

    patch.replace("auth.strictjws:verify", factory)


@defect(
    "auth.psychic-signature",
    breaks=["JWT-04"],
    says="An ES256 signature of nothing but zeros fits every token.",
    partial=True,
    blind=True,
)
def psychic_signature(patch: Patch) -> None:
    def factory(holds: Function, hit: Hit) -> Function:
        def lenient(key: Any, signed: bytes, signature: bytes) -> bool:
            if key.algorithm == "ES256" and signature == bytes(64):
                hit()
                return True
            return bool(holds(key, signed, signature))

        return lenient

    patch.replace("auth.strictjws:signature_holds", factory)


@defect(
    "auth.ed25519-malleable",
    breaks=["JWT-17"],
    says="Adding the order of the curve to an EdDSA signature makes a second one that is accepted.",
    partial=True,
    blind=True,
)
def ed25519_malleable(patch: Patch) -> None:
    def factory(holds: Function, hit: Hit) -> Function:
        def lenient(key: Any, signed: bytes, signature: bytes) -> bool:
            scalar = int.from_bytes(signature[32:], "little")
            if key.algorithm != "EdDSA" or len(signature) != 64 or scalar < _ED25519_ORDER:
                return bool(holds(key, signed, signature))
            reduced = signature[:32] + (scalar % _ED25519_ORDER).to_bytes(32, "little")
            if holds(key, signed, reduced):
                hit()
                return True
            return False

        return lenient

    patch.replace("auth.strictjws:signature_holds", factory)


@defect(
    "auth.padding-tolerated",
    breaks=["JWT-09"],
    says="A token whose signature carries base64 padding is accepted beside the one without.",
    partial=True,
    blind=True,
)
def padding_tolerated(patch: Patch) -> None:
    def factory(decode: Function, hit: Hit) -> Function:
        def lenient(segment: str) -> Any:
            if segment.endswith("=") and len(segment) % 4 == 0:
                hit()
                segment = segment.rstrip("=")
            return decode(segment)

        return lenient

    patch.replace("auth.strictjws:decode_segment", factory)


@defect(
    "auth.trailing-bits-tolerated",
    breaks=["JWT-09"],
    says="The bits of the last character that mean nothing may have any value, which gives each token many spellings.",
    partial=True,
    blind=True,
)
def trailing_bits_tolerated(patch: Patch) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    unused = {2: 4, 3: 2}

    def factory(decode: Function, hit: Hit) -> Function:
        def lenient(segment: str) -> Any:
            try:
                return decode(segment)
            except Refused as refused:
                bits = unused.get(len(segment) % 4)
                if refused.reason != "not-canonical-base64url" or bits is None:
                    raise
                hit()
                last = letters[letters.index(segment[-1]) >> bits << bits]
                return decode(segment[:-1] + last)

        return lenient

    patch.replace("auth.strictjws:decode_segment", factory)


@defect(
    "auth.duplicate-claims",
    breaks=["JWT-10"],
    says="A claim that comes twice in a token is not noticed; the later one counts.",
    partial=True,
    blind=True,
)
def duplicate_claims(patch: Patch) -> None:
    def factory(read_object: Function, hit: Hit) -> Function:
        def lenient(data: bytes) -> Any:
            try:
                return read_object(data)
            except Refused:
                try:
                    value = json.loads(data)
                except ValueError:
                    value = None
                if not isinstance(value, dict) or "alg" in value:
                    raise
                hit()
                return value

        return lenient

    patch.replace("auth.strictjws:read_object", factory)


@defect(
    "auth.crit-ignored",
    breaks=["JWT-12"],
    says="A header that demands an extension nobody here knows is accepted as if it demanded nothing.",
    partial=True,
    blind=True,
)
def crit_ignored(patch: Patch) -> None:
    _ignore_member(patch, "crit")


@defect(
    "auth.b64-ignored",
    breaks=["JWT-12"],
    says="A header that says its payload is not encoded is accepted, and the payload decoded all the same.",
    partial=True,
    blind=True,
)
def b64_ignored(patch: Patch) -> None:
    _ignore_member(patch, "b64")


def _ignore_member(patch: Patch, member: str) -> None:
    def factory(check_header: Function, hit: Hit) -> Function:
        def lenient(header: dict[str, Any]) -> Any:
            if member in header:
                hit()
                header = {name: value for name, value in header.items() if name != member}
            return check_header(header)

        return lenient

    patch.replace("auth.strictjws:check_header", factory)


@defect(
    "auth.json-serialisation",
    breaks=["JWT-11"],
    says="Where a token comes in a body, the flattened JSON form of a token is taken as well as the compact one.",
    partial=True,
    blind=True,
)
def json_serialisation(patch: Patch) -> None:
    def factory(parse: Function, hit: Hit) -> Function:
        def lenient(token: str) -> Any:
            if token.startswith("{"):
                try:
                    told = json.loads(token)
                    token = ".".join((told["protected"], told["payload"], told["signature"]))
                except (ValueError, KeyError, TypeError):
                    raise Refused("not-three-segments") from None
                hit()
            return parse(token)

        return lenient

    patch.replace("auth.strictjws:parse", factory)
