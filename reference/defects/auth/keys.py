"""Keys that should not verify and do, keys that should and do not, and keys that are shown."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import urllib.parse
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

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
            key = key_of(self, jws.header)
            hit()
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
    "auth.kid-in-query",
    breaks=["JWT-21"],
    says="The kid of a token is pasted into a database query: one with a quote ends in a server error.",
    partial=True,
    blind=True,
)
def kid_in_query(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def pasted(self: Any, kid: str | None, algorithm: str) -> Any:
            if kid is not None and "'" in kid:
                hit()
                query = f"SELECT public_jwk FROM auth_signing_keys WHERE kid = '{kid}'"
                with self._database.transaction() as connection:
                    row = connection.execute(text(query.replace(":", "\\:"))).first()
                return publickeys.read(row[0]) if row is not None else None
            return find(self, kid, algorithm)

        return pasted

    patch.replace("auth.keys:KeyRing.find", factory)


@defect(
    "auth.kid-as-file",
    breaks=["JWT-21", "JWT-03"],
    says="A kid with a slash is read as a file of a secret: one that leads to /dev/null gives a secret everybody knows.",
    partial=True,
    blind=True,
)
def kid_as_file(patch: Patch) -> None:
    def factory(check_signature: Function, hit: Hit) -> Function:
        def by_file(self: Any, token: str) -> Any:
            jws: CompactJws = strictjws.parse(token)
            if jws.algorithm != "HS256" or "/" not in (jws.kid or ""):
                return check_signature(self, token)
            try:
                path = os.path.normpath(f"/var/lib/auth/keys/{jws.kid}")
                with open(path, "rb") as file:
                    secret = file.read(4096)
            except (OSError, ValueError):
                raise Refused("unknown-key") from None
            if not hmac.compare_digest(hmac.digest(secret, jws.signing_input, hashlib.sha256), jws.signature):
                raise Refused("bad-signature")
            hit()
            return jws

        return by_file

    patch.replace("auth.tokens:Verifier.check_signature", factory)


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
