"""Clients against a small store in memory: what they record shows what the store does, good or broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from assay.evidence.expect import Unmet
from assay.HistoryLibrary import HistoryLibrary
from assay.http.answers import Headers, Response
from assay.WorkloadLibrary import WorkloadLibrary

HISTORY = HistoryLibrary()
ENTITY = {"schema_id": "s", "key": "k", "token": "t"}


class Small:
    """Entities and their versions behind a lock; `stale` doors read what was there before the last write."""

    def __init__(self, stale: str = "", torn: bool = False, lossy: bool = False) -> None:
        self._held: dict[str, list[tuple[Any, int]]] = {}
        self._lock = threading.Lock()
        self._stale, self._torn, self._lossy = stale, torn, lossy

    def send(self, door: str, operation: str, request: Mapping[str, Any]) -> Response:
        time.sleep(0)  # another client may come first, as on a wire
        if operation == "putEntities" and self._torn:
            for key, document in request["documents"].items():
                with self._lock:
                    self._put(key, document)
            return self._answer(operation, 200, {})
        with self._lock:
            if operation == "putEntities":
                for key, document in request["documents"].items():
                    self._put(key, document)
                return self._answer(operation, 200, {})
            return self._one(door, operation, request)

    @contextmanager
    def elsewhere(self) -> Iterator[Any]:
        yield nullcontext

    def _one(self, door: str, operation: str, request: Mapping[str, Any]) -> Response:
        versions = self._held.get(request["key"], [])
        if operation == "getEntity":
            if not versions:
                return self._answer(operation, 404, None, "not-found")
            document, version = versions[-2 if door == self._stale and len(versions) > 1 else -1]
            return self._answer(operation, 200, {"document": document, "version": version})
        if operation == "deleteEntity":
            self._held.pop(request["key"], None)
            return self._answer(operation, 204, None)
        current = versions[-1][1] if versions else 0
        if request.get("expected_version") not in (None, current) and not self._lossy:
            return self._answer(operation, 412, None, "stale-version")
        return self._answer(operation, 200, {"version": self._put(request["key"], request["document"])})

    def _put(self, key: str, document: Any) -> int:
        versions = self._held.setdefault(key, [])
        versions.append((document, len(versions) + 1))
        return len(versions)

    @staticmethod
    def _answer(operation: str, status: int, body: Any, problem: str | None = None) -> Response:
        return Response(f"store.{operation}", status, Headers([]), body, "", problem, 0.0)


def library(**broken: Any) -> WorkloadLibrary:
    made = WorkloadLibrary()
    made._sender = Small(**broken)  # type: ignore[assignment]
    return made


def test_a_good_store_has_a_history_that_fits_one_order() -> None:
    history = library().clients_read_and_write(
        [ENTITY], ["one", "two"], clients=4, operations=30, deletes=0.1
    )
    assert len(history) == 120 and {one.kind for one in history} == {"read", "write", "delete"}
    HISTORY.history_should_be_linearizable(history)


def test_a_door_that_serves_what_was_there_before_is_found_out() -> None:
    history = library(stale="two").clients_read_and_write([ENTITY], ["one", "two"], clients=4, operations=40)
    with pytest.raises(Unmet, match="fit one order"):
        HISTORY.history_should_be_linearizable(history)


def test_an_increment_that_was_written_over_is_found_out() -> None:
    good = library()
    good._sender.send("one", "putEntity", {**ENTITY, "document": {"value": 0}})
    HISTORY.counter_should_be_exact(good.clients_increase_a_counter(ENTITY, ["one"], clients=4, increments=5))
    lossy = library(lossy=True)
    lossy._sender.send("one", "putEntity", {**ENTITY, "document": {"value": 0}})
    histories = [
        lossy.clients_increase_a_counter(ENTITY, ["one"], clients=8, increments=200) for _ in range(3)
    ]
    with pytest.raises(Unmet):
        for history in histories:
            HISTORY.counter_should_be_exact(history)


def test_pairs_that_are_written_one_by_one_are_found_out() -> None:
    two = [{**ENTITY, "key": "a"}, {**ENTITY, "key": "b"}]
    whole, torn = library(), library(torn=True)
    for one in (whole, torn):
        one._sender.send(
            "one", "putEntities", {**ENTITY, "documents": {"a": {"value": 0}, "b": {"value": 0}}}
        )
    assert whole.clients_read_pairs(two, "one", ["one"], writes=300) > 0
    with pytest.raises(Unmet, match="as of one write"):
        for _ in range(20):
            torn.clients_read_pairs(two, "one", ["one"], writes=3000)


def test_a_keyword_runs_beside_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(
        "assay.WorkloadLibrary.BuiltIn", lambda: SimpleNamespace(run_keyword=lambda *one: told.append(one))
    )
    history = library().clients_read_and_write_while([ENTITY], ["one"], "Rotate", "now", clients=2)
    assert told == [("Rotate", "now")]
    assert {one.kind for one in history} == {"read", "write"} and len(history) >= 20
