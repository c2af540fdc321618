"""Parts of the store by themselves: caches, leases, locks, schemas, messages."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from reference.common import clock, problems
from reference.store import codec, names, protocol, roster, schemas
from reference.store.caches import Cache
from reference.store.leases import Leases, Ticket
from reference.store.locks import Locks
from reference.store.metrics import Metrics, merged
from reference.store.wire import Entry, Task

Load = Callable[[], Awaitable[bytes]]


class Ahead:
    seconds = 0.0


@pytest.fixture
def time() -> Iterator[Ahead]:
    made = Ahead()
    clock.follow(lambda: made.seconds)
    yield made
    clock.follow(lambda: 0.0)


def counted(metrics: Metrics) -> dict[str, float]:
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    return {line.split()[0]: float(line.split()[1]) for line in lines}


async def read(cache: Cache, key: str, version: int = 1) -> bytes:
    async def load() -> bytes:
        return f"{key}{version}".encode()

    return await cache.get("s", key, version, load)


def test_a_cache_counts_as_a_model_of_it_does() -> None:
    drawn, metrics = random.Random(5), Metrics()
    cache, model = Cache(8, 0, metrics), OrderedDict[str, None]()
    hits = misses = evictions = 0

    async def run() -> None:
        nonlocal hits, misses, evictions
        for _ in range(2000):
            key = str(drawn.randrange(14))
            assert await read(cache, key) == f"{key}1".encode()
            if key in model:
                hits += 1
            else:
                misses += 1
                if len(model) == 8:
                    model.popitem(last=False)
                    evictions += 1
                model[key] = None
            model.move_to_end(key)

    asyncio.run(run())
    told = counted(metrics)
    assert told["store_cache_hits_total"] == hits and told["store_cache_misses_total"] == misses
    assert told["store_cache_evictions_total"] == evictions and told["store_cache_entries"] == 8
    assert told["store_entity_loads_total"] == misses


def test_an_entry_lives_for_its_time_and_reading_does_not_prolong_it(time: Ahead) -> None:
    metrics = Metrics()
    cache = Cache(8, 100, metrics)

    async def run() -> None:
        for seconds, hits in ((0, 0), (60, 1), (99, 2), (101, 2)):
            time.seconds = seconds
            await read(cache, "a")
            assert counted(metrics)["store_cache_hits_total"] == hits

    asyncio.run(run())


def test_only_the_version_that_counts_is_served() -> None:
    cache = Cache(8, 0, Metrics())

    async def run() -> None:
        assert await read(cache, "a", 2) == b"a2"
        assert await read(cache, "a", 3) == b"a3"
        assert await read(cache, "a", 2) == b"a2"
        assert cache.find("s", "a", 3) == b"a3"

    asyncio.run(run())


def test_many_readers_cause_one_load_and_what_fails_is_not_kept() -> None:
    metrics = Metrics()
    cache, loads = Cache(8, 0, metrics), 0

    async def load() -> bytes:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0.01)
        if loads == 1:
            raise problems.Problem("tampered")
        return b"{}"

    async def run() -> None:
        first = await asyncio.gather(
            *(cache.get("s", "a", 1, load) for _ in range(20)), return_exceptions=True
        )
        assert all(isinstance(one, problems.Problem) for one in first) and loads == 1
        again = await asyncio.gather(*(cache.get("s", "a", 1, load) for _ in range(20)))
        assert again == [b"{}"] * 20 and loads == 2

    asyncio.run(run())
    assert counted(metrics)["store_entity_loads_total"] == 1


def test_a_reader_that_gives_up_takes_the_document_from_nobody() -> None:
    cache = Cache(8, 0, Metrics())

    async def load() -> bytes:
        await asyncio.sleep(0.05)
        return b"{}"

    async def run() -> None:
        hasty = asyncio.ensure_future(cache.get("s", "a", 1, load))
        patient = asyncio.ensure_future(cache.get("s", "a", 1, load))
        await asyncio.sleep(0)
        hasty.cancel()
        assert await patient == b"{}"

    asyncio.run(run())


def ticket(name: str, worker: str = "w") -> Ticket:
    return Ticket(name, f"task-{name}", worker, "s", 0, {"a": Entry(1, "f")}, {}, False)


def test_a_silent_worker_is_asked_when_nobody_else_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(roster, "time", SimpleNamespace(monotonic=lambda: now[0]))
    there = roster.Roster(Mock())
    silent, heard = roster.Attached("silent", Mock()), roster.Attached("heard", Mock())
    there.attach(silent)
    there.attach(heard)
    now[0], heard.active = 3.0, 5
    heard.hear()
    assert heard.is_heard() and not silent.is_heard()
    task = Task(operation="getEntity", schema="s", key="k")
    assert there.choose(task, set()) is heard and there.choose(task, {"heard"}) is silent


def test_one_writes_after_the_other_and_a_dead_one_holds_nothing() -> None:
    async def run() -> None:
        leases = Leases()
        leases.issue(await leases.hold("s", ["a", "b"]), ticket("1"))
        waiting = asyncio.ensure_future(leases.hold("s", ["b"]))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        leases.end_of_worker("w")
        (await waiting).free()
        with pytest.raises(problems.Problem):
            leases.redeem("1", "w")
        assert not leases._locks and not leases.reserved_files()

    asyncio.run(run())


def test_a_ticket_is_good_once_for_its_worker() -> None:
    async def run() -> None:
        leases = Leases()
        leases.issue(await leases.hold("s", ["a"]), ticket("1"))
        with pytest.raises(problems.Problem):
            leases.redeem("1", "another")
        leases.redeem("1", "w")
        with pytest.raises(problems.Problem):
            leases.redeem("1", "w")
        leases.end_of_worker("w")
        assert leases.reserved_files() == {"f"}
        leases.close("1")
        assert not leases.reserved_files()

    asyncio.run(run())


def test_locks_are_taken_in_one_order_and_the_dead_hold_none(tmp_path: Path) -> None:
    async def run() -> None:
        locks = Locks(tmp_path)
        async with locks.exclusive(["bb", "aa", "bb"]):
            assert sorted(path.name for path in (tmp_path / "locks").iterdir()) == ["aa", "bb"]
        with (tmp_path / "locks" / "aa").open() as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            hasty = asyncio.ensure_future(_take(locks, "aa"))
            patient = asyncio.ensure_future(_take(locks, "aa"))
            await asyncio.sleep(0.02)
            assert not patient.done()
            hasty.cancel()
            await asyncio.sleep(0.02)
        await patient
        async with locks.exclusive(["aa"]):
            pass

    async def _take(locks: Locks, shard: str) -> None:
        async with locks.shared([shard]):
            pass

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(run())
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize(
    "name", ["a", "ä" * 127, "a.sealed", "..a", "a ", "A", "a.", "e\u0301", "\U0001f511"]
)
def test_names_are_names(name: str) -> None:
    assert names.is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\0", "\x85", "ä" * 128, "\ud800"])
def test_what_is_no_name(name: str) -> None:
    assert not names.is_name(name)


@pytest.mark.parametrize(
    "schema",
    [
        b'{"$ref": "http://example.test/other"}',
        b'{"$ref": "file:///etc/passwd"}',
        b'{"type": "nothing"}',
        b'{"pattern": "("}',
        b'{"$ref": "#/nowhere"}',
        b"[]",
        b"5",
    ],
)
def test_what_is_no_schema_is_not_kept_and_nothing_is_fetched(schema: bytes) -> None:
    with pytest.raises(problems.Problem, match="invalid-schema"):
        schemas.compiled(schema)


def test_what_is_wrong_is_told_with_its_place_and_bounded() -> None:
    validator = schemas.compiled(b'{"items": {"properties": {"a/b": {"type": "string"}}}}')
    wrong = schemas.violations(validator, [{"a/b": 1}] * 100)
    assert len(wrong) == 20 and wrong[0]["at"] == "/0/a~1b"


@pytest.mark.parametrize("document", [b"{", b'{"a":1,"a":2}', b"NaN", b'"\\ud800"', b"[" * 40, b"\xff"])
def test_what_two_readers_could_read_differently_is_no_document(document: bytes) -> None:
    with pytest.raises(problems.Problem, match="malformed-json"):
        schemas.read(document)


def test_messages_come_in_two_forms() -> None:
    made: Any = protocol.messages()["ProcessRequest"](schema_id="s", payload=b"{}", expected_version=3)
    for as_json in (False, True):
        again: Any = codec.read(codec.write(made, as_json), "ProcessRequest")
        assert again == made
    assert codec.write(made, True) == b'{"schema_id": "s", "payload": "e30=", "expected_version": 3}'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "malformed-json"),
        (b'{"schema_id": 1}', "invalid-request"),
        (b'{"payload": "*"}', "invalid-request"),
        (b'{"expected_version": 1.5}', "invalid-request"),
        (b'{"expected_version": 9223372036854775808}', "invalid-request"),
        (b'{"expected_version": "--5"}', "invalid-request"),
        (b'{"schema_id": "a", "schema_id": "b"}', "malformed-json"),
        (b"\xff\xff", "invalid-request"),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(problems.Problem, match=said):
        codec.read(raw, "ProcessRequest")


def test_a_message_may_say_more_than_is_known() -> None:
    found: Any = codec.read(b'{"schema_id": "s", "unheard-of": [1]}', "ProcessRequest")
    assert found.schema_id == "s"


def test_counters_of_several_are_told_apart() -> None:
    one, two = Metrics(), Metrics()
    one.hits.inc(2)
    two.requests.labels("getEntity", "OK").inc()
    told = merged({"main": one.text(), "worker": two.text()}).decode()
    assert 'store_cache_hits_total{worker="main"} 2.0' in told
    assert 'store_requests_total{code="OK",operation="getEntity",worker="worker"} 1.0' in told
