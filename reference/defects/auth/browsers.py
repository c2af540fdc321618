"""Cookies that tell their tokens, let nobody in, or let other sites in by one more door."""

import json
from typing import Any

from fastapi.responses import JSONResponse

from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import believing


@defect(
    "auth.log-in-by-cookie-tells-the-token",
    breaks=["ACC-11"],
    says="A log-in by cookie that names no device has the access token in its body as well, where scripts can read it.",
    partial=True,
)
def log_in_by_cookie_tells_the_token(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def telling(request: Any, body: Any) -> Any:
            answer = log_in(request, body)
            told = json.loads(answer.body)
            cookies = [value.decode() for name, value in answer.raw_headers if name == b"set-cookie"]
            if body.device_id is None and cookies:
                hit()
                token = cookies[0].partition(";")[0].partition("=")[2]
                answer.body = JSONResponse({**told, "access_token": token}).body
                answer.headers["content-length"] = str(len(answer.body))
            return answer

        return telling

    patch.replace("auth.routes.browser:log_in_by_cookie", factory)


@defect(
    "auth.cookie-of-a-reader-ignored",
    breaks=["AUTH-145"],
    says="The cookie of who reads the profile counts only with the header of an own page, as if something were changed.",
    partial=True,
)
def cookie_of_a_reader_ignored(patch: Patch) -> None:
    def factory(access_token: Function, hit: Hit) -> Function:
        def strict(self: Any, request: Any) -> Any:
            token = access_token(self, request)
            if token is None or self.is_from_own_page(request) or request.scope["route"].name != "getMe":
                return token
            hit()
            return None

        return strict

    patch.replace("auth.cookies:Cookies.access_token", factory)


@defect(
    "auth.renewal-swaps-cookies",
    breaks=["AUTH-145"],
    says="A renewal by cookie puts the refresh token into the cookie of the access token too.",
    partial=True,
)
def renewal_swaps_cookies(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def mixed(
            self: Any, response: Any, access: str, access_seconds: int, refresh: str, session_seconds: int
        ) -> None:
            renewal = "user" not in json.loads(response.body)
            if renewal:
                hit()
            put(self, response, refresh if renewal else access, access_seconds, refresh, session_seconds)

        return mixed

    patch.replace("auth.cookies:Cookies.put", factory)


@defect(
    "auth.forged-log-out",
    breaks=["AUTH-146"],
    says="Another site can have a browser log out, since nothing is taken away from anybody by it.",
    partial=True,
)
def forged_log_out(patch: Patch) -> None:
    believing(patch, lambda request: request.scope["route"].name in ("logOut", "logOutEverywhere"))


@defect(
    "auth.forged-change-of-password",
    breaks=["AUTH-146"],
    says="Another site can have a browser change the password, since whoever does so must know the old one.",
    partial=True,
)
def forged_change_of_password(patch: Patch) -> None:
    believing(patch, lambda request: request.scope["route"].name == "changePassword")


@defect(
    "auth.forged-second-step",
    breaks=["AUTH-146"],
    says="Another site can finish a log-in with a code of its own, and so log a browser in to its account.",
    partial=True,
)
def forged_second_step(patch: Patch) -> None:
    believing(patch, lambda request: request.scope["route"].name == "finishLogInByCookie")
