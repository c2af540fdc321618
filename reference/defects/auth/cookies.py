"""Cookies that scripts, other sites or other hosts get at, and requests that other sites have browsers send."""

import json
from typing import Any

from fastapi.responses import JSONResponse

from reference.auth.access import bearer_token
from reference.auth.strictjws import Refused
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import believing


def _weakened(patch: Patch, which: str, found: str, instead: str) -> None:
    """Changes a text of the Set-Cookie headers of an answer, in those of one name, where a session is renewed or begun."""

    def factory(put: Function, hit: Hit) -> Function:
        def weak(self: Any, response: Any, *rest: Any) -> None:
            put(self, response, *rest)
            for number, (name, value) in enumerate(response.raw_headers):
                if name == b"set-cookie" and value.startswith(which.encode()) and found.encode() in value:
                    hit()
                    response.raw_headers[number] = (name, value.replace(found.encode(), instead.encode()))

        def same(self: Any, response: Any, access: Any, seconds: Any, refresh: Any, left: Any) -> None:
            weak(self, response, access, seconds, refresh, left)

        return same

    patch.replace("auth.cookies:Cookies.put", factory)


@defect(
    "auth.cookie-open-to-scripts",
    breaks=["ACC-11"],
    says="The cookie of the refresh token can be read by scripts.",
    partial=True,
)
def cookie_open_to_scripts(patch: Patch) -> None:
    _weakened(patch, "__Secure-", "; HttpOnly", "")


@defect(
    "auth.cookie-for-other-sites",
    breaks=["ACC-11"],
    says="The cookie of the access token is sent along with requests from other sites.",
    partial=True,
)
def cookie_for_other_sites(patch: Patch) -> None:
    _weakened(patch, "__Host-", "SameSite=strict", "SameSite=none")


@defect(
    "auth.cookie-in-the-clear",
    breaks=["ACC-11"],
    says="The cookie of the refresh token is sent over plain HTTP too.",
    partial=True,
)
def cookie_in_the_clear(patch: Patch) -> None:
    _weakened(patch, "__Secure-", "; Secure", "")


@defect(
    "auth.cookie-for-neighbours",
    breaks=["ACC-11"],
    says="The cookie of the refresh token is for the whole domain, neighbouring hosts with it.",
    partial=True,
)
def cookie_for_neighbours(patch: Patch) -> None:
    _weakened(patch, "__Secure-", "; HttpOnly", "; Domain=assay.test; HttpOnly")


@defect(
    "auth.refresh-cookie-sent-everywhere",
    breaks=["AUTH-145"],
    says="The cookie of the refresh token goes along with each request, not with renewals alone.",
)
def refresh_cookie_sent_everywhere(patch: Patch) -> None:
    _weakened(patch, "__Secure-", "Path=/auth/browser/refresh", "Path=/")


@defect(
    "auth.renewal-by-cookie-tells-the-token",
    breaks=["ACC-11"],
    says="A renewal by cookie has the access token in its body as well, where scripts can read it.",
    partial=True,
)
def renewal_by_cookie_tells_the_token(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def telling(
            self: Any, response: Any, access: str, access_seconds: int, refresh: str, session_seconds: int
        ) -> None:
            told = json.loads(response.body)
            if "user" not in told:
                hit()
                spoken = JSONResponse({**told, "access_token": access})
                response.body = spoken.body
                response.headers["content-length"] = str(len(spoken.body))
            put(self, response, access, access_seconds, refresh, session_seconds)

        return telling

    patch.replace("auth.cookies:Cookies.put", factory)


@defect(
    "auth.forged-deletion",
    breaks=["AUTH-146"],
    says="Another site can have a browser end a session: only requests by POST are looked at.",
    partial=True,
)
def forged_deletion(patch: Patch) -> None:
    believing(patch, lambda request: request.method != "POST")


@defect(
    "auth.forged-log-in",
    breaks=["AUTH-146"],
    says="Another site can log a browser in to an account of its choice.",
    partial=True,
)
def forged_log_in(patch: Patch) -> None:
    believing(patch, lambda request: request.url.path.endswith("/login"))


@defect(
    "auth.forged-renewal",
    breaks=["AUTH-146"],
    says="Another site can have a browser renew its session.",
    partial=True,
)
def forged_renewal(patch: Patch) -> None:
    believing(patch, lambda request: request.url.path.endswith("/refresh"))


@defect(
    "auth.forged-by-origin",
    breaks=["AUTH-146"],
    says="A request that names another origin is taken for one of an own page if it carries the header.",
    partial=True,
)
def forged_by_origin(patch: Patch) -> None:
    believing(patch, lambda request: "origin" in request.headers and "x-csrf-protection" in request.headers)


@defect(
    "auth.cookie-beside-bearer",
    breaks=["AUTH-147"],
    says="Where a token comes in a header and another in a cookie, the one in the header counts.",
)
def cookie_beside_bearer(patch: Patch) -> None:
    def factory(presented: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> str:
            try:
                return str(presented(self, request))
            except Refused as refused:
                if refused.reason != "bearer-and-cookie":
                    raise
                hit()
                return bearer_token(request.headers.getlist("authorization"))

        return lenient

    patch.replace("auth.access:Access.presented", factory)


@defect(
    "auth.log-out-everywhere-leaves-cookies",
    breaks=["AUTH-148"],
    says="After a log-out everywhere the browser keeps its cookies.",
    partial=True,
)
def log_out_everywhere_leaves_cookies(patch: Patch) -> None:
    def factory(forgotten: Function, hit: Hit) -> Function:
        def half(request: Any) -> Any:
            response = forgotten(request)
            if request.url.path.endswith("/all") and "set-cookie" in response.headers:
                hit()
                del response.headers["set-cookie"]
            return response

        return half

    patch.replace("auth.endpoints:forgotten", factory)


@defect(
    "auth.log-out-leaves-the-refresh-cookie",
    breaks=["AUTH-148"],
    says="A log-out has the browser forget one of its two cookies.",
    partial=True,
)
def log_out_leaves_the_refresh_cookie(patch: Patch) -> None:
    def factory(clear: Function, hit: Hit) -> Function:
        def half(self: Any, response: Any) -> None:
            clear(self, response)
            kept = [one for one in response.raw_headers if not one[1].startswith(b"__Secure-")]
            response.raw_headers[:] = kept
            hit()

        return half

    patch.replace("auth.cookies:Cookies.clear", factory)


@defect(
    "auth.cookies-over-plain-http",
    breaks=["AUTH-149"],
    says="Browsers are given their tokens in cookies over plain HTTP too.",
)
def cookies_over_plain_http(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> None:
            try:
                require(self, request)
            except problems.Problem as problem:
                if problem.name != "https-required":
                    raise
                hit()

        return lenient

    patch.replace("auth.cookies:Cookies.require_own_page", factory)


@defect(
    "auth.forged-untold",
    breaks=["AUTH-146"],
    says="That another site had a browser send something is not told in the security log.",
    partial=True,
)
def forged_untold(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def quiet(self: Any, request: Any) -> None:
            if self.offered and not self.is_from_own_page(request):
                hit()
                raise problems.Problem("forged-request")
            require(self, request)

        return quiet

    patch.replace("auth.cookies:Cookies.require_own_page", factory)


@defect(
    "auth.cookie-last-of-two-counts",
    breaks=["AUTH-147"],
    says="Of two access cookies in one request the last one counts.",
    partial=True,
)
def cookie_last_of_two_counts(patch: Patch) -> None:
    def factory(value: Function, hit: Hit) -> Function:
        def last(request: Any, name: str) -> Any:
            try:
                return value(request, name)
            except Refused:
                hit()
                pairs = [one.strip().partition("=") for one in request.headers["cookie"].split(";")]
                return [found for known, _, found in pairs if known == name][-1]

        return last

    patch.replace("auth.cookies:_value", factory)
