"""Rules of HTTP, JSON and browsers that are broken in some places."""

import json
from typing import Any

from starlette.responses import Response

from reference.auth.sessions import invalid_token
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect

_LONG_NAME = 40  # characters


@defect(
    "auth.method-overridden",
    breaks=["REST-02"],
    says="A GET with X-HTTP-Method-Override is taken for the method that the header names.",
    partial=True,
)
def method_overridden(patch: Patch) -> None:
    def factory(handle: Function, hit: Hit) -> Function:
        async def overridden(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            named = dict(scope["headers"]).get(b"x-http-method-override")
            if named and scope["method"] == "GET":
                hit()
                scope["method"] = named.decode("latin-1")
            await handle(self, scope, receive, answer)

        return overridden

    patch.replace("common.web:Guard._handle", factory)


@defect(
    "auth.head-refused",
    breaks=["REST-02"],
    says="HEAD is refused although GET is not.",
    partial=False,
)
def head_refused(patch: Patch) -> None:
    def factory(handle: Function, hit: Hit) -> Function:
        async def refused(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            if receive.__self__.scope["method"] == "HEAD":
                hit()
                scope["method"] = "HEAD"
            await handle(self, scope, receive, answer)

        return refused

    patch.replace("common.web:Guard._handle", factory)


@defect(
    "auth.trace-answered",
    breaks=["REST-02"],
    says="TRACE is answered with the request itself.",
    partial=True,
)
def trace_answered(patch: Patch) -> None:
    def factory(handle: Function, hit: Hit) -> Function:
        async def traced(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            if scope["method"] != "TRACE":
                await handle(self, scope, receive, answer)
                return
            hit()
            lines = b"".join(name + b": " + value + b"\r\n" for name, value in scope["headers"])
            await Response(lines, media_type="message/http")(scope, receive, answer)

        return traced

    patch.replace("common.web:Guard._handle", factory)


@defect(
    "auth.forms-taken",
    breaks=["REST-03"],
    says="A body that says it is plain text is taken as JSON, so that a form of any page can send it.",
    partial=True,
)
def forms_taken(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def patient(request: Any) -> None:
            if request.headers.get("content-type") == "text/plain":
                hit()
                return
            check(request)

        return patient

    patch.replace("common.web:check_media_type", factory)


@defect(
    "auth.html-for-browsers",
    breaks=["REST-03"],
    says="Who asks for HTML is given the answer as HTML.",
    partial=True,
)
def html_for_browsers(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def shown(self: Any, message: Any) -> None:
            if (
                message["type"] == "http.response.start"
                and getattr(self, "asks_for_html", False)
                and message["status"] == 200
            ):
                hit()
                kept = [one for one in message["headers"] if one[0] != b"content-type"]
                message = {**message, "headers": [*kept, (b"content-type", b"text/html")]}
            await call(self, message)

        return shown

    def noting(handle: Function, hit: Hit) -> Function:
        async def noted(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            answer.asks_for_html = dict(scope["headers"]).get(b"accept") == b"text/html"
            await handle(self, scope, receive, answer)

        return noted

    patch.replace("common.web:_Answer.__call__", factory)
    patch.replace("common.web:Guard._handle", noting)


@defect(
    "auth.byte-order-mark-skipped",
    breaks=["REST-04"],
    says="A mark of byte order before the JSON is skipped, which other readers refuse.",
    partial=True,
)
def byte_order_mark_skipped(patch: Patch) -> None:
    def factory(loads: Function, hit: Hit) -> Function:
        def skipping(data: bytes) -> Any:
            if data.startswith(b"\xef\xbb\xbf"):
                hit()
                data = data[3:]
            return loads(data)

        return skipping

    patch.replace("common.strictjson:loads", factory)


@defect(
    "auth.list-for-object",
    breaks=["REST-04"],
    says="A list with one object in it is taken for that object.",
    partial=True,
)
def list_for_object(patch: Patch) -> None:
    def factory(loads: Function, hit: Hit) -> Function:
        def opened(data: bytes) -> Any:
            found = loads(data)
            if isinstance(found, list) and len(found) == 1:
                hit()
                return found[0]
            return found

        return opened

    patch.replace("common.strictjson:loads", factory)


@defect(
    "auth.wrong-field-named",
    breaks=["AUTH-210"],
    says="Where a text is too long, the problem document names the body for the field.",
    partial=True,
)
def wrong_field_named(patch: Patch) -> None:
    def factory(field_error: Function, hit: Hit) -> Function:
        def wide(found: Any) -> Any:
            told = field_error(found)
            if found["type"] == "string_too_long":
                hit()
                told["field"] = "body"
            return told

        return wide

    patch.replace("common.web:field_error", factory)


@defect(
    "auth.limits-in-octets",
    breaks=["AUTH-211"],
    says="A name is refused when it has more than two hundred octets, whatever its characters.",
    partial=True,
)
def limits_in_octets(patch: Patch) -> None:
    def factory(sign_up: Function, hit: Hit) -> Function:
        def counted(self: Any, email: str, password: str, full_name: str | None) -> None:
            if full_name is not None and len(full_name.encode()) > 200:
                hit()
                raise problems.Problem(
                    "invalid-request", errors=[{"field": "full_name", "detail": "is too long"}]
                )
            sign_up(self, email, password, full_name)

        return counted

    patch.replace("auth.accounts:Accounts.sign_up", factory)


@defect(
    "auth.refusals-without-safe-headers",
    breaks=["REST-07"],
    says="Bodies that are refused for their kind are told without the header that forbids to guess it.",
    partial=True,
)
def refusals_without_safe_headers(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def bare(self: Any, message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == 415:
                hit()
                self.headers = [one for one in self.headers if one[0] != b"x-content-type-options"]
            await call(self, message)

        return bare

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.frames-of-anybody",
    breaks=["REST-07"],
    says="Refusals for a missing or wrong token may be shown in a frame by every page.",
    partial=True,
)
def frames_of_anybody(patch: Patch) -> None:
    _header_of(patch, 401, b"content-security-policy", b"default-src 'none'; frame-ancestors *")


@defect(
    "auth.referrer-of-refusals",
    breaks=["REST-07"],
    says="Where a method is refused, the policy lets browsers tell other places the origin that one came from.",
    partial=True,
)
def referrer_of_refusals(patch: Patch) -> None:
    _header_of(patch, 405, b"referrer-policy", b"origin")


@defect(
    "auth.refusals-for-everybody",
    breaks=["REST-08"],
    says="What is refused for want of a token may be read by every page.",
    partial=True,
)
def refusals_for_everybody(patch: Patch) -> None:
    _header_of(patch, 401, b"access-control-allow-origin", b"*")


def _header_of(patch: Patch, status: int, name: bytes, value: bytes) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def telling(self: Any, message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == status:
                hit()
                self.headers = [*(one for one in self.headers if one[0] != name), (name, value)]
            await call(self, message)

        return telling

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.origin-repeated-in-refusals",
    breaks=["REST-08"],
    says="A refused token is told to every page: the origin that asked is allowed, with credentials.",
    partial=True,
)
def origin_repeated_in_refusals(patch: Patch) -> None:
    def factory(authenticate: Function, hit: Hit) -> Function:
        def telling(self: Any, request: Any) -> Any:
            try:
                return authenticate(self, request)
            except problems.Problem as problem:
                if origin := request.headers.get("origin"):
                    hit()
                    problem.headers["Access-Control-Allow-Origin"] = origin
                    problem.headers["Access-Control-Allow-Credentials"] = "true"
                raise

        return telling

    patch.replace("auth.access:Access.authenticate", factory)


@defect(
    "auth.preflight-granted",
    breaks=["REST-08"],
    says="A page of any origin is told that it may send a change of the password.",
    partial=True,
)
def preflight_granted(patch: Patch) -> None:
    def factory(handle: Function, hit: Hit) -> Function:
        async def granted(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            if scope["method"] != "OPTIONS" or scope["path"] != "/auth/password":
                await handle(self, scope, receive, answer)
                return
            hit()
            headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST"}
            problem = problems.Problem("method-not-allowed", headers={**headers, "Allow": "POST"})
            await answer.problem(problem)

        return granted

    patch.replace("common.web:Guard._handle", factory)


@defect(
    "auth.contract-broken-by-length",
    breaks=["REST-01"],
    says="A refresh token of more than two thousand characters ends in a server error.",
    partial=True,
)
def contract_broken_by_length(patch: Patch) -> None:
    def factory(refresh_token: Function, hit: Hit) -> Function:
        def breaking(request: Any, body: Any) -> Any:
            if len(body.refresh_token) > 2000:
                hit()
                raise json.JSONDecodeError("too long", "", 0)
            return refresh_token(request, body)

        return breaking

    patch.replace("auth.endpoints:refresh_token", factory)


@defect(
    "auth.name-costs-the-token",
    breaks=["REST-01"],
    says="Who gives themselves a name of more than forty characters is told that the token is not good.",
    partial=True,
)
def name_costs_the_token(patch: Patch) -> None:
    def factory(update_profile: Function, hit: Hit) -> Function:
        def distrusting(self: Any, user_id: str, full_name: str | None, *others: Any) -> Any:
            if full_name and len(full_name) > _LONG_NAME:
                hit()
                raise invalid_token()
            return update_profile(self, user_id, full_name, *others)

        return distrusting

    patch.replace("auth.accounts:Accounts.update_profile", factory)


@defect(
    "auth.second-end-fails",
    breaks=["REST-10"],
    says="Ending a session again ends every session of its owner.",
    partial=True,
)
def second_end_fails(patch: Patch) -> None:
    def factory(end_session: Function, hit: Hit) -> Function:
        def again(request: Any, session_id: str) -> Any:
            try:
                return end_session(request, session_id)
            except problems.Problem as problem:
                if problem.name == "not-found":
                    hit()
                    from reference.auth.endpoints import authenticated

                    service, claims = authenticated(request)
                    service.sessions.end_all(claims.user_id, "ended-by-user")
                raise

        return again

    patch.replace("auth.endpoints:end_session", factory)
