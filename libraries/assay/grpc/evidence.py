"""Calls as evidence: the tables that a log shows of them."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from robot.api import logger
from robot.api.types import Secret

from assay.evidence.exchange import Exchange, exchange_table, exchanges_table, table
from assay.evidence.redact import Redacted, mask
from assay.grpc import metadata
from assay.grpc.answers import GrpcAnswer
from assay.grpc.metadata import Metadata
from assay.grpc.probe import HostileAnswer, shown_headers

_SHOWN = 96
_MANY = 20


def exchange(answer: GrpcAnswer, sent: Any, given: Metadata = None, alias: str = "") -> Exchange:
    """The exchange of a call; of a stream, all messages of each side."""
    received = answer.bodies if len(answer.bodies) != 1 else answer.bodies[0]
    said = [*metadata.shown(answer.metadata), *metadata.shown(answer.trailers)]
    if answer.message:
        said.append(("grpc-message", answer.message))
    if answer.details:
        said.append(("details", _json(answer.details)))
    return Exchange(
        answer.operation,
        "gRPC",
        f"{answer.where}/{answer.operation}",
        alias or "nobody",
        metadata.shown(metadata.pairs(given)) if given else (),
        _json(sent).encode() if sent else b"",
        code=answer.code,
        headers=said,
        body=_json(received).encode() if answer.raw else b"",
        seconds=answer.seconds,
    )


def show(answer: GrpcAnswer, sent: Any, given: Metadata = None, alias: str = "") -> None:
    """Writes the table of a call into the log."""
    logger.write(exchange_table(exchange(answer, sent, given, alias)), "INFO", True)


def show_many(answers: Sequence[GrpcAnswer], messages: Sequence[Any], given: Metadata, alias: str) -> None:
    """Writes one table for many calls: how many ended how, and some of them to unfold, those that failed first."""
    codes = ", ".join(f"{count} {code}" for code, count in Counter(one.code for one in answers).most_common())
    chosen = sorted(range(len(answers)), key=lambda number: answers[number].succeeded)[:_MANY]
    shown = [exchange(answers[number], messages[number], given, alias) for number in chosen]
    more = f" ({len(answers) - len(shown)} more are not shown)" if len(answers) > len(shown) else ""
    operation = answers[0].operation if answers else "no call"
    logger.write(exchanges_table(f"{operation}, {len(answers)} calls: {codes}{more}", shown), "INFO", True)


def show_hostile(title: str, sent: str, seen: HostileAnswer) -> None:
    """Writes what came back for something that no client sends into the log."""
    headers = "\n".join(f"{name}: {value}" for name, value in shown_headers(seen))
    row = (sent, seen.summary(), headers, f"{seen.seconds * 1000:.0f} ms")
    written: Redacted = table(title, ("Sent", "Seen", "Headers and trailers", "Time"), [row])
    logger.write(written, "INFO", True)


def _json(value: Any) -> str:
    if isinstance(value, bytes):
        return str(_plain(value))
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        text = base64.b64encode(value[: _SHOWN * 3 // 4]).decode()
        return text if len(text) < _SHOWN else f"{text}… ({len(value)} bytes)"
    if isinstance(value, Secret):
        return mask(str(value.value))
    return dict(value) if isinstance(value, Mapping) else str(value)
