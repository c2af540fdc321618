"""Passwords taken from where they do not belong, and answers that lead where the request said."""

import base64
import json
from contextvars import ContextVar
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse

from reference.auth import schemas
from reference.auth.tokens import Claims
from reference.defects import Function, Hit, Patch, defect
from reference.defects.auth.presenting import operation_of


@defect(
    "auth.password-by-basic",
    breaks=["AUTH-270"],
    says="A person is told about themselves by name and password in a Basic header, without a log-in.",
    partial=True,
)
def password_by_basic(patch: Patch) -> None:
    _by_basic(patch, "getMe")


@defect(
    "auth.sessions-by-basic",
    breaks=["AUTH-270"],
    says="Sessions are listed for name and password in a Basic header, without a log-in.",
    partial=True,
)
def sessions_by_basic(patch: Patch) -> None:
    _by_basic(patch, "listSessions")


def _by_basic(patch: Patch, operation: str) -> None:
    def factory(authenticated: Function, hit: Hit) -> Function:
        def with_basic(request: Any) -> Any:
            scheme, _, coded = request.headers.get("authorization", "").partition(" ")
            if scheme != "Basic" or operation_of(request) != operation:
                return authenticated(request)
            name, _, password = base64.b64decode(coded).decode().partition(":")
            service = request.app.state.service
            user = service.accounts.log_in(name, password)
            hit()
            begun = service.sessions.begin(user.id, user.permissions, None, user.hashed_password)
            return service, Claims(user.id, begun.session_id, tuple(user.permissions), 0, "")

        return with_basic

    patch.replace("auth.endpoints:authenticated", factory)


@defect(
    "auth.log-in-from-address",
    breaks=["AUTH-270"],
    says="A log-in with an empty body takes address and password from the query.",
    partial=True,
)
def log_in_from_address(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def with_query(request: Any, limit: int, *seconds: float) -> Any:
            body = await read_body(request, limit, *seconds)
            given = request.query_params
            if body.strip() != b"{}" or not {"email", "password"} <= {*given}:
                return body
            hit()
            return json.dumps({"email": given["email"], "password": given["password"]}).encode()

        return with_query

    patch.replace("common.web:read_body", factory)


@defect(
    "auth.password-of-address-first",
    breaks=["AUTH-270"],
    says="A password in the query of a log-in counts before the one in the body.",
    partial=True,
)
def password_of_address_first(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def by_query(request: Request, body: schemas.LogInRequest) -> Any:
            if password := request.query_params.get("password"):
                hit()
                body = body.model_copy(update={"password": password})
            return log_in(request, body)

        return by_query

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.log-in-by-link",
    breaks=["AUTH-270", "AUTH-63"],
    says="A log-in can be asked by GET, with address and password in the query.",
    partial=True,
)
def log_in_by_link(patch: Patch) -> None:
    def factory(add: Function, hit: Hit) -> Function:
        def with_get(app: Any, operation: Any) -> None:
            add(app, operation)
            if operation.name != "logIn":
                return

            def by_link(request: Request, email: str, password: str) -> Any:
                hit()
                return operation.endpoint(request, schemas.LogInRequest(email=email, password=password))

            app.add_api_route(operation.path, by_link, methods=["GET"], include_in_schema=False)

        return with_get

    patch.replace("auth.app:add", factory)


@defect(
    "auth.slash-leads-away",
    breaks=["AUTH-271"],
    says="A path with a slash too many is answered with a redirect to the host that the request named.",
    partial=True,
)
def slash_leads_away(patch: Patch) -> None:
    _redirect(patch, lambda request: request.url.path.rstrip("/"), "GET")


@defect(
    "auth.posted-slash-leads-away",
    breaks=["AUTH-271"],
    says="What is posted to a path with a slash too many is sent on to the host that the request named.",
    partial=True,
)
def posted_slash_leads_away(patch: Patch) -> None:
    _redirect(patch, lambda request: request.url.path.rstrip("/"), "POST")


@defect(
    "auth.capitals-lead-away",
    breaks=["AUTH-271"],
    says="A path in capitals is answered with a redirect to the same in small letters, at the host that the request named.",
    partial=True,
)
def capitals_lead_away(patch: Patch) -> None:
    _redirect(patch, lambda request: request.url.path.lower(), "GET")


def _redirect(patch: Patch, usual: Function, method: str) -> None:
    def factory(install: Function, hit: Hit) -> Function:
        def with_redirects(app: Any, https: bool) -> None:
            async def redirect(request: Request, call_next: Function) -> Any:
                path = usual(request)
                if request.method != method or not path or path == request.url.path:
                    return await call_next(request)
                hit()
                return RedirectResponse(str(request.url.replace(path=path)))

            app.middleware("http")(redirect)
            install(app, https)

        return with_redirects

    patch.replace("common.web:install", factory)


@defect(
    "auth.keys-at-the-host-named",
    breaks=["AUTH-272"],
    says="Discovery says that the keys are at the host that the request named.",
    partial=True,
)
def keys_at_the_host_named(patch: Patch) -> None:
    _discover(patch, "jwks_uri", "host")


@defect(
    "auth.issuer-by-proxy",
    breaks=["AUTH-272"],
    says="Discovery names the host that a proxy is said to have been asked for as the issuer.",
    partial=True,
)
def issuer_by_proxy(patch: Patch) -> None:
    _discover(patch, "issuer", "x-forwarded-host")


def _discover(patch: Patch, member: str, header: str) -> None:
    def factory(get_discovery: Function, hit: Hit) -> Function:
        def by_host(request: Request) -> Any:
            answer = get_discovery(request)
            told = json.loads(answer.body)
            host = request.headers.get(header, "")
            if host and host not in told[member]:
                hit()
                told[member] = f"https://{host}/"
            return JSONResponse(told, headers={"Cache-Control": "public, max-age=60"})

        return by_host

    patch.replace("auth.endpoints:get_discovery", factory)


_forwarded: ContextVar[str] = ContextVar("forwarded", default="")


@defect(
    "auth.token-issuer-by-proxy",
    breaks=["AUTH-272"],
    says="The issuer in a token is the host that a proxy is said to have been asked for.",
    partial=True,
)
def token_issuer_by_proxy(patch: Patch) -> None:
    def remembering(log_in: Function, hit: Hit) -> Function:
        def remembered(request: Request, body: schemas.LogInRequest) -> Any:
            _forwarded.set(request.headers.get("x-forwarded-host", ""))
            return log_in(request, body)

        return remembered

    def naming(claims: Function, hit: Hit) -> Function:
        def named(self: Any, *arguments: Any) -> Any:
            found = claims(self, *arguments)
            if host := _forwarded.get():
                hit()
                found["iss"] = f"https://{host}"
            return found

        return named

    patch.replace("auth.endpoints:log_in", remembering)
    patch.replace("auth.tokens:Issuer.claims", naming)
