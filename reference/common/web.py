"""What every service does to every request: an id, limits, strict JSON, safe headers, problems instead of traces."""

import asyncio
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference.common import deadline, problems, strictjson

HANDLING_SECONDS = 3.0
ARRIVAL_SECONDS = 10.0
DRAINED_AT_MOST = 1 << 20
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ACCESS = logging.getLogger("assay.access")
_ERRORS = logging.getLogger("assay.error")

SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]


def safe_headers(https: bool) -> list[tuple[bytes, bytes]]:
    """The headers that every answer carries, errors included."""
    return SAFE_HEADERS + (
        [(b"strict-transport-security", b"max-age=31536000; includeSubDomains")] if https else []
    )


@dataclass(frozen=True)
class Caller:
    """Who is asking, as far as the connection tells."""

    address: str | None
    request_id: str | None
    user_agent: str | None


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller(None, None, None))  # noqa: B039


_told: ContextVar[dict[str, list[str]] | None] = ContextVar("told", default=None)


def tell(name: str, value: str) -> None:
    """Adds a header to the answer of the request that is being handled; what it says more than once becomes a list."""
    told = _told.get()
    if told is not None:
        told.setdefault(name, []).append(value)


def take_back(*names: str) -> None:
    """Has the answer of the request that is being handled not say what it was told under these names."""
    told = _told.get() or {}
    for name in names:
        told.pop(name, None)


def caller() -> Caller:
    """Who asked what is being done now; nobody, outside a request."""
    return _caller.get()


def act_for(who: Caller) -> None:
    """From now on what this task does is what somebody asked for through another door than HTTP."""
    _caller.set(who)


class Guard:
    """The outermost layer of a service: nothing gets past it without headers, a line in the log and an end."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self.headers = safe_headers(https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request within its time."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # What is sent below is the answer to GET; the server leaves its content out (RFC 9110, 9.3.2).
            scope = {**scope, "method": "GET"}
        started = time.perf_counter()
        who = identify(scope)
        _caller.set(who)
        limit = deadline.Deadline()
        deadline.current.set(limit)
        told: dict[str, list[str]] = {}
        _told.set(told)
        answer = _Answer(send, self.headers, who.request_id or "", told)
        limit.arm(HANDLING_SECONDS)
        task = asyncio.ensure_future(self._handle(scope, receive, answer))
        await asyncio.wait({task, limit.future}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=0.5)
        if not task.done():
            task.cancel()
            await answer.problem(problems.unavailable())
        limit.disarm()
        log_access(scope, answer.status, time.perf_counter() - started, who)

    async def _handle(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer)
        except problems.Problem as problem:
            await answer.problem(problem)
        except ClientDisconnect:
            answer.status = 499
        except Exception as error:  # noqa: BLE001 - the last line of defence: the caller gets a problem document
            log_error(error)
            await answer.problem(problems.Problem("internal-error"))


class _Answer:
    """Passes an answer on with the headers that every answer carries."""

    def __init__(
        self,
        send: Send,
        headers: list[tuple[bytes, bytes]],
        request_id: str,
        told: Mapping[str, Sequence[str]],
    ) -> None:
        self.send, self.headers, self.request_id, self.told = send, headers, request_id, told
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.status:
                return
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            extra = [*self.headers, (b"x-request-id", self.request_id.encode())]
            extra += [(name.lower().encode(), ", ".join(told).encode()) for name, told in self.told.items()]
            if b"cache-control" not in present:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *extra]}
        await self.send(message)

    async def problem(self, problem: problems.Problem) -> None:
        """Answers with a problem, where nothing has been answered yet."""
        if self.status:
            return
        told = problems.response(problem)
        await self({"type": "http.response.start", "status": told.status_code, "headers": told.raw_headers})
        await self({"type": "http.response.body", "body": told.body})


def identify(scope: Scope) -> Caller:
    """The caller of a request: the address is the connection's own, whatever headers claim."""
    given = [value for name, value in scope["headers"] if name == b"x-request-id"]
    asked = given[0].decode("latin-1") if len(given) == 1 else ""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), None)
    return Caller(
        address=scope["client"][0] if scope.get("client") else None,
        request_id=asked if _REQUEST_ID.fullmatch(asked) else new_request_id(),
        user_agent=clean(agent.decode("latin-1"), 300) if agent is not None else None,
    )


def new_request_id() -> str:
    """An id for a request that brought none that could be used."""
    return secrets.token_hex(8)


def log_unreadable(request_id: str, address: str | None) -> None:
    """The line of what could not be read as a request, under the id that its answer tells."""
    _ACCESS.info("%s - (not a request) 400 - %s", request_id, address)


def clean(text: str, length: int) -> str:
    """Text from outside, fit to be kept: printable and not endless."""
    return "".join(character if character.isprintable() else "?" for character in text[:length])


def log_access(scope: Scope, status: int, seconds: float, who: Caller) -> None:
    """One line a request. The path is the route's own, since what was asked for may hold a token."""
    route = scope.get("route")
    path = getattr(route, "path", "(no such path)")
    method = clean(scope["method"], 16)
    _ACCESS.info("%s %s %s %d %.1f ms %s", who.request_id, method, path, status, seconds * 1000, who.address)


def log_error(error: BaseException) -> None:
    """Where something went wrong, without the message: that may hold what somebody sent."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _ERRORS.error("%s: %s\n%s", caller().request_id, type(error).__qualname__, frames)


def log_notice(text: str) -> None:
    """Something that whoever runs the service must know."""
    _ERRORS.warning("%s", text)


class StrictRoute(APIRoute):
    """A route whose body is read with a limit, as JSON with one meaning, before anything else looks at it."""

    max_body_bytes = 65536
    arrival_seconds = ARRIVAL_SECONDS

    def read_json(self, body: bytes) -> Any:
        """What a body says; raises NotStrict."""
        return strictjson.loads(body)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, behind the reading of the body."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def strict(request: Request) -> Response:
            body = await read_body(request, self.max_body_bytes, self.arrival_seconds)
            check_media_type(request)
            try:
                request._json = self.read_json(body)
            except strictjson.NotStrict:
                raise problems.Problem("malformed-json") from None
            request._body = body
            return await handle(request)

        return strict


def check_media_type(request: Request) -> None:
    """Refuses a body that does not say it is JSON, once, or is encoded; codings have no case (RFC 9110, 8.4.1)."""
    given = request.headers.getlist("content-type")
    media_type = given[0].partition(";")[0].strip().lower() if len(given) == 1 else ""
    lines = request.headers.getlist("content-encoding")
    codings = [coding.strip().lower() for line in lines for coding in line.split(",")]
    if media_type != "application/json" or any(coding != "identity" for coding in codings):
        raise problems.Problem("unsupported-media-type")


async def read_body(request: Request, limit: int, seconds: float = ARRIVAL_SECONDS) -> bytes:
    """The body, no longer than the limit and no slower than it may be."""
    time_left = deadline.current.get()
    if time_left is not None:
        time_left.arm(seconds + HANDLING_SECONDS)
    body = bytearray()
    too_large = int(request.headers.get("content-length", "0")) > limit
    drained = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                drained += len(chunk)
                too_large = too_large or drained > limit
                if not too_large:
                    body += chunk
                elif drained > DRAINED_AT_MOST:
                    break
    except TimeoutError:
        raise problems.Problem("request-timeout", headers={"Connection": "close"}) from None
    if too_large:
        raise problems.Problem("payload-too-large", headers={"Connection": "close"})
    if time_left is not None:
        time_left.arm(HANDLING_SECONDS)
    return bytes(body)


def install(app: FastAPI, https: bool) -> None:
    """Puts all of this around a service."""

    async def on_problem(_: Request, error: Exception) -> Response:
        return problems.response(
            error if isinstance(error, problems.Problem) else problems.Problem("internal-error")
        )

    async def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        problem = problems.of_status(status)
        problem.headers.update(getattr(error, "headers", None) or {})
        if status == 405:
            problem.headers["Allow"] = ", ".join(allowed(request))
        return problems.response(problem)

    async def on_validation(_: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return problems.response(
            problems.Problem("invalid-request", errors=[field_error(one) for one in found])
        )

    app.add_exception_handler(problems.Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_middleware(Guard, https=https)


def allowed(request: Request) -> list[str]:
    """The methods of a path (RFC 9110, 10.2.1): a router tells those of the first route alone that it comes to."""
    routes = request.app.router.routes
    found = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in found for method in getattr(route, "methods", None) or ()})


_SAYINGS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be a string",
    "string_unicode": "must be a string of Unicode characters",
    "string_pattern_mismatch": "is not of the accepted form",
    "literal_error": "is not one of the accepted values",
}
_BOUNDS = {
    "greater_than_equal": "must be at least {0}",
    "less_than_equal": "must be at most {0}",
    "too_short": "must have at least {1} items",
    "too_long": "must have at most {1} items",
}


def field_error(found: Any) -> dict[str, str]:
    """What is wrong with one field, in words that repeat nothing of what was sent."""
    place = [str(part) for part in found["loc"][1:]]
    kind = str(found["type"])
    field = "(a field)" if kind == "extra_forbidden" else ".".join(place) or "(body)"
    context = found.get("ctx", {})
    if kind == "string_too_short":
        detail = f"must have at least {context['min_length']} characters"
    elif kind == "string_too_long":
        detail = f"must have at most {context['max_length']} characters"
    elif kind in _BOUNDS:
        detail = _BOUNDS[kind].format(*context.values())
    elif kind == "value_error":
        detail = str(context["error"])
    else:
        detail = _SAYINGS.get(kind, "is not of the right type")
    return {"field": field, "detail": detail}
