"""Rows of tables as calls of a method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.core.errors import NoAnswer
from assay.core.rows import Row
from assay.evidence.exchange import RowResult
from assay.evidence.expect import Unmet
from assay.evidence.opening import unwrap
from assay.evidence.sweep import sent
from assay.grpc.channel import Channel
from assay.grpc.evidence import exchange
from assay.grpc.expectations import SUCCESS, Expectation


class Rows:
    """Sends the rows of a table to one method, with the fields and the metadata that all of them have."""

    def __init__(
        self, channel: Channel, method: str, message: dict[str, Any], given: dict[str, Any], alias: str
    ) -> None:
        self._channel = channel
        self._method = channel.method(method)
        self._message = message
        self._given = given
        self._alias = alias

    def run(self, rows: Sequence[Row], expected: Expectation, results: list[RowResult]) -> None:
        """Fills the results, controls first. A server that answers no control is down (NoAnswer); so is one that leaves two
        rows after each other without an answer."""
        silent = 0
        for row in sorted(rows, key=lambda row: not row.accepted):
            wanted = SUCCESS if row.accepted else expected
            result = RowResult(
                row.name, row.note or sent(row.request), str(wanted), "", False, control=row.accepted
            )
            results.append(result)
            try:
                self._send(row, wanted, result)
            except NoAnswer as error:
                silent += 1
                if row.accepted or silent > 1:
                    raise
                result.seen, result.silent = str(error), True
            else:
                silent = 0

    def _send(self, row: Row, wanted: Expectation, result: RowResult) -> None:
        message, given = self._split(row.request)
        answer = self._channel.call(self._method.operation, message, given)
        result.seconds, result.seen = answer.seconds, answer.summary()
        result.exchanges = [exchange(answer, message, given, self._alias)]
        try:
            wanted.check(answer)
        except Unmet:
            return
        result.held = not row.answer or {**answer.body, **row.answer} == answer.body
        if not result.held:
            result.seen = f"{answer.summary()} without the right {' and '.join(row.answer)}"

    def _split(self, request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields of a row and its metadata."""
        fields = {**self._message, **request}
        takes = self._method.takes
        own = set() if takes is None else {field.name for field in takes.fields}
        given = {**self._given, **(_taken(fields, "headers", own) or {})}
        if (authorization := _taken(fields, "authorization", own)) is not None:
            given["authorization"] = authorization
        unknown = takes is None and self._channel.speaking.codec.json
        if not unknown and (token := _taken(fields, "token", own)) is not None:
            given["authorization"] = f"Bearer {unwrap(token, 'access token')}"
        return fields, given


def _taken(fields: dict[str, Any], name: str, own: set[str]) -> Any:
    """What goes as metadata, unless the method has a field of that name."""
    return None if name in own else fields.pop(name, None)
