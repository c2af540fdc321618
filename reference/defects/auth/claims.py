"""Claims that are believed too easily, and claims that should not be there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jwt

from reference.auth.strictjws import CompactJws, Refused
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect

_GRACE_SECONDS = 5
NOBODY = "00000000-0000-0000-0000-000000000000"


def _forgive_times(patch: Patch, forgiven: Function) -> None:
    """Checks the times of forgiven(claims) where those of the claims themselves are refused."""

    def factory(check_times: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> None:
            try:
                check_times(self, claims)
            except Refused:
                other = forgiven(claims)
                if other is None:
                    raise
                check_times(self, other)
                hit()

        return lenient

    patch.replace("auth.tokens:Verifier.check_times", factory)


def _read_as_forgiven(patch: Patch, forgiven: Function) -> None:
    """Reads claims as they were forgiven; that is no hit of its own."""

    def factory(read_claims: Function, _hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> Any:
            return read_claims(self, forgiven(claims) or claims)

        return lenient

    patch.replace("auth.tokens:Verifier.read_claims", factory)


def _is_moment(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@defect(
    "auth.exp-leeway",
    breaks=["JWT-27"],
    says="A token is accepted for five seconds after its expiry, though no leeway is configured.",
    partial=True,
    blind=True,
)
def exp_leeway(patch: Patch) -> None:
    def forgiven(claims: dict[str, Any]) -> dict[str, Any] | None:
        return {**claims, "exp": claims["exp"] + _GRACE_SECONDS} if _is_moment(claims.get("exp")) else None

    _forgive_times(patch, forgiven)


@defect(
    "auth.exp-off-by-one",
    breaks=["JWT-27"],
    says="A token is accepted for the whole of the second that it expires in.",
    partial=True,
    blind=True,
)
def exp_off_by_one(patch: Patch) -> None:
    def forgiven(claims: dict[str, Any]) -> dict[str, Any] | None:
        same_second = claims.get("exp") == int(clock.seconds()) and _is_moment(claims["exp"])
        return {**claims, "exp": claims["exp"] + 1} if same_second else None

    _forgive_times(patch, forgiven)


def _with_number(claims: dict[str, Any]) -> dict[str, Any] | None:
    expiry = claims.get("exp")
    return {**claims, "exp": int(expiry)} if isinstance(expiry, str) and expiry.isdecimal() else None


@defect(
    "auth.exp-as-text",
    breaks=["JWT-27"],
    says="An expiry that is written as text is read as the number it looks like.",
    partial=True,
    blind=True,
)
def exp_as_text(patch: Patch) -> None:
    _forgive_times(patch, _with_number)
    _read_as_forgiven(patch, _with_number)


def _with_expiry(claims: dict[str, Any]) -> dict[str, Any] | None:
    return {**claims, "exp": int(clock.seconds()) + 3600} if "exp" not in claims else None


@defect(
    "auth.exp-missing",
    breaks=["JWT-27"],
    says="A token that does not say when it expires never does.",
    partial=True,
    blind=True,
)
def exp_missing(patch: Patch) -> None:
    _forgive_times(patch, _with_expiry)
    _read_as_forgiven(patch, _with_expiry)


@defect(
    "auth.nbf-ignored",
    breaks=["JWT-27"],
    says="A token that is not valid yet is accepted.",
    partial=True,
    blind=True,
)
def nbf_ignored(patch: Patch) -> None:
    def forgiven(claims: dict[str, Any]) -> dict[str, Any] | None:
        return {name: value for name, value in claims.items() if name != "nbf"} if "nbf" in claims else None

    _forgive_times(patch, forgiven)


@defect(
    "auth.iat-ignored",
    breaks=["JWT-27"],
    says="A token that claims to have been issued in the future is accepted.",
    partial=True,
    blind=True,
)
def iat_ignored(patch: Patch) -> None:
    def forgiven(claims: dict[str, Any]) -> dict[str, Any] | None:
        return {**claims, "iat": int(clock.seconds())} if _is_moment(claims.get("iat")) else None

    _forgive_times(patch, forgiven)


@defect(
    "auth.aud-substring",
    breaks=["JWT-28", "JWT-30"],
    says="A token for another audience is accepted if that audience's name contains ours.",
    partial=True,
    blind=True,
)
def aud_substring(patch: Patch) -> None:
    def factory(check_origin: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> None:
            given, ours = claims.get("aud"), self._settings.audience
            if isinstance(given, str) and given != ours and ours in given:
                hit()
                claims = {**claims, "aud": ours}
            check_origin(self, claims)

        return lenient

    patch.replace("auth.tokens:Verifier.check_origin", factory)


@defect(
    "auth.aud-list-unchecked",
    breaks=["JWT-28", "JWT-30"],
    says="A token with a list of audiences is accepted whatever the list says.",
    partial=True,
    blind=True,
)
def aud_list_unchecked(patch: Patch) -> None:
    def factory(check_origin: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> None:
            given, ours = claims.get("aud"), self._settings.audience
            if isinstance(given, list) and ours not in given:
                hit()
                claims = {**claims, "aud": ours}
            check_origin(self, claims)

        return lenient

    patch.replace("auth.tokens:Verifier.check_origin", factory)


@defect(
    "auth.iss-prefix",
    breaks=["JWT-28"],
    says="A token of another issuer is accepted if that issuer's name begins with ours, a trailing slash included.",
    partial=True,
    blind=True,
)
def iss_prefix(patch: Patch) -> None:
    def factory(check_origin: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> None:
            given = claims.get("iss")
            if isinstance(given, str) and given != self._issuer and given.startswith(self._issuer):
                hit()
                claims = {**claims, "iss": self._issuer}
            check_origin(self, claims)

        return lenient

    patch.replace("auth.tokens:Verifier.check_origin", factory)


def take_owner_of_session(patch: Patch) -> None:
    """Takes a token of NOBODY for one of the person whose session it names."""

    def factory(check_session: Function, _hit: Hit) -> Function:
        def lenient(self: Any, claims: Any) -> Any:
            if claims.user_id == NOBODY:
                state = self._sessions.state(claims.session_id)
                claims = replace(claims, user_id=state.user_id or NOBODY)
            return check_session(self, claims)

        return lenient

    patch.replace("auth.access:Access.check_session", factory)


@defect(
    "auth.sub-missing",
    breaks=["JWT-28"],
    says="A token without sub is accepted, and is taken for the person whose session it names.",
    partial=True,
    blind=True,
)
def sub_missing(patch: Patch) -> None:
    def factory(read_claims: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: dict[str, Any]) -> Any:
            if "sub" in claims:
                return read_claims(self, claims)
            hit()
            return read_claims(self, {**claims, "sub": NOBODY})

        return lenient

    patch.replace("auth.tokens:Verifier.read_claims", factory)
    take_owner_of_session(patch)


@defect(
    "auth.typ-missing",
    breaks=["JWT-31"],
    says="A token that does not say what kind it is is taken for an access token.",
    partial=True,
    blind=True,
)
def typ_missing(patch: Patch) -> None:
    def factory(check_type: Function, hit: Hit) -> Function:
        def lenient(self: Any, jws: CompactJws) -> None:
            if "typ" not in jws.header:
                hit()
                return
            check_type(self, jws)

        return lenient

    patch.replace("auth.tokens:Verifier.check_type", factory)


@defect(
    "auth.id-token-accepted",
    breaks=["JWT-29", "JWT-31"],
    says="A token of the kind JWT, as identity tokens are, is taken for an access token.",
    partial=True,
    blind=True,
)
def id_token_accepted(patch: Patch) -> None:
    def factory(check_type: Function, hit: Hit) -> Function:
        def lenient(self: Any, jws: CompactJws) -> None:
            if jws.header.get("typ") == "JWT":
                hit()
                return
            check_type(self, jws)

        return lenient

    patch.replace("auth.tokens:Verifier.check_type", factory)


@defect(
    "auth.permissions-of-token",
    breaks=["JWT-32"],
    says="What a token says its holder may do is believed, without looking at what the person may do.",
    partial=False,
    blind=True,
)
def permissions_of_token(patch: Patch) -> None:
    def factory(check_session: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: Any) -> Any:
            held = check_session(self, claims)
            if held.permissions == claims.permissions:
                return held
            hit()
            return replace(held, permissions=claims.permissions)

        return lenient

    patch.replace("auth.access:Access.check_session", factory)


@defect(
    "auth.email-in-renewed-token",
    breaks=["JWT-34"],
    says="Access tokens from log-in hold nothing personal, but those from a refresh carry the e-mail address.",
    partial=True,
    blind=True,
)
def email_in_renewed_token(patch: Patch) -> None:
    def factory(refresh_token: Function, hit: Hit) -> Function:
        def telling(request: Any, body: Any) -> Any:
            answer = refresh_token(request, body)
            service = request.app.state.service
            claims = dict(_payload(answer.access_token))
            user = service.accounts.get(claims["sub"])
            hit()
            answer.access_token = service.issuer.sign({**claims, "email": user.email})
            return answer

        return telling

    patch.replace("auth.endpoints:refresh_token", factory)


def _payload(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@defect(
    "auth.jti-repeated",
    breaks=["JWT-35"],
    says="One token in fifty has the jti of the token before it.",
    partial=True,
    blind=True,
)
def jti_repeated(patch: Patch) -> None:
    given: list[str] = []

    def factory(make_claims: Function, hit: Hit) -> Function:
        def forgetful(
            self: Any,
            user_id: str,
            session_id: str,
            permissions: Sequence[str],
            issued_at: int,
            expires_at: int,
        ) -> dict[str, Any]:
            claims: dict[str, Any] = make_claims(
                self, user_id, session_id, permissions, issued_at, expires_at
            )
            if len(given) % 50 == 49:
                hit()
                claims["jti"] = given[-1]
            given.append(claims["jti"])
            return claims

        return forgetful

    patch.replace("auth.tokens:Issuer.claims", factory)
