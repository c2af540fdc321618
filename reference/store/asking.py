"""What a request over HTTP says beyond its body: the token, the version, names in one spelling."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reference.common import problems, strictjson, web
from reference.store import names, schemas
from reference.store.wire import Asker

_CREDENTIALS = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
_VERSION = re.compile(r'"([0-9]{1,18})"')
_MOST_FIELDS = 20
NO_VERSION = -1
#: How paths with the name of a schema begin, and which segment that is.
_PLACES = {(b"entity",): 2, (b"entities",): 2, (b"schema",): 2}


class PathNames:
    """In front of the routes: a name in a path that is none is refused as such, also one that looks like several segments."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Looks at the path as it was sent."""
        if scope["type"] == "http":
            check_path(scope["raw_path"])
        await self._app(scope, receive, send)


class StoreRoute(web.StrictRoute):
    """A route whose query has one reading, as UTF-8 and with no field twice."""

    document_depth = schemas.DEPTH

    def read_json(self, body: bytes) -> Any:
        """What a body says; documents in it may be nested as deeply as anywhere else."""
        return strictjson.loads_within(body, max(self.document_depth, schemas.DEPTH) + 1)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the reading of path and query."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            check_query(request.scope["query_string"])
            return await handle(request)

        return strict


def check_path(raw: bytes) -> None:
    """Refuses the name of a schema that is none; the segments are told apart before anything is decoded."""
    segments = raw.split(b"/")
    for start, place in _PLACES.items():
        if segments[1 : 1 + len(start)] == list(start) and len(segments) == place + 1:
            check_segment(segments[place])


def check_segment(segment: bytes) -> None:
    """Refuses a segment that is no name, or no UTF-8, which would be read as another name."""
    try:
        names.check(unquote_to_bytes(segment).decode("utf-8"), "schema_id")
    except UnicodeDecodeError:
        raise names.invalid("schema_id", "is no name") from None


def check_query(raw: bytes) -> None:
    """Refuses a query that is no UTF-8, and one that says something twice."""
    try:
        fields = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise names.invalid("key", "is no name") from None
    if len(dict(fields)) != len(fields):
        raise names.invalid("key", "comes twice")


def token(request: Request) -> str:
    """The one token that is presented; nothing where nobody tried."""
    given = request.headers.getlist("authorization")
    if not given:
        return ""
    found = _CREDENTIALS.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise problems.Problem("invalid-token", headers={"WWW-Authenticate": "Bearer"})
    return found[1]


def expected(request: Request) -> int:
    """The version that a write asks for; 0 is any. No entity has version 0, so asking for that is in vain."""
    given = request.headers.getlist("if-match")
    if not given:
        return 0
    found = _VERSION.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise names.invalid("if_match", "must be one version in quotes")
    return int(found[1]) or NO_VERSION


def asker() -> Asker:
    """Who asks, for the logs."""
    who = web.caller()
    return Asker(who.address, who.request_id)
