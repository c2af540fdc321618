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


def during(
    caller: Caller, one: tuple[str, Mapping[str, Any]], other: tuple[str, Mapping[str, Any]], callers: int
) -> list[Response]:
    """Sends one request while so many threads send another again and again; the answer to the one comes first.

    It is sent when each of the threads has had an answer, and each ends its last call after it was answered. The first
    error of any of them is raised after all have ended.
    """
    source, answered = caller.source(), threading.Event()
    under_way = threading.Barrier(callers + 1, timeout=30)

    def again_and_again() -> list[Response]:
        with caller.standing_in(source):
            try:
                responses = [caller.call_row(*other)]
            finally:
                under_way.wait()
            while not answered.is_set():
                responses.append(caller.call_row(*other))
            return responses

    with ThreadPoolExecutor(callers) as pool:
        futures = [pool.submit(again_and_again) for _ in range(callers)]
        try:
            under_way.wait()
            first = caller.call_row(*one)
        finally:
            answered.set()
    return [first, *(response for future in futures for response in future.result())]
