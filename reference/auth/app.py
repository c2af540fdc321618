"""The routes of auth: every operation of the contract, where it is reached and how it may be answered."""

from typing import Any

from fastapi import FastAPI

from reference.auth import endpoints, routes, schemas
from reference.auth.limits import Limiter
from reference.auth.operation import BEARER, BODY, BODY_AND_DATA, DATA, Operation, by_key
from reference.auth.service import Service
from reference.common import web
from reference.common.contract import add, stated


def operations() -> list[Operation]:
    """Every operation that is always there."""
    on, of = endpoints, schemas
    rotate = ["keys:rotate"]
    log_in = (*BODY_AND_DATA, 401, 403, 429)
    jwks, discovery = "/.well-known/jwks.json", "/.well-known/openid-configuration"
    return [
        Operation("signUp", "POST", "/auth/signup", on.sign_up, "accounts", 202, of.SignUpAnswer, (*BODY_AND_DATA, 429)),
        Operation("verifyEmail", "POST", "/auth/verify-email", on.verify_email, "accounts", 200, of.VerifyEmailAnswer, BODY_AND_DATA),
        Operation("logIn", "POST", "/auth/login", on.log_in, "tokens", 200, of.LogInAnswer, log_in, also={202: of.LogInChallenge}),
        Operation("changePassword", "POST", "/auth/password", on.change_password, "accounts", 204, None, (*BODY_AND_DATA, 401, 403, 429), []),
        Operation("requestPasswordReset", "POST", "/auth/password-reset/request", on.request_password_reset, "accounts", 202, of.PasswordResetAnswer, (*BODY_AND_DATA, 429)),
        Operation("resetPassword", "POST", "/auth/password-reset/confirm", on.reset_password, "accounts", 204, None, BODY_AND_DATA),
        Operation("refreshToken", "POST", "/auth/refresh", on.refresh_token, "tokens", 200, of.RefreshAnswer, (*BODY_AND_DATA, 401)),
        Operation("logOut", "POST", "/auth/logout", on.log_out, "sessions", 204, None, BEARER, []),
        Operation("logOutEverywhere", "POST", "/auth/logout/all", on.log_out_everywhere, "sessions", 204, None, BEARER, []),
        Operation("getMe", "GET", "/auth/me", on.get_me, "accounts", 200, of.User, (*BEARER, 403), [], by_key("read")),
        Operation("getSession", "GET", "/auth/session", on.get_session, "sessions", 200, of.Session, BEARER, []),
        Operation("listSessions", "GET", "/auth/sessions", on.list_sessions, "sessions", 200, of.SessionList, BEARER, []),
        Operation("endSession", "DELETE", "/auth/sessions/{session_id}", on.end_session, "sessions", 204, None, (*BEARER, 404), []),
        Operation("validateToken", "POST", "/auth/validate", on.validate_token, "tokens", 200, of.Validity, BODY_AND_DATA, brief=True),
        Operation("verifyToken", "GET", "/auth/verify", on.verify_token, "tokens", 200, of.Verification, BEARER, []),
        Operation("rotateSigningKey", "POST", "/auth/keys/rotate", on.rotate_signing_key, "keys", 200, of.RotatedKey, (*BEARER, 403), rotate),
        Operation("getJwks", "GET", jwks, on.get_jwks, "keys", 200, of.KeySet, DATA),
        Operation("getDiscovery", "GET", discovery, on.get_discovery, "keys", 200, of.Discovery),
        Operation("getHealth", "GET", "/health", on.get_health, "health", 200, of.Health),
        Operation("getReadiness", "GET", "/health/ready", on.get_readiness, "health", 200, of.Readiness, also={503: of.Readiness}),
        Operation("getContract", "GET", "/openapi.json", on.get_contract, "health", 200, dict[str, Any]),
        *routes.operations(),
    ]  # fmt: skip


def conformance_operations() -> list[Operation]:
    """The operations that are there only where token_conformance is on."""
    on, of = endpoints, schemas
    keys, verify = "/auth/conformance/keys", "/auth/conformance/verify"
    return [
        Operation("trustKeys", "PUT", keys, on.trust_keys, "conformance", 204, None, BODY),
        Operation(
            "verifySignature",
            "POST",
            verify,
            on.verify_signature,
            "conformance",
            200,
            of.SignatureVerdict,
            BODY,
        ),
    ]


_CHOSEN_PASSWORDS = {
    "SignUpRequest": "password",
    "ChangePasswordRequest": "new_password",
    "ResetPasswordRequest": "new_password",
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
    "service": {"type": "http", "scheme": "bearer", "bearerFormat": "service+jwt"},
    "client_certificate": {"type": "mutualTLS"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def create_app(service: Service) -> FastAPI:
    """The application of auth."""
    app = FastAPI(
        title="auth", version="1.0.0", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.service = service
    limit = {
        "max_body_bytes": service.settings.max_body_bytes,
        "arrival_seconds": service.settings.arrival_seconds,
    }
    app.router.route_class = type("AuthRoute", (web.StrictRoute,), limit)
    for operation in operations() + (conformance_operations() if service.settings.token_conformance else []):
        add(app, operation)
    app.add_middleware(Limiter, limits=service.limits, router=app.router)
    web.install(app, https=service.public_url.startswith("https:"))
    return app


def contract(app: FastAPI) -> dict[str, Any]:
    """The contract, as the routes state it."""
    told = stated(app, schemas.Problem, _SECURITY)
    # How short a password may be is a setting, which no model knows.
    for model, field in _CHOSEN_PASSWORDS.items():
        chosen = told["components"]["schemas"][model]["properties"][field]
        chosen["minLength"] = app.state.service.settings.password_min_length
    return told
