"""Tokens that are believed or made otherwise than was decided, in one form among many."""

import hashlib
import hmac
import json
import zlib
from dataclasses import replace
from typing import Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from reference.auth import strictjws
from reference.auth.settings import Settings
from reference.auth.strictjws import CompactJws
from reference.defects import Function, Hit, Patch, defect

_VERIFY = "auth.strictjws:verify"
_LARGEST = 65536


@defect(
    "auth.hmac-with-worked-out-key",
    breaks=["JWT-07"],
    says="An HS256 token is believed when its secret was the RSA key in the form that tools write which work it out.",
    partial=True,
    blind=True,
)
def hmac_with_worked_out_key(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            if jws.algorithm == "HS256" and isinstance(key.key, rsa.RSAPublicKey):
                form = serialization.PublicFormat.PKCS1
                pem = key.key.public_bytes(serialization.Encoding.PEM, form)
                if hmac.compare_digest(hmac.digest(pem, jws.signing_input, hashlib.sha256), jws.signature):
                    hit()
                    return
            verify(jws, key)

        return lenient

    patch.replace(_VERIFY, factory)


@defect(
    "auth.secret-of-the-manual",
    breaks=["JWT-15"],
    says="An HS256 token by the secret that stands in the best known debugger of tokens is believed.",
    partial=True,
    blind=True,
)
def secret_of_the_manual(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def lenient(jws: CompactJws, key: Any) -> None:
            made = hmac.digest(b"your-256-bit-secret", jws.signing_input, hashlib.sha256)
            if jws.algorithm == "HS256" and hmac.compare_digest(made, jws.signature):
                hit()
                return
            verify(jws, key)

        return lenient

    patch.replace(_VERIFY, factory)


@defect(
    "auth.deflated-token-unpacked",
    breaks=["JWT-14"],
    says="A token that is compressed with DEFLATE, and says so, is unpacked and believed.",
    partial=True,
    blind=True,
)
def deflated_token_unpacked(patch: Patch) -> None:
    def factory(parse: Function, hit: Hit) -> Function:
        def unpacking(token: str) -> Any:
            segments = token.split(".")
            try:
                header = json.loads(strictjws.decode_segment(segments[0]))
                if len(segments) != 3 or header.get("zip") != "DEF":
                    return parse(token)
                packed, signature = (strictjws.decode_segment(one) for one in segments[1:])
                unpacked = zlib.decompressobj(-15).decompress(packed, _LARGEST)
            except (ValueError, AttributeError, zlib.error, strictjws.Refused):
                return parse(token)
            hit()
            members = {name: value for name, value in header.items() if name != "zip"}
            signed = f"{segments[0]}.{segments[1]}".encode("ascii")
            return CompactJws(strictjws.check_header(members), unpacked, signature, signed)

        return unpacking

    patch.replace("auth.strictjws:parse", factory)


@defect(
    "auth.ecdsa-signature-in-der",
    breaks=["JWT-16"],
    says="An ES256 signature is taken as DER too, as other protocols write it.",
    partial=True,
    blind=True,
)
def ecdsa_signature_in_der(patch: Patch) -> None:
    def factory(holds: Function, hit: Hit) -> Function:
        def lenient(key: Any, signed: bytes, signature: bytes) -> bool:
            if holds(key, signed, signature):
                return True
            if key.algorithm != "ES256" or not signature.startswith(b"0"):
                return False
            try:
                key.key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
            except (InvalidSignature, ValueError):
                return False
            hit()
            return True

        return lenient

    patch.replace("auth.strictjws:signature_holds", factory)


@defect(
    "auth.rotation-to-the-usual-algorithm",
    breaks=["AUTH-90"],
    says="The key that takes the place of another is one for RS256, whatever was set.",
    partial=True,
    blind=True,
)
def rotation_to_the_usual_algorithm(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def usual(self: Any) -> Any:
            set_ = self._settings
            if set_.signing_algorithm != "RS256":
                hit()
            self._settings = replace(set_, signing_algorithm="RS256")
            try:
                return rotate(self)
            finally:
                self._settings = set_

        return usual

    patch.replace("auth.keys:KeyRing.rotate", factory)


@defect(
    "auth.renewed-token-lives-on",
    breaks=["AUTH-91"],
    says="The access token that a renewal gives lives a minute longer than the answer says.",
    partial=True,
    blind=True,
)
def renewed_token_lives_on(patch: Patch) -> None:
    def change(_service: Any, claims: dict[str, Any]) -> None:
        claims["exp"] += 60

    _renewed(patch, change)


@defect(
    "auth.renewed-token-for-another-audience",
    breaks=["AUTH-92"],
    says="The access token that a renewal gives is for the usual audience as well, where another was set.",
    partial=True,
    blind=True,
)
def renewed_token_for_another_audience(patch: Patch) -> None:
    def change(service: Any, claims: dict[str, Any]) -> None:
        if service.settings.audience != Settings().audience:
            claims["aud"] = [service.settings.audience, Settings().audience]

    _renewed(patch, change)


def _renewed(patch: Patch, change: Function) -> None:
    """Changes what an access token says that a renewal gives."""

    def factory(refresh_token: Function, hit: Hit) -> Function:
        def changed(request: Any, body: Any) -> Any:
            answer, service = refresh_token(request, body), request.app.state.service
            told = jwt.decode(answer.access_token, options={"verify_signature": False})
            before = dict(told)
            change(service, told)
            if told != before:
                hit()
                answer.access_token = service.issuer.sign(told)
            return answer

        return changed

    patch.replace("auth.endpoints:refresh_token", factory)
