"""An answer over gRPC in the form of one over REST, so that the two can be compared and judged alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from robot.api.types import Secret

from assay.core.rpc import Part, Spelled
from assay.evidence.exchange import Exchange
from assay.evidence.redact import conceal
from assay.grpc.answers import GrpcAnswer
from assay.http.answers import Headers, Response
from assay.http.requests import INVALID_CERTIFICATE

HANDSHAKE = "no connection could be made"
# google.rpc.Code, "HTTP Mapping".
HTTP_STATUS: Mapping[str, int] = {
    "OK": 200, "CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504, "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401, "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400, "ABORTED": 409, "OUT_OF_RANGE": 400, "UNIMPLEMENTED": 501, "INTERNAL": 500,
    "UNAVAILABLE": 503, "DATA_LOSS": 500,
}  # fmt: skip


@dataclass
class DoorAnswer(Response):
    """The answer of an operation over gRPC.

    `text` is the document as it came where there is one. `code` is the name of its status, `status` the HTTP status that stands for it, `message` what the refusal says; `body` and
    `problem` are in the contract's words, as over REST.
    """

    code: str = "OK"
    message: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return self.code == "OK" and self.problem is None

    def summary(self) -> str:
        """The answer in few words: code and problem."""
        told = f": {self.message}" if self.message else ""
        return f"{self.code} {self.problem}{told}" if self.problem else f"{self.code}{told}"

    __str__ = Response.__repr__


def refused_in_handshake(method: str, reason: str) -> GrpcAnswer:
    """The answer to a certificate that the TLS handshake refused, or to none where one was asked for."""
    return GrpcAnswer(method, "UNAVAILABLE", f"{HANDSHAKE}: {reason}", said=False)


def door_answer(spelled: Spelled, answer: GrpcAnswer, exchange: Exchange) -> DoorAnswer:
    """What was answered, in the contract's words; credentials wrapped, the problem named."""
    problem = None if answer.code == "OK" else _problem(spelled, answer)
    body = _body(spelled, answer) if problem is None else None
    text = answer.message
    if problem is None and isinstance(answer.body, dict):
        documents = [part.name for part in spelled.answer.values() if part.kind == "json"]
        text = next(
            (_text(answer.body.get(name)) for name in documents), json.dumps(answer.bodies, default=str)
        )
    pairs = [(name, str(value)) for name, value in (*answer.metadata, *answer.trailers)]
    return DoorAnswer(
        spelled.name,
        HTTP_STATUS.get(answer.code, 500),
        Headers(pairs),
        body,
        text,
        problem,
        answer.seconds,
        answer.body,
        [exchange],
        code=answer.code,
        message=answer.message,
        details=answer.details,
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _problem(spelled: Spelled, answer: GrpcAnswer) -> str | None:
    if answer.message.startswith(HANDSHAKE):
        return INVALID_CERTIFICATE
    if answer.reasons:
        return answer.reasons[0]
    return next(
        (
            one.problem
            for one in spelled.refused
            if one.code == answer.code and re.search(one.matches, answer.message)
        ),
        None,
    )


def _body(spelled: Spelled, answer: GrpcAnswer) -> dict[str, Any]:
    said = {**spelled.constants, **_read(spelled.answer, answer.body or {})}
    if spelled.items:
        said[spelled.items.of] = [_read(spelled.items.parts, one) for one in answer.bodies]
    return said


def _read(parts: Mapping[str, Part], message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says, by the operation's fields; an empty field says nothing."""
    found = {name: message.get(part.name) for name, part in parts.items()}
    return {
        name: _secret(value, parts[name]) if parts[name].kind == "secret" else parts[name].read_back(value)
        for name, value in found.items()
        if value not in (None, "", b"")
    }


def _secret(value: Any, part: Part) -> Secret:
    conceal(str(value), part.name.replace("_", " "))
    return Secret(str(value))
