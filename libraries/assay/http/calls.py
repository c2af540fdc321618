"""Calls of operations: from fields to requests and from answers to the contract's words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from robot.api import logger
from robot.api.types import Secret

from assay.core import reach
from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import Way
from assay.core.spelling import KeyHeader
from assay.evidence import live
from assay.evidence.exchange import Exchange, exchange_table
from assay.evidence.opening import kind_of, refuse_masked, unwrap
from assay.evidence.redact import conceal
from assay.http import raw
from assay.http.answers import Response
from assay.http.client import Answer, CertificateRefused, Client, Unanswered
from assay.http.operations import Operation, Rules
from assay.http.platform import (
    current_ledger,
    operation_of,
    run_id,
    running,
    running_suite,
    secret_named,
    service_named,
    source_of_the_test,
)
from assay.http.requests import Conversation, Request, refused_in_handshake, response_of
from assay.http.secrets import Owners
from assay.http.wrong import WrongPasswords

PATIENCE = 5.0
SILENT_PATIENCE = 1.0
_LONGEST = 20  # exchanges of one operation, redirects with them
_SPECIAL = ("token", "headers", "authorization", "method", "api_key")


class Caller:
    """Sends operations for the test that runs, and remembers which services are silent."""

    def __init__(self) -> None:
        self._client = Client()
        self._owners = Owners()
        self._wrong = WrongPasswords()
        self._silent: set[str] = set()
        self._standing = threading.local()
        self._last_source = ""

    def call_row(self, operation: str, request: Mapping[str, Any]) -> Response:
        """Like `call`, with the special fields among the others, as rows of tables have them."""
        fields = {name: value for name, value in request.items() if name not in _SPECIAL}
        special = {name: request[name] for name in _SPECIAL if name in request}
        return self.call(operation, fields, **special)

    def call(
        self,
        operation: str,
        fields: Mapping[str, Any],
        token: Secret | str | None = None,
        headers: Mapping[str, Any] | None = None,
        authorization: Secret | str | None = None,
        method: str | None = None,
        certificate: IssuedCertificate | None = None,
        api_key: Secret | str | None = None,
    ) -> Response:
        """Sends an operation, step by step, and returns the answer of the last.

        Where the operation has a field `token` of its own, `token` is that field. `method` takes the place of the one
        that the contract or the dialect names. With a `certificate`, a handshake that is refused is a refusal of it.
        """
        asked = operation_of(operation) if method is None else by_method(operation_of(operation), method)
        if token is not None and "token" in asked.spelling.fields:
            fields, token = {**fields, "token": token}, None
        if token is not None and authorization is not None:
            raise AssayError("give either token= or authorization=, not both")
        opened = {name: _open(name, value) for name, value in asked.spelling.apart(fields).items()}
        bearer = _open("access_token", token)
        presented = _open("authorization", authorization)
        extra = {name: _header(name, value) for name, value in (headers or {}).items()}
        if api_key is not None:
            key = _key_header(asked)
            extra = {key.name: key.before + str(_open("api_key", api_key)), **extra}
        who = self._owners.of(bearer or (presented or "").partition(" ")[2] or presented, opened)
        book, suite = current_ledger(), running_suite()
        self._wrong.check(running(), who, opened, book)
        number = book.before(operation, fields, bearer, suite) if book else ""
        talk = Conversation(asked, opened, bearer, presented, extra, secret=secret_named)
        exchanges: list[Exchange] = []
        sent = 0
        try:
            for step in asked.spelling.steps:
                if talk.is_left_out(step):
                    continue
                if talk.lacks_for(step):
                    break
                sent += 1
                answer = self._send(asked, talk.request(step), who, exchanges, certificate)
                while len(exchanges) < _LONGEST and (onward := talk.redirected(step, answer)):
                    answer = self._send(asked, onward, who, exchanges, certificate)
                if not talk.take(step, answer):
                    break
        except CertificateRefused as refused:
            return refused_in_handshake(asked, exchanges, str(refused))
        except NoAnswer:
            _show(exchanges)
            raise
        response = response_of(asked, answer, exchanges, talk.fields)
        if talk.lacking and response.problem is None and response.status < 400:
            # Neither a success nor a refusal that the dialect knows: what it says of this product is wrong.
            last = exchanges[-1]
            _show(exchanges)
            raise AssayError(
                f"{asked.name} ended after {sent} of its {len(asked.spelling.steps)} steps, with {response.status} to "
                f"{last.method} {last.path.partition('?')[0]}: {talk.lacking}"
            )
        if book:
            book.after(operation, fields, bearer, response.body, response.succeeded, number, suite)
        self._wrong.heard(who, response.problem, operation, response.status, book)
        response.shown = certificate.about if certificate else ""
        self._owners.learn(opened, response.body)
        return response

    def raw(
        self,
        service: str,
        pieces: Sequence[bytes | str | Secret],
        pause: float,
        within: float,
        shut: bool,
        attentive: bool = False,
    ) -> raw.RawAnswer:
        """Sends bytes to a service; `attentive` stops as soon as something comes back."""
        where = service_named(service)
        host = where.url.split("://", 1)[1].split("/", 1)[0]
        sent = [_bytes(piece, host) for piece in pieces]
        try:
            answer = raw.exchange(where.url, sent, within, self.source(), where.way, pause, shut, attentive)
        except OSError as error:
            raise NoAnswer(
                f"{service} at {where.url} did not take raw bytes: {error.strerror or error}"
            ) from error
        live.count_exchange(answer.seconds)
        return answer

    def connect(self, operation: str) -> None:
        """Makes the connection that this thread's next call will use."""
        where = operation_of(operation).service
        try:
            self._client.connect(where.url, PATIENCE, self.source(), where.way)
        except Unanswered as error:
            raise NoAnswer(f"{where.name} at {where.url} did not answer: {operation}: {error}") from error

    def trust_again(self) -> None:
        """Gives services that were silent their whole time again."""
        self._silent.clear()

    def source(self) -> str:
        """The loopback address of the test that runs."""
        if given := getattr(self._standing, "source", None):
            return str(given)
        source = source_of_the_test(run_id())
        if source != self._last_source:
            self._client.close()
            self._last_source = source
        return source

    @contextmanager
    def standing_in(self, source: str) -> Iterator[None]:
        """Lets this thread call from an address, as the test's own thread does."""
        self._standing.source = source
        try:
            yield
        finally:
            self._client.close()
            self._standing.source = None

    def rules(self, operation: str) -> Rules:
        """What the contract says of an operation's answers."""
        return operation_of(operation).rules

    def _send(
        self,
        asked: Operation,
        request: Request,
        who: str,
        exchanges: list[Exchange],
        certificate: IssuedCertificate | None = None,
    ) -> Answer:
        service = asked.service
        for name, value in request.headers:
            refuse_masked(f"the header {name} of {asked.name}", value)
        refuse_masked(f"the path of {asked.name}", request.path)
        if request.body:
            refuse_masked(f"the body of {asked.name}", request.body.decode("utf-8", "replace"))
        exchange = Exchange(asked.name, request.method, request.path, who, request.headers, request.body)
        exchanges.append(exchange)
        patience = SILENT_PATIENCE if service.url in self._silent else PATIENCE
        try:
            answer = self._client.send(
                request.url,
                request.method,
                request.headers,
                request.body,
                patience,
                self.source(),
                _shown(service.way, certificate),
            )
        except CertificateRefused as refused:
            exchange.failure = f"the handshake was refused: {refused}"
            if certificate is None:
                raise NoAnswer(f"{service.name} at {service.url} asks for a client certificate") from refused
            live.count_exchange(0.0)
            raise
        except Unanswered as error:
            self._silent.add(service.url)
            exchange.failure = str(error)
            raise NoAnswer(
                f"{service.name} at {service.url} did not answer within {patience:g} s: "
                f"{request.method} {request.path.partition('?')[0]} ({asked.name}): {error}"
            ) from error
        self._silent.discard(service.url)
        live.count_exchange(answer.seconds)
        exchange.status, exchange.headers = answer.status, answer.headers
        exchange.body, exchange.seconds = answer.body, answer.seconds
        return answer


def _shown(way: Way, certificate: IssuedCertificate | None) -> Way:
    """The way to a service with a certificate of the test's own in the place of the target's."""
    if certificate is None:
        return way
    return replace(way, certificate=reach.ClientCertificate(str(certificate.path), on_trial=True))


def by_method(asked: Operation, method: str) -> Operation:
    """The operation, asked with another method than its own."""
    *before, last = asked.spelling.steps
    return replace(asked, spelling=replace(asked.spelling, steps=(*before, replace(last, method=method))))


def _key_header(asked: Operation) -> KeyHeader:
    if asked.key_header is None:
        raise AssayError(f"the contract of {asked.name} names no header for API keys")
    return asked.key_header


def _open(name: str, value: Any) -> Any:
    return unwrap(value, kind_of(name))


def _header(name: str, value: Any) -> str | None:
    return None if value is None else str(_open(name, value))


def _bytes(piece: bytes | str | Secret, host: str) -> bytes:
    if isinstance(piece, Secret):
        conceal(str(piece.value), "secret")
        return str(piece.value).replace("{host}", host).encode("latin-1")
    if isinstance(piece, bytes):
        return piece
    refuse_masked("a piece of raw bytes", piece)
    text = piece.replace("\\r", "\r").replace("\\n", "\n").replace("{host}", host)
    return text.encode("utf-8")


def _show(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        logger.write(exchange_table(exchange), "INFO", True)
