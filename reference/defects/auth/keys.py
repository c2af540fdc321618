"""Keys that should not verify and do, keys that should and do not, and keys that are shown."""

import base64
import http.client
import json
import os
import urllib.parse
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reference.auth import publickeys, strictjws
from reference.auth.publickeys import PublicKey
from reference.auth.strictjws import CompactJws, Refused
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


def _read_key(jwk: dict[str, Any], header: dict[str, Any]) -> PublicKey:
    try:
        return publickeys.read({**jwk, "alg": header.get("alg"), "kid": "brought-along"})
    except publickeys.BadKey:
        raise Refused("unknown-key") from None


def _believe_brought_keys(patch: Patch, member: str, key_of: Function) -> None:
    """Verifies with the key that a member of the header brings along, where key_of(verifier, header) finds one."""

    def factory_header(check_header: Function, hit: Hit) -> Function:
        def lenient(header: dict[str, Any]) -> Any:
            rest = {name: value for name, value in header.items() if name != member}
            check_header(rest)
            return header

        return lenient

    def factory(check_signature: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str) -> Any:
            jws: CompactJws = strictjws.parse(token)
            if member not in jws.header:
                return check_signature(self, token)
            hit()
            key = key_of(self, jws.header)
            strictjws.verify(jws, key)
            return jws

        return lenient

    patch.replace("auth.strictjws:check_header", factory_header)
    patch.replace("auth.tokens:Verifier.check_signature", factory)


@defect(
    "auth.jwk-trusted",
    breaks=["JWT-18"],
    says="A token that brings its own key along in its header is checked with that key.",
    partial=False,
    blind=True,
)
def jwk_trusted(patch: Patch) -> None:
    def key_of(_verifier: Any, header: dict[str, Any]) -> PublicKey:
        if not isinstance(header["jwk"], dict):
            raise Refused("unknown-key")
        return _read_key(header["jwk"], header)

    _believe_brought_keys(patch, "jwk", key_of)


@defect(
    "auth.x5c-trusted",
    breaks=["JWT-20"],
    says="A token that brings a certificate is checked with its key, whoever signed the certificate.",
    partial=False,
    blind=True,
)
def x5c_trusted(patch: Patch) -> None:
    def key_of(_verifier: Any, header: dict[str, Any]) -> PublicKey:
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        except (ValueError, TypeError, LookupError):
            raise Refused("unknown-key") from None
        return PublicKey("brought-along", header["alg"], certificate.public_key())  # type: ignore[arg-type]

    _believe_brought_keys(patch, "x5c", key_of)


def _fetch(address: str) -> bytes:
    """What is at an address of plain HTTP; nothing where nobody answers at once."""
    try:
        parts = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=0.5)
        connection.request("GET", parts.path or "/")
        return connection.getresponse().read(65536)
    except (OSError, ValueError, http.client.HTTPException):
        return b""


@defect(
    "auth.jku-fetched",
    breaks=["JWT-19"],
    says="Keys are fetched from the jku of a token if that begins like an address of this host, whatever the port.",
    partial=True,
    blind=True,
)
def jku_fetched(patch: Patch) -> None:
    def key_of(_verifier: Any, header: dict[str, Any]) -> PublicKey:
        address = header["jku"]
        own = os.environ["ASSAY_AUTH_PUBLIC_URL"].rpartition(":")[0]
        if not isinstance(address, str) or not address.startswith(own):
            raise Refused("unknown-key")
        try:
            keys = json.loads(_fetch(address))["keys"]
            fitting = [one for one in keys if one.get("kid") == header.get("kid")] or keys
            return _read_key(fitting[0], header)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise Refused("unknown-key") from None

    _believe_brought_keys(patch, "jku", key_of)


@defect(
    "auth.x5u-fetched",
    breaks=["JWT-19"],
    says="The x5u of a token is requested from wherever it points, before the token is refused for having one.",
    partial=True,
    blind=True,
)
def x5u_fetched(patch: Patch) -> None:
    def factory(check_header: Function, hit: Hit) -> Function:
        def curious(header: dict[str, Any]) -> Any:
            if isinstance(header.get("x5u"), str):
                hit()
                _fetch(header["x5u"])
            return check_header(header)

        return curious

    patch.replace("auth.strictjws:check_header", factory)


@defect(
    "auth.kid-required",
    breaks=["JWT-22"],
    says="A token that names no key is refused even while there is only one key it can mean.",
    partial=False,
    blind=True,
)
def kid_required(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def strict(self: Any, kid: str | None, algorithm: str) -> Any:
            found = find(self, kid, algorithm)
            if kid is None and found is not None:
                hit()
                return None
            return found

        return strict

    patch.replace("auth.keys:KeyRing.find", factory)


_ENCRYPTIONS = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32}


@defect(
    "auth.encrypted-token-believed",
    breaks=["JWT-13"],
    says="What is inside a token that was encrypted to the published key is believed, whoever signed it, or nobody.",
    partial=True,
    blind=True,
)
def encrypted_token_believed(patch: Patch) -> None:
    def factory(check_signature: Function, hit: Hit) -> Function:
        def unwrapping(self: Any, token: str) -> Any:
            if token.count(".") != 4:
                return check_signature(self, token)
            try:
                header, inner = _decrypt(self._keys.signing_key().key, token)
                name = str(header.get("kid", ""))
                jws: CompactJws = strictjws.parse(inner) if inner.count(".") == 2 else _claims_only(inner)
            except (ValueError, LookupError, TypeError, AttributeError):
                raise Refused("not-three-segments") from None
            if name and name != self._keys.signing_key().kid:
                raise Refused("unknown-key")
            hit()
            return jws

        return unwrapping

    patch.replace("auth.tokens:Verifier.check_signature", factory)


def _decrypt(key: Any, token: str) -> tuple[dict[str, Any], str]:
    """The header and the content of a JWE by RSA-OAEP with AES-GCM."""
    first, wrapped, nonce, sealed, tag = (_decode(part) for part in token.split("."))
    header: dict[str, Any] = json.loads(first)
    digest = {"RSA-OAEP": hashes.SHA1, "RSA-OAEP-256": hashes.SHA256}[header["alg"]]()
    secret = key.decrypt(wrapped, padding.OAEP(padding.MGF1(digest), digest, None))
    if len(secret) != _ENCRYPTIONS[header["enc"]]:
        raise ValueError(header["enc"])
    try:
        content = AESGCM(secret).decrypt(nonce, sealed + tag, token.partition(".")[0].encode())
    except InvalidTag:
        raise ValueError("sealed with another key") from None
    return header, content.decode()


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _claims_only(inner: str) -> CompactJws:
    """What is encrypted without an inner signature, as if it had one."""
    return CompactJws({"alg": "none", "typ": "at+jwt"}, inner.encode(), b"", b"")


@defect(
    "auth.private-member-published",
    breaks=["JWT-23"],
    says="Where tokens are signed with ES256, the published key set holds the private member of the key that signs.",
    partial=True,
    blind=True,
)
def private_member_published(patch: Patch) -> None:
    def factory(get_jwks: Function, hit: Hit) -> Function:
        def telling(request: Any) -> Any:
            answer = get_jwks(request)
            signing = request.app.state.service.keys.signing_key()
            if not isinstance(signing.key, ec.EllipticCurvePrivateKey):
                return answer
            hit()
            told = json.loads(answer.body)
            for jwk in told["keys"]:
                if jwk["kid"] == signing.kid:
                    jwk["d"] = publickeys.encode(signing.key.private_numbers().private_value, 32)
            return type(answer)(told, headers={"Cache-Control": answer.headers["cache-control"]})

        return telling

    patch.replace("auth.endpoints:get_jwks", factory)


@defect(
    "auth.retired-key-verifies",
    breaks=["JWT-24"],
    says="After its overlap a retired key is no longer published, but tokens signed with it are still accepted.",
    partial=True,
    blind=True,
)
def retired_key_verifies(patch: Patch) -> None:
    def factory(by_name: Function, hit: Hit) -> Function:
        def forgetful(self: Any, kid: str) -> Any:
            found = by_name(self, kid)
            entry = self._ring.get(kid)
            if found is None and entry is not None:
                hit()
                return entry.public
            return found

        return forgetful

    patch.replace("auth.keys:KeyRing._by_name", factory)


@defect(
    "auth.retired-key-dropped",
    breaks=["JWT-24"],
    says="A key that was replaced is published for its overlap, but tokens signed with it are refused at once.",
    partial=True,
    blind=True,
)
def retired_key_dropped(patch: Patch) -> None:
    def factory(by_name: Function, hit: Hit) -> Function:
        def hasty(self: Any, kid: str) -> Any:
            found = by_name(self, kid)
            entry = self._ring.get(kid)
            if found is not None and entry is not None and entry.retired_at is not None:
                hit()
                return None
            return found

        return hasty

    patch.replace("auth.keys:KeyRing._by_name", factory)


@defect(
    "auth.retired-key-lost-on-restart",
    breaks=["AUTH-45", "JWT-24"],
    says="A restart forgets the keys that were retired before it, though their overlap has not passed.",
    partial=True,
    blind=True,
)
def retired_key_lost_on_restart(patch: Patch) -> None:
    started = clock.now()

    def factory(still_verifies: Function, hit: Hit) -> Function:
        def forgetful(self: Any, entry: Any) -> bool:
            verifies = bool(still_verifies(self, entry))
            if verifies and entry.retired_at is not None and entry.retired_at < started:
                hit()
                return False
            return verifies

        return forgetful

    patch.replace("auth.keys:KeyRing.still_verifies", factory)
