"""What a request over HTTP says beyond its body: the token, the version, names in one spelling."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from fastapi import Request
from starlette.responses import Response

from reference.common import problems, web
from reference.store import names
from reference.store.wire import Asker

_CREDENTIALS = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
_VERSION = re.compile(r'"([0-9]{1,18})"')
_MOST_FIELDS = 20
NO_VERSION = -1


class StoreRoute(web.StrictRoute):
    """A route whose path and query have one reading, as UTF-8 and with no field twice."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the reading of path and query."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            check_path(request.scope["raw_path"])
            check_query(request.scope["query_string"])
            return await handle(request)

        return strict


def check_path(raw: bytes) -> None:
    """Refuses a path that is no UTF-8, which would be read as another name."""
    try:
        unquote_to_bytes(raw).decode("utf-8")
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


def wrong_field(found: Any) -> dict[str, str]:
    """What is wrong with one field, in the store's words."""
    told = web.field_error(found)
    return names.wrong(told["field"], told["detail"])
