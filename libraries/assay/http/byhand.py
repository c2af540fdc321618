"""Requests that a tester writes by hand, sent by RequestsLibrary: what they may hold, how they go out, what is shown of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

import requests
from requests.auth import AuthBase
from robot.api import logger
from robot.api.types import Secret
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from assay.core.contract import Contract
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import is_loopback, resolved
from assay.core.requesting import WayAdapter
from assay.core.spelling import TEMPLATE, Spelling, Step
from assay.evidence import live
from assay.evidence.exchange import Exchange, exchange_table
from assay.evidence.opening import kind_of, refuse_masked, unwrap
from assay.http.answers import Response
from assay.http.client import Answer
from assay.http.operations import Operation, Rules, Service
from assay.http.platform import operation_of, service_named
from assay.http.requests import response_of

_OF_REQUESTS = ("headers", "params", "data", "json", "auth", "cookies")
_IN_QUERY = ("GET", "DELETE", "HEAD", "OPTIONS")


@dataclass
class ByHand:
    """One request that is about to be sent: in which session, to which path, with what."""

    alias: str
    path: str
    arguments: dict[str, Any]
    asked: Operation


class Bearer(AuthBase):
    """Presents an access token; the log names its owner."""

    def __init__(self, token: Secret, owner: str) -> None:
        self._token, self._owner = token, owner

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.assay_sender = self._owner  # type: ignore[attr-defined]
        request.headers["Authorization"] = f"Bearer {unwrap(self._token, 'access token')}"
        return request


class Basic(AuthBase):
    """Presents a name and a password as HTTP Basic says (RFC 7617)."""

    def __init__(self, name: str, password: Any) -> None:
        self._name, self._password = name, password

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        made: requests.PreparedRequest = requests.auth.HTTPBasicAuth(
            self._name.encode(), str(unwrap(self._password, "password")).encode()
        )(request)
        return made


def prepare(method: str, what: str, service: str, given: Mapping[str, Any], sender: Bearer | None) -> ByHand:
    """The request for an operation (`auth.getMe`) or a path (`/auth/me`), every Secret in it opened.

    What is not an argument of RequestsLibrary is a field: of the path where that has its name, else of the query or the
    JSON body, as is usual for the method.
    """
    asked = _asked(method, what, service)
    fields = {name: unwrap(value, kind_of(name)) for name, value in given.items() if name not in _OF_REQUESTS}
    arguments = {name: unwrap(value, kind_of(name)) for name, value in given.items() if name in _OF_REQUESTS}
    if "auth" in arguments:
        arguments["auth"] = (
            Basic(*given["auth"]) if isinstance(given["auth"], list | tuple) else given["auth"]
        )
    elif sender is not None and not _has(arguments.get("headers", {}), "Authorization"):
        arguments["auth"] = sender
    path = asked.spelling.steps[-1].path
    for name in TEMPLATE.findall(path):
        if name not in fields:
            raise AssayError(f"{asked.name} needs the field {name}, which is in its path {path}")
        path = path.replace(f"{{{name}}}", quote(str(fields.pop(name)), safe=""))
    if fields:
        place = "params" if method in _IN_QUERY else "json"
        if place in arguments:
            raise AssayError(f"give either {place}= or fields by their names, not both: {', '.join(fields)}")
        arguments[place] = fields
    return ByHand(service_of(what, service), path, arguments, asked)


def service_of(what: str, service: str) -> str:
    """The service of an operation; for a path the one that was named."""
    return service if what.startswith("/") else what.partition(".")[0]


def answer_to(request: ByHand, got: requests.Response) -> Response:
    """The answer in the contract's words, with what it gives away of credentials as Secret."""
    exchange: Exchange = got.assay_exchange  # type: ignore[attr-defined]
    answer = Answer(got.status_code, list(exchange.headers), got.content, exchange.seconds)
    return response_of(request.asked, answer, [exchange], {})


class PlatformAdapter(WayAdapter):
    """Sends to one service: from the test's own address, within its time, and into the log as a table."""

    def __init__(self, service: Service, source: str) -> None:
        self._service, self._source = service, source
        super().__init__(service.way)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Makes connections from the test's own address where the service is on this machine."""
        if is_loopback(resolved(urlsplit(self._service.url).hostname or "")):
            named["source_address"] = (self._source, 0)
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        """One exchange, which is refused before it leaves when it holds what stands for a secret in a log."""
        exchange = _exchange(request, self._service)
        exchange_started = time.monotonic()
        try:
            answer: requests.Response = super().send(request, *arguments, **named)
            body = answer.content
        except (requests.RequestException, HTTPError) as error:
            exchange.failure = _reason(error)
            logger.write(exchange_table(exchange), "INFO", True)
            raise NoAnswer(
                f"{self._service.name} at {self._service.url} did not answer: {exchange.operation}: {exchange.failure}"
            ) from None
        exchange.seconds = time.monotonic() - exchange_started
        exchange.status, exchange.body = answer.status_code, body
        exchange.headers = list(answer.raw.headers.items())
        live.count_exchange(exchange.seconds)
        logger.write(exchange_table(exchange), "INFO", True)
        answer.assay_exchange = exchange  # type: ignore[attr-defined]
        return answer


class _Resolving:
    """Connects to where the other keywords do: names under `.localhost` are this machine."""

    _dns_host: str

    def _new_conn(self) -> Any:
        name = self._dns_host
        self._dns_host = resolved(name)
        try:
            return super()._new_conn()  # type: ignore[misc]
        finally:
            self._dns_host = name


class _Plain(_Resolving, HTTPConnection):
    pass


class _Tls(_Resolving, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


def _asked(method: str, what: str, service: str) -> Operation:
    if not what.startswith("/"):
        asked = operation_of(what)
        last = replace(asked.spelling.steps[-1], method=method)
        return replace(asked, spelling=replace(asked.spelling, steps=(last,)))
    nothing = Contract(service, {"paths": {}})
    spelling = Spelling(f"{service}: {method} {what}", (Step(method, what),), secrets=_CREDENTIALS)
    return Operation(service_named(service), spelling, Rules(nothing, {}))


# What an answer at a path of which no contract tells is known to give away.
_CREDENTIALS = {
    f"/{name}": kind_of(name)
    for name in ("access_token", "refresh_token", "id_token", "token", "password", "key")
}


def _exchange(request: requests.PreparedRequest, service: Service) -> Exchange:
    parts = urlsplit(request.url or "")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    what = f"{request.method} {parts.path or '/'}"
    headers = [(name, _text(value)) for name, value in request.headers.items()]
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if body is not None and not isinstance(body, bytes):
        body = b"(a stream)"
    for name, value in headers:
        refuse_masked(f"the header {name} of {what}", value)
    refuse_masked(f"the address of {what}", unquote_plus(path))
    if body:
        text = body.decode("utf-8", "replace")
        refuse_masked(f"the body of {what}", f"{text}\n{unquote_plus(text)}")
    other = "an unknown credential" if _has(request.headers, "Authorization") else "nobody"
    who = getattr(request, "assay_sender", other)
    return Exchange(f"{service.name}, by hand", request.method or "", path, who, headers, body)


def _reason(error: BaseException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS failed: the certificate is not one of the target's authority, or there is no TLS"
    if "refused" in str(error):
        return "connection refused"
    return type(error).__name__


def _has(headers: Mapping[str, Any], name: str) -> bool:
    return any(given.lower() == name.lower() for given in headers)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
