"""How a token is presented: headers read too generously or too strictly, tokens believed without a look."""

from typing import Any

import jwt

from reference.auth import strictjws
from reference.auth.strictjws import Refused
from reference.auth.tokens import Claims
from reference.common import problems, serving
from reference.defects import Function, Hit, Patch, defect


def operation_of(request: Any) -> str:
    """The operation that a request asks for."""
    return str(request.scope["route"].name)


@defect(
    "auth.user-from-unverified-token",
    breaks=["JWT-41"],
    says="The list of sessions is made for the person named in the token, without checking that token at all.",
    partial=True,
    blind=True,
)
def user_from_unverified_token(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def trusting(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem:
                claims = _unverified(request) if operation_of(request) == "listSessions" else None
                if claims is None:
                    raise
                hit()
                return claims

        return trusting

    patch.replace("auth.access:Access.authenticate", factory)


def _unverified(request: Any) -> Claims | None:
    token = request.headers.get("authorization", "").rpartition(" ")[2]
    try:
        told = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    user_id, session_id = str(told.get("sub")), str(told.get("sid"))
    if not strictjws.is_identifier(user_id):
        return None
    return Claims(user_id, session_id, (), 0, "")


@defect(
    "auth.bearer-removed-anywhere",
    breaks=["JWT-42", "JWT-37"],
    says="The word Bearer is cut out of the header wherever it stands, so that it may stand twice or in the middle.",
    partial=True,
    blind=True,
)
def bearer_removed_anywhere(patch: Patch) -> None:
    def factory(bearer_token: Function, hit: Hit) -> Function:
        def cut_out(headers: list[str]) -> Any:
            try:
                return bearer_token(headers)
            except Refused:
                if len(headers) != 1 or "Bearer " not in headers[0]:
                    raise
                hit()
                return headers[0].replace("Bearer ", "")

        return cut_out

    patch.replace("auth.access:bearer_token", factory)


@defect(
    "auth.first-of-two-headers",
    breaks=["JWT-37"],
    says="Of two Authorization headers the first counts and the second is not looked at.",
    partial=True,
    blind=True,
)
def first_of_two_headers(patch: Patch) -> None:
    def factory(bearer_token: Function, hit: Hit) -> Function:
        def first(headers: list[str]) -> Any:
            if len(headers) > 1:
                hit()
            return bearer_token(headers[:1])

        return first

    patch.replace("auth.access:bearer_token", factory)


@defect(
    "auth.lower-case-scheme-refused",
    breaks=["JWT-37"],
    says="A token presented with the scheme in small letters, as HTTP allows, is refused.",
    partial=True,
    blind=True,
)
def lower_case_scheme_refused(patch: Patch) -> None:
    def factory(bearer_token: Function, hit: Hit) -> Function:
        def strict(headers: list[str]) -> Any:
            token = bearer_token(headers)
            if headers[0].startswith("bearer"):
                hit()
                raise Refused("not-bearer")
            return token

        return strict

    patch.replace("auth.access:bearer_token", factory)


@defect(
    "auth.token-in-query",
    breaks=["JWT-37"],
    says="Checking a token works with the token in the address too, where proxies and histories keep it.",
    partial=True,
    blind=True,
)
def token_in_query(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> Any:
            given = request.query_params.get("access_token")
            if given is None or "authorization" in request.headers or operation_of(request) != "verifyToken":
                return authenticate(self, request)
            try:
                claims = self.check(given)
            except Refused as refused:
                raise self.refusal(refused.reason) from None
            hit()
            return claims

        return lenient

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.refresh-token-as-access",
    breaks=["JWT-29"],
    says="A refresh token does for an access token where one's own session is asked for.",
    partial=True,
    blind=True,
)
def refresh_token_as_access(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem:
                claims = _of_refresh_token(self, request) if operation_of(request) == "getSession" else None
                if claims is None:
                    raise
                hit()
                return claims

        return lenient

    patch.replace("auth.access:Access.authenticate", factory)


def _of_refresh_token(access: Any, request: Any) -> Claims | None:
    token = request.headers.get("authorization", "").rpartition(" ")[2]
    sessions = access._sessions
    with sessions._database.transaction() as connection:
        found = sessions._find_for_renewal(connection, token)
    if found is None or not found["is_active"] or found["used_at"] is not None:
        return None
    return Claims(found["user_id"], found["session_id"], tuple(found["permissions"]), 0, "")


@defect(
    "auth.access-token-as-refresh",
    breaks=["JWT-29", "AUTH-31"],
    says="An access token does for a refresh token, and so never really ends.",
    partial=True,
    blind=True,
)
def access_token_as_refresh(patch: Patch) -> None:
    def factory(refresh_token: Function, hit: Hit) -> Function:
        def lenient(request: Any, body: Any) -> Any:
            service = request.app.state.service
            try:
                claims = service.access.check(body.refresh_token)
            except Refused:
                return refresh_token(request, body)
            hit()
            sessions, successor = service.sessions, f"renewed-{claims.token_id}"
            with sessions._database.transaction() as connection:
                sessions._keep(
                    connection, successor, claims.session_id, sessions.get(claims.session_id)["created_at"]
                )
            return refresh_token(request, body.model_copy(update={"refresh_token": successor}))

        return lenient

    patch.replace("auth.endpoints:refresh_token", factory)


@defect(
    "auth.challenge-missing",
    breaks=["JWT-38"],
    says="A refused token gets no WWW-Authenticate header when it was to end a session.",
    partial=True,
    blind=True,
)
def challenge_missing(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def silent(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem as problem:
                if problem.name == "invalid-token" and operation_of(request) == "endSession":
                    hit()
                    problem.headers.clear()
                raise

        return silent

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.wrong-audience-forbidden",
    breaks=["JWT-39", "JWT-40"],
    says="A token for another audience is answered as lacking a right, 403, in place of 401.",
    partial=True,
    blind=True,
)
def wrong_audience_forbidden(patch: Patch) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def mistaken(self: Any, reason: str, *owner: str | None) -> Any:
            problem = refusal(self, reason, *owner)
            if reason != "wrong-audience":
                return problem
            hit()
            return problems.Problem("insufficient-scope", headers=problem.headers)

        return mistaken

    patch.replace("auth.access:Access.refusal", factory)


@defect(
    "auth.lacking-right-unauthorised",
    breaks=["JWT-39"],
    says="A good token without the right to rotate keys is answered as a bad token, 401, in place of 403.",
    partial=True,
    blind=True,
)
def lacking_right_unauthorised(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def mistaken(self: Any, claims: Any, permission: str) -> None:
            try:
                require(self, claims, permission)
            except problems.Problem:
                hit()
                headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
                raise problems.Problem("invalid-token", headers=headers) from None

        return mistaken

    patch.replace("auth.access:Access.require", factory)


@defect(
    "auth.expiry-told",
    breaks=["JWT-40"],
    says="The header of a refusal tells that the token has expired, and so that all before that was right.",
    partial=True,
    blind=True,
)
def expiry_told(patch: Patch) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def telling(self: Any, reason: str, *owner: str | None) -> Any:
            problem = refusal(self, reason, *owner)
            if reason == "expired":
                hit()
                problem.headers["WWW-Authenticate"] += ', error_description="The access token expired"'
            return problem

        return telling

    patch.replace("auth.access:Access.refusal", factory)


@defect(
    "auth.token-echoed",
    breaks=["JWT-40"],
    says="A token that is not well formed comes back in the answer that refuses it.",
    partial=True,
    blind=True,
)
def token_echoed(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def telling(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem as problem:
                token = request.headers.get("authorization", "").rpartition(" ")[2]
                if problem.name == "invalid-token" and token.count(".") != 2:
                    hit()
                    problem.errors = [{"field": "authorization", "detail": f"{token} is no token"}]
                raise

        return telling

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.certificate-challenge-missing",
    breaks=["AUTH-451"],
    says="Whoever shows a certificate that is not accepted is not told how to authenticate; who shows none is.",
    partial=True,
)
def certificate_challenge_missing(patch: Patch) -> None:
    def factory(identify_service: Function, hit: Hit) -> Function:
        def silent(request: Any) -> Any:
            try:
                return identify_service(request)
            except problems.Problem as problem:
                if getattr(request.state, serving.PEER_CERTIFICATE, None) is not None:
                    hit()
                    problem.headers.pop("WWW-Authenticate", None)
                raise

        return silent

    patch.replace("auth.routes.mutual_tls:identify_service", factory)


@defect(
    "auth.contract-reset-limit-untold",
    breaks=["AUTH-61"],
    says="The contract that is handed out does not say that requests for a reset are limited.",
    partial=True,
)
def contract_reset_limit_untold(patch: Patch) -> None:
    def factory(contract: Function, hit: Hit) -> Function:
        def silent(app: Any) -> Any:
            told = contract(app)
            hit()
            for one in told["paths"].values():
                if one.get("post", {}).get("operationId") == "requestPasswordReset":
                    one["post"]["responses"].pop("429")
            return told

        return silent

    patch.replace("auth.app:contract", factory)
