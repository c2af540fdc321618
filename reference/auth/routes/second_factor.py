"""A second factor: switched on and off, and log-ins that are finished with a code."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from reference.auth import endpoints, schemas
from reference.auth.accounts import User
from reference.auth.operation import BEARER, BODY_AND_DATA, Operation
from reference.auth.routes import browser
from reference.auth.schemas import Strict
from reference.auth.secondfactor import invalid_challenge
from reference.auth.service import Service
from reference.auth.sessions import Renewed
from reference.auth.tokens import Claims

_SECRET: dict[str, Any] = {"format": "password", "x-secret": True}


class EnrolRequest(Strict):
    """Asks for a secret, as who knows the password."""

    password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)


class Enrolment(Strict):
    """The secret, for an app; shown this once."""

    secret: str = Field(json_schema_extra=_SECRET)
    uri: str = Field(json_schema_extra=_SECRET)


class ConfirmRequest(Strict):
    """Brings a code of the app."""

    code: str = Field(min_length=1, max_length=64, json_schema_extra=_SECRET)


class RecoveryCodes(Strict):
    """What gets in without the app; shown this once."""

    recovery_codes: list[str] = Field(json_schema_extra={"items": {"type": "string", **_SECRET}})


class SecondFactorState(Strict):
    """Whether log-ins need a code."""

    active: bool
    recovery_codes_left: int = Field(ge=0)


class DisableRequest(Strict):
    """Asks to go without, as who knows the password and has a code."""

    password: str = Field(min_length=1, max_length=1024, json_schema_extra=_SECRET)
    code: str = Field(min_length=1, max_length=64, json_schema_extra=_SECRET)


class FinishRequest(Strict):
    """Brings a code to a log-in that was begun with the password."""

    challenge_token: str = Field(min_length=1, max_length=512, json_schema_extra=_SECRET)
    code: str = Field(min_length=1, max_length=64, json_schema_extra=_SECRET)


def enrol(request: Request, body: EnrolRequest) -> Enrolment:
    """Ask for a secret for an app."""
    service, _, user = whose(request)
    secret, uri = service.second_factor.begin(user, body.password)
    return Enrolment(secret=secret, uri=uri)


def confirm(request: Request, body: ConfirmRequest) -> RecoveryCodes:
    """Switch the second factor on."""
    service, claims, user = whose(request)
    codes = service.second_factor.confirm(user.id, claims.session_id, body.code)
    return RecoveryCodes(recovery_codes=codes)


def get_state(request: Request) -> SecondFactorState:
    """Whether log-ins need a code."""
    service, _, user = whose(request)
    left = service.second_factor.recovery_codes_left(user.id)
    return SecondFactorState(active=left is not None, recovery_codes_left=left or 0)


def disable(request: Request, body: DisableRequest) -> Response:
    """Switch the second factor off."""
    service, _, user = whose(request)
    service.second_factor.disable(user, body.password, body.code)
    return Response(status_code=204)


def finish_log_in(request: Request, body: FinishRequest) -> schemas.LogInAnswer:
    """Finish a log-in with a code."""
    service = endpoints.parts(request)
    user, begun = _finished(service, body)
    return schemas.LogInAnswer(user=user, **endpoints.token_answer(service, begun))


def finish_log_in_by_cookie(request: Request, body: FinishRequest) -> JSONResponse:
    """Finish the log-in of a browser with a code."""
    service = endpoints.parts(request)
    service.cookies.require_own_page(request)
    user, begun = _finished(service, body)
    return browser.with_cookies(service, begun, {"user": user.model_dump()})


def _finished(service: Service, body: FinishRequest) -> tuple[schemas.User, Renewed]:
    """Who has finished a log-in, and the session; refused where the account was shut out or deleted just then."""
    user_id, begun = service.second_factor.finish(body.challenge_token, body.code)
    user = service.accounts.get(user_id)
    if user is None:
        raise invalid_challenge()
    return endpoints.user_answer(user), begun


def whose(request: Request) -> tuple[Service, Claims, User]:
    """The service, the claims and the account of the token that a request presents."""
    service, claims = endpoints.authenticated(request)
    user = service.accounts.get(claims.user_id)
    if user is None:
        raise service.access.refusal("user-inactive")
    return service, claims, user


def operations() -> list[Operation]:
    """Every operation of this part."""
    change = (*BODY_AND_DATA, 401, 403, 409, 429)
    finish = (*BODY_AND_DATA, 401, 403, 429)
    path, tag, by_cookie = "/auth/second-factor", "second-factor", browser.BrowserLogInAnswer
    return [
        Operation("getSecondFactor", "GET", path, get_state, tag, 200, SecondFactorState, BEARER, []),
        Operation("enrolSecondFactor", "POST", path, enrol, tag, 200, Enrolment, change, []),
        Operation("confirmSecondFactor", "POST", f"{path}/confirm", confirm, tag, 200, RecoveryCodes, change, []),
        Operation("disableSecondFactor", "POST", f"{path}/disable", disable, tag, 204, None, change, []),
        Operation("finishLogIn", "POST", "/auth/login/second-factor", finish_log_in, tag, 200, schemas.LogInAnswer, finish),
        Operation("finishLogInByCookie", "POST", "/auth/browser/login/second-factor", finish_log_in_by_cookie, tag, 200, by_cookie, finish),
    ]  # fmt: skip
