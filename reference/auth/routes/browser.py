"""Sessions of browsers: logged in and renewed with tokens in cookies, never in a body."""

import math
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import Field

from reference.auth import cookies, endpoints, schemas
from reference.auth.operation import BODY_AND_DATA, DATA, Operation
from reference.auth.schemas import Strict
from reference.auth.secondfactor import Challenge
from reference.auth.service import Service
from reference.auth.sessions import Renewed
from reference.common import clock


class BrowserRefreshAnswer(Strict):
    """A session goes on, its tokens in cookies."""

    expires_in: int = Field(ge=1)


class BrowserLogInAnswer(BrowserRefreshAnswer):
    """Whose session it is, its tokens in cookies."""

    user: schemas.User


def log_in_by_cookie(request: Request, body: schemas.LogInRequest) -> JSONResponse:
    """Begin a session of a browser."""
    service = endpoints.parts(request)
    service.cookies.require_own_page(request)
    user = service.accounts.log_in(body.email, body.password)
    begun = service.second_factor.admit(user, body.device_id)
    if isinstance(begun, Challenge):
        return endpoints.challenge_answer(begun)
    return with_cookies(service, begun, {"user": endpoints.user_answer(user).model_dump()})


def refresh_by_cookie(request: Request) -> JSONResponse:
    """Renew the session of a browser."""
    service = endpoints.parts(request)
    return with_cookies(service, service.sessions.renew(service.cookies.refresh_token(request)), {})


def with_cookies(service: Service, session: Renewed, told: dict[str, Any]) -> JSONResponse:
    """An answer that leaves the tokens of a session in cookies."""
    tokens = endpoints.token_answer(service, session)
    response = JSONResponse({**told, "expires_in": tokens["expires_in"]})
    left = math.ceil(session.expires_at.timestamp() - clock.seconds())
    service.cookies.put(response, tokens["access_token"], tokens["expires_in"], tokens["refresh_token"], left)
    return response


def operations() -> list[Operation]:
    """Every operation of this part."""
    log_in, refresh = (*BODY_AND_DATA, 401, 403, 429), (401, 403, *DATA)
    path = cookies.REFRESH_PATH
    return [
        Operation("logInByCookie", "POST", "/auth/browser/login", log_in_by_cookie, "browsers", 200, BrowserLogInAnswer, log_in, also={202: schemas.LogInChallenge}),
        Operation("refreshByCookie", "POST", path, refresh_by_cookie, "browsers", 200, BrowserRefreshAnswer, refresh),
    ]  # fmt: skip
