"""Several calls at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.http.answers import Response
    from assay.http.calls import Caller


def call(caller: Caller, operation: str, requests: Sequence[Mapping[str, Any]]) -> list[Response]:
    """Sends every request from a thread of its own, all connected before the first is sent.

    The first error of any of them is raised after all have ended.
    """
    gate = threading.Barrier(len(requests), timeout=10)
    source = caller.source()

    def one(request: Mapping[str, Any]) -> Response:
        with caller.standing_in(source):
            try:
                caller.connect(operation)
            finally:
                gate.wait()
            return caller.call_row(operation, request)

    with ThreadPoolExecutor(len(requests)) as pool:
        futures = [pool.submit(one, request) for request in requests]
    return [future.result() for future in futures]
