"""Sends an operation to a door, whichever it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from assay.core.run import current
from assay.http.answers import Response
from assay.http.calls import Caller
from assay.http.platform import operation_of
from assay.store.doors import REST, SERVICE, RpcDoors

_ALONG = ("token", "certificate", "deadline", "codec", "compression", "metadata")
_OVER_REST = ("token", "certificate", "headers", "authorization", "method")


class Sender:
    """Calls operations of the store with the fields, and what goes along (`token`, `certificate`, ...), in one dictionary."""

    def __init__(self) -> None:
        self._doors, self._caller = RpcDoors(), Caller()

    def send(self, door: str, operation: str, request: Mapping[str, Any]) -> Response:
        """Calls an operation at a door and returns its answer, whatever it is."""
        if door == REST:
            return self._send_rest(operation, dict(request))
        along = {name: request[name] for name in _ALONG if name in request}
        fields = {name: value for name, value in request.items() if name not in _ALONG}
        return self._doors.call(current().platform, door, operation, fields, **along)

    @contextmanager
    def elsewhere(self) -> Iterator[Any]:
        """Gives what lets other threads call as this one does: a context for each of them."""
        source = self._caller.source()
        try:
            yield lambda: self._caller.standing_in(source)
        finally:
            self._doors.close(but_of=threading.get_ident())

    def aside(self) -> Any:
        """Gives what lets one other thread call as this one does; its channels last as long as the platform."""
        source = self._caller.source()
        return lambda: self._caller.standing_in(source)

    def _send_rest(self, operation: str, request: dict[str, Any]) -> Response:
        if operation == "putEntity":
            operation = "putEntities"
            request |= _documents(request.pop("key"), request.pop("document"))
        if version := request.pop("expected_version", None):
            request["if_match"] = f'"{version}"'
        along = {name: request.pop(name) for name in _OVER_REST if name in request}
        return self._caller.call(f"{SERVICE}.{operation}", request, **along)


def _documents(key: str, document: Any) -> dict[str, Any]:
    """One document as several; where it is a text that is sent as it is, in a text of several, but where the product takes one."""
    if not isinstance(document, bytes):
        return {"documents": {key: document}}
    if operation_of(f"{SERVICE}.putEntities").spelling.alone:
        return {"key": key, "documents": document}
    return {"documents": b"{" + json.dumps(key).encode() + b":" + document + b"}"}
