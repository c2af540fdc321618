"""What each operation of the contract does, in terms of the parts of auth."""

import hashlib
from datetime import UTC, datetime
from threading import Lock
from typing import Any, cast

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy import RowMapping

from reference.auth import accounts, publickeys, schemas, strictjws
from reference.auth.principal import Principal
from reference.auth.secondfactor import Challenge
from reference.auth.service import Service
from reference.auth.sessions import Renewed
from reference.auth.tokens import Claims
from reference.common import problems

_PUTTING_TOGETHER = Lock()
_CACHED = {"Cache-Control": "public, max-age=60"}


def parts(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, request.app.state.service)


def sign_up(request: Request, body: schemas.SignUpRequest) -> schemas.SignUpAnswer:
    """Ask for an account; the address is proved by a mailed token."""
    parts(request).accounts.sign_up(body.email, body.password, body.full_name)
    return schemas.SignUpAnswer(status="verification_sent")


def verify_email(request: Request, body: schemas.VerifyEmailRequest) -> schemas.VerifyEmailAnswer:
    """Prove an address with the token from the mail."""
    return schemas.VerifyEmailAnswer(user=user_answer(parts(request).accounts.verify_email(body.token)))


def log_in(request: Request, body: schemas.LogInRequest) -> schemas.LogInAnswer | JSONResponse:
    """Begin a session."""
    service = parts(request)
    user = service.accounts.log_in(body.email, body.password)
    begun = service.second_factor.admit(user, body.device_id)
    if isinstance(begun, Challenge):
        return challenge_answer(begun)
    return schemas.LogInAnswer(user=user_answer(user), **token_answer(service, begun))


def change_password(request: Request, body: schemas.ChangePasswordRequest) -> Response:
    """Choose another password."""
    service, claims = authenticated(request)
    service.recovery.change(claims.user_id, claims.session_id, body.current_password, body.new_password)
    return Response(status_code=204)


def request_password_reset(
    request: Request, body: schemas.PasswordResetRequest
) -> schemas.PasswordResetAnswer:
    """Ask for a mail with a token that sets another password."""
    parts(request).recovery.request(body.email)
    return schemas.PasswordResetAnswer(status="reset_sent")


def reset_password(request: Request, body: schemas.ResetPasswordRequest) -> Response:
    """Set another password with the token from the mail."""
    parts(request).recovery.reset(body.token, body.new_password)
    return Response(status_code=204)


def refresh_token(request: Request, body: schemas.RefreshRequest) -> schemas.RefreshAnswer:
    """Renew a session's tokens."""
    service = parts(request)
    return schemas.RefreshAnswer(**token_answer(service, service.sessions.renew(body.refresh_token)))


def log_out(request: Request) -> Response:
    """End the session of the token presented."""
    service, claims = authenticated(request)
    service.sessions.end(claims.session_id, claims.user_id, "log-out")
    return forgotten(request)


def log_out_everywhere(request: Request) -> Response:
    """End every session of the user."""
    service, claims = authenticated(request)
    service.sessions.end_all(claims.user_id, "log-out-everywhere")
    return forgotten(request)


def forgotten(request: Request) -> Response:
    """The answer to a log-out; a browser is told to forget its cookies."""
    response, cookies = Response(status_code=204), parts(request).cookies
    if cookies.access_token(request) is not None:
        cookies.clear(response)
    return response


def get_me(request: Request, response: Response) -> schemas.User:
    """The user of the credential presented."""
    service, asking = admitted(request)
    user = service.accounts.get(asking.user_id)
    if user is None:
        raise service.access.refusal("user-inactive")
    answer = user_answer(user)
    response.headers["ETag"] = version(answer)
    return answer


def get_session(request: Request) -> schemas.Session:
    """The session of the token presented."""
    service, claims = authenticated(request)
    found = service.sessions.get(claims.session_id)
    if found is None:
        raise service.access.refusal("session-ended")
    return session_answer(found, claims)


def list_sessions(request: Request) -> schemas.SessionList:
    """The user's sessions that have not ended."""
    service, claims = authenticated(request)
    found = service.sessions.list(claims.user_id)
    return schemas.SessionList(sessions=[session_answer(one, claims) for one in found])


def end_session(request: Request, session_id: str) -> Response:
    """End one of the user's own sessions."""
    service, claims = authenticated(request)
    if not strictjws.is_identifier(session_id) or not service.sessions.end(
        session_id, claims.user_id, "ended-by-user"
    ):
        raise problems.Problem("not-found")
    return Response(status_code=204)


def validate_token(request: Request, body: schemas.ValidateRequest) -> schemas.Validity:
    """Whether an access token is good."""
    service = parts(request)
    try:
        claims = service.access.check(body.token)
    except strictjws.Refused as refused:
        service.log.failure("token.refused", refused.reason)
        return schemas.Validity(valid=False)
    user = service.accounts.get(claims.user_id)
    if user is None:
        service.log.failure("token.refused", "user-inactive", user_id=claims.user_id)
        return schemas.Validity(valid=False)
    return schemas.Validity(
        valid=True,
        user_id=user.id,
        email=user.email,
        permissions=list(claims.permissions),
        expires_at=moment(claims.expires_at),
    )


def verify_token(request: Request) -> schemas.Verification:
    """Whether the token presented is good."""
    _, claims = authenticated(request)
    return schemas.Verification(
        valid=True,
        user_id=claims.user_id,
        permissions=list(claims.permissions),
        expires_at=moment(claims.expires_at),
    )


def rotate_signing_key(request: Request) -> schemas.RotatedKey:
    """Sign with a new key from now on."""
    service, claims = authenticated(request)
    kid = service.keys.rotate()
    service.log.success("key.rotated", user_id=claims.user_id, session_id=claims.session_id, kid=kid)
    return schemas.RotatedKey(kid=kid)


def get_jwks(request: Request) -> JSONResponse:
    """The public keys."""
    keys = [publickeys.write(key) for key in parts(request).keys.published_keys()]
    return JSONResponse({"keys": keys}, headers=_CACHED)


def get_discovery(request: Request) -> JSONResponse:
    """Where things are."""
    service = parts(request)
    return JSONResponse(discovery(service), headers=_CACHED)


def discovery(service: Service) -> dict[str, Any]:
    """The metadata of this issuer."""
    url, algorithm = service.public_url, service.settings.signing_algorithm
    return {
        "issuer": service.issuer_name,
        "jwks_uri": f"{url}/.well-known/jwks.json",
        "token_endpoint": f"{url}/auth/login",
        "userinfo_endpoint": f"{url}/auth/me",
        "response_types_supported": ["token"],
        "grant_types_supported": ["password", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
        "access_token_signing_alg_values_supported": [algorithm],
    }


def get_health() -> schemas.Health:
    """The process is alive."""
    return schemas.Health(status="ok")


def get_contract(request: Request) -> Response:
    """The contract, as this service states it; put together when it is first asked for."""
    state = request.app.state
    with _PUTTING_TOGETHER:
        if not hasattr(state, "contract"):
            from reference.auth import app

            state.contract = JSONResponse(app.contract(request.app)).body
    return Response(state.contract, media_type="application/json", headers=_CACHED)


async def get_readiness(request: Request) -> JSONResponse:
    """What the service needs is there."""
    checks = await parts(request).health.checks()
    ready = all(state == "up" for state in checks.values())
    answer = {"status": "ready" if ready else "not-ready", "checks": checks}
    return JSONResponse(answer, status_code=200 if ready else 503)


def trust_keys(request: Request, body: schemas.TrustedKeySet) -> Response:
    """Trust these public keys, in place of the ones told before."""
    service = parts(request)
    try:
        service.keys.trust(publickeys.read_set({"keys": body.keys}))
    except publickeys.BadKey as error:
        field_name, _, detail = str(error).partition(": ")
        raise problems.Problem("invalid-request", errors=[{"field": field_name, "detail": detail}]) from None
    service.log.success("keys.trusted")
    return Response(status_code=204)


def verify_signature(request: Request, body: schemas.VerifySignatureRequest) -> schemas.SignatureVerdict:
    """Whether the signature of a compact JWS holds."""
    try:
        parts(request).verifier.check_signature(body.jws)
    except strictjws.Refused:
        return schemas.SignatureVerdict(valid=False)
    return schemas.SignatureVerdict(valid=True)


def authenticated(request: Request) -> tuple[Service, Claims]:
    """The service and the claims of the token that a request presents."""
    service = parts(request)
    return service, service.access.authenticate(request)


def admitted(request: Request) -> tuple[Service, Principal]:
    """The service and whoever presents a credential that the operation takes, a session's or a key."""
    service = parts(request)
    if service.access.comes_by_key(request):
        return service, service.access.admit_key(request)
    _, claims = authenticated(request)
    return service, Principal(claims.user_id, claims.permissions, claims.session_id)


def token_answer(service: Service, renewed: Renewed) -> dict[str, Any]:
    """A session's tokens as an answer."""
    token, lifetime = service.issuer.issue(
        renewed.user_id, renewed.session_id, renewed.permissions, renewed.expires_at.timestamp()
    )
    return {
        "access_token": token,
        "refresh_token": renewed.refresh_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
    }


def challenge_answer(challenge: Challenge) -> JSONResponse:
    """The answer to a right password where a code is needed as well."""
    told = schemas.LogInChallenge(challenge_token=challenge.token, expires_in=challenge.lifetime)
    return JSONResponse(told.model_dump(), status_code=202)


def user_answer(user: accounts.User) -> schemas.User:
    """An account as an answer."""
    return schemas.User(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        is_verified=user.is_verified,
        permissions=list(user.permissions),
    )


def version(answer: BaseModel) -> str:
    """The entity tag of an answer: another for each state of what it tells (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:32]}"'


def session_answer(row: RowMapping, claims: Claims) -> schemas.Session:
    """A session as an answer."""
    told = {name: row[name] for name in schemas.Session.model_fields if name != "current"}
    return schemas.Session(**told, current=row["id"] == claims.session_id)


def moment(seconds: int) -> datetime:
    """A time of a token as a date."""
    return datetime.fromtimestamp(seconds, UTC)
