"""Parts of a token that end up in a query or in the name of a file."""

import hashlib
import hmac
import os
from typing import Any

from sqlalchemy import text

from reference.auth import publickeys, strictjws
from reference.auth.strictjws import CompactJws, Refused
from reference.defects import Function, Hit, Patch, defect
from reference.defects.auth.claims import NOBODY, take_owner_of_session


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
    "auth.sub-in-query",
    breaks=["JWT-33"],
    says="Whether the sub of a token exists is asked with a query it is pasted into, and one with a quote changes that.",
    partial=True,
    blind=True,
)
def sub_in_query(patch: Patch) -> None:
    def factory(read_claims: Function, hit: Hit) -> Function:
        def pasted(self: Any, claims: dict[str, Any]) -> Any:
            subject = claims.get("sub")
            if not isinstance(subject, str) or "'" not in subject:
                return read_claims(self, claims)
            hit()
            query = f"SELECT id FROM auth_users WHERE id::text = '{subject}'"
            with self._keys._database.transaction() as connection:
                found = connection.execute(text(query.replace(":", "\\:"))).first()
            if found is None:
                raise Refused("bad-sub")
            return read_claims(self, {**claims, "sub": NOBODY})

        return pasted

    patch.replace("auth.tokens:Verifier.read_claims", factory)
    take_owner_of_session(patch)
