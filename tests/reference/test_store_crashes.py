"""A store whose processes are killed, stopped and paused, whose disk goes away, and whose keys and clock change."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tests.reference.storeclient import Door, Refusal, Store, stored

DOORS = ("grpc", "worker-1", "worker-2", "worker-3")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with stored(tmp_path_factory.mktemp("store")) as started:
        yield started


def until(condition: Callable[[], Any], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(Refusal, OSError):
            if condition():
                return
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


class Writer:
    """Writes an entity again and again, and knows which writes were acknowledged."""

    def __init__(self, door: Door, schema: str, key: str) -> None:
        self._door, self._schema, self._key = door, schema, key
        self.acknowledged: list[tuple[int, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            with contextlib.suppress(Refusal):
                version = self._door.put(self._schema, self._key, {"number": number}, seconds=5)
                self.acknowledged.append((version, number))

    def goes_on_from(self, seen: int) -> Callable[[], bool]:
        """What tells whether some more writes were acknowledged."""
        return lambda: len(self.acknowledged) > seen + 3

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def is_as_acknowledged(store: Store, schema: str, writer: Writer, key: str = "a") -> None:
    """Versions rise without being given twice, and the last one that was acknowledged, or a later one, is there."""
    versions = [version for version, _ in writer.acknowledged]
    assert versions == sorted(set(versions)) and versions
    until(lambda: store.get(schema, key).status != 503)
    found = store.get(schema, key).body
    assert "version" in found, found
    assert found["version"] >= versions[-1]
    if found["version"] == versions[-1]:
        assert found["document"] == {"number": writer.acknowledged[-1][1]}


def no_leftovers(store: Store) -> bool:
    living = 0
    for schema in store.call("GET", "/api/schemas").body["schemas"]:
        page = store.call("GET", f"/entities/{schema}?limit=1000")
        living += len(page.body["entities"])
    return len(store.sealed()) == living and not list(store.files.glob("files/*/*.part"))


@pytest.mark.parametrize("process", ["store-worker-1", "store-main"])
def test_a_process_killed_in_the_middle_of_writes_loses_nothing(store: Store, process: str) -> None:
    schema = store.schema(f"killed-{process}")
    door = store.door("grpc" if process != "store-main" else "worker-2")
    with Writer(door, schema, "a") as writer:
        for _ in range(3):
            until(lambda: len(writer.acknowledged) > 5)
            assert store.platform.control(process, "kill")["ok"]
            assert store.platform.control(process, "start")["ok"]
            if process == "store-main":
                store.token = door.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
            seen = len(writer.acknowledged)
            until(writer.goes_on_from(seen))
    is_as_acknowledged(store, schema, writer)
    until(lambda: no_leftovers(store))
    until(lambda: store.door("worker-1").get(schema, "a"))


def test_what_was_committed_stays_though_the_caller_gave_up(store: Store) -> None:
    schema = store.schema("hasty")
    door, patient = store.door("worker-1"), store.door("worker-2")
    for number in range(150):
        with contextlib.suppress(Refusal):
            door.put(schema, "a", number, seconds=0.004 + 0.0001 * number)
    until(lambda: patient.put(schema, "b", 1))
    answer = store.get(schema, "a")
    assert answer.status in (200, 404) and not store.events("entity.tampered"), answer.raw
    until(lambda: patient.get(schema, "b"))


def test_a_worker_that_dies_is_left_out_and_comes_back(store: Store) -> None:
    schema = store.schema("left-out")
    store.put(schema, a=1)
    os.kill(store.platform.ready["processes"]["store-worker-2"][0], signal.SIGKILL)
    for number in range(2, 12):
        assert store.put(schema, a=number).body == {"versions": {"a": number}}
        assert store.get(schema, "a").body == {"document": number, "version": number}
    told = {one["worker_id"]: one["status"] for one in store.call("GET", "/admin/workers").body["workers"]}
    assert told["store-worker-2"] == "unavailable" and told["store-worker-1"] == "available"
    assert store.platform.control("store-worker-2", "start")["ok"]
    until(lambda: store.door("worker-2").get(schema, "a")[0] == 11)


def test_a_paused_worker_stops_nobody_and_wakes_up_to_nothing(store: Store) -> None:
    schema = store.schema("paused")
    store.put(schema, a=0)
    with Writer(store.door("worker-3"), schema, "a") as writer:
        until(lambda: len(writer.acknowledged) > 3)
        assert store.platform.control("store-worker-3", "pause")["ok"]
        until(lambda: store.get(schema, "a").status == 200)
        until(lambda: store.put(schema, b=1).status == 200)
        assert store.platform.control("store-worker-3", "resume")["ok"]
        until(lambda: store.put(schema, a="later").status == 200)
        seen = len(writer.acknowledged)
        until(lambda: len(writer.acknowledged) > seen + 2)
    is_as_acknowledged(store, schema, writer)


def test_a_worker_that_hangs_is_no_longer_there_until_it_goes_on(store: Store) -> None:
    def told() -> str:
        workers = store.call("GET", "/admin/workers").body["workers"]
        return str({one["worker_id"]: one["status"] for one in workers}["store-worker-2"])

    schema = store.schema("hanging")
    store.put(schema, a=1)
    until(lambda: told() == "available")
    assert store.platform.control("store-worker-2", "pause")["ok"]
    until(lambda: told() == "unavailable")
    assert store.get(schema, "a").status == 200
    assert store.platform.control("store-worker-2", "resume")["ok"]
    until(lambda: told() == "available")


def test_while_every_worker_is_away_the_store_says_so(store: Store) -> None:
    schema = store.schema("nobody")
    store.put(schema, a=1)
    workers = ("store-worker-1", "store-worker-2", "store-worker-3")
    for worker in workers:
        assert store.platform.control(worker, "kill")["ok"]
    assert store.get(schema, "a").problem == "service-unavailable"
    answer = store.call("GET", "/ready")
    assert answer.status == 503 and answer.body["checks"] == {"shared-directory": "up", "workers": "down"}
    with pytest.raises(Refusal, match="UNAVAILABLE"):
        store.door().get(schema, "a")
    for worker in workers:
        assert store.platform.control(worker, "start")["ok"]
    until(lambda: store.call("GET", "/ready").status == 200)
    assert store.get(schema, "a").body["document"] == 1


def test_a_disk_that_is_away_is_told_and_comes_back(store: Store) -> None:
    schema = store.schema("away")
    store.put(schema, a=1)
    away = store.files.with_name("away")
    store.files.rename(away)
    try:
        assert store.get(schema, "a").problem == "service-unavailable"
        assert store.put(schema, a=2).problem == "service-unavailable"
        assert store.call("GET", "/ready").body["checks"]["shared-directory"] == "down"
        assert not store.files.exists()
    finally:
        away.rename(store.files)
    assert store.get(schema, "a").body == {"document": 1, "version": 1}
    assert store.put(schema, a=2).body == {"versions": {"a": 2}}
    assert store.call("GET", "/ready").status == 200


def test_everything_is_there_after_a_restart_and_ends_in_order(store: Store) -> None:
    schema = store.schema("restart")
    store.put(schema, a=1)
    made = store.call("POST", "/api/keys", {"name": "kept", "permissions": ["read"]}).body
    store.log_in(made["secret"])
    before = store.platform.ready
    assert store.platform.control("store", "restart")["ok"]
    assert store.platform.ready["services"] == before["services"]
    assert store.get(schema, "a").problem == "invalid-token"
    store.token = store.log_in(before["secrets"]["admin_key"])
    assert set(store.counters("store_cache_entries").values()) == {0}
    assert store.get(schema, "a").body == {"document": 1, "version": 1}
    assert store.put(schema, a=2).body == {"versions": {"a": 2}}
    assert store.get(schema, "a", token=store.log_in(made["secret"])).status == 200


def test_a_rotation_that_is_killed_goes_on(store: Store) -> None:
    schema = store.schema("rotation")
    many = {f"k{number}": number for number in range(300)}
    assert store.call("PUT", f"/entity/{schema}", many).status == 200
    old = {one["key_id"] for one in keys_of(store, schema)}
    begun = store.call("POST", "/admin/keys/rotation", {"schemas": [schema]})
    assert begun.status == 202 and begun.body["state"] == "running"
    assert store.call("POST", "/admin/keys/rotation", {}).problem == "conflict"
    assert store.platform.control("store-main", "kill")["ok"]
    assert store.platform.control("store-main", "start")["ok"]
    store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
    until(lambda: store.call("GET", "/admin/keys/rotation").body["state"] == "done", 20)
    assert store.call("GET", "/admin/keys/rotation").body["left"] == 0
    states = {one["key_id"]: (one["state"], one["entities"]) for one in keys_of(store, schema)}
    assert [states[key_id] for key_id in old] == [("destroyed", 0)]
    assert ("current", 300) in states.values()
    assert all(
        store.get(schema, key).body == {"document": value, "version": 1} for key, value in many.items()
    )


def keys_of(store: Store, schema: str) -> list[dict[str, Any]]:
    return [one for one in store.call("GET", "/admin/keys").body["keys"] if one["schema_id"] == schema]


def test_a_directory_that_was_set_back_is_not_served(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        schema = store.schema("set-back")
        store.put(schema, a=1)
        assert store.platform.control("store", "stop")["ok"]
        backup = tmp_path / "backup"
        shutil.copytree(store.files, backup)
        for expected in (200, 500):
            assert store.platform.control("store", "start")["ok"]
            store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
            answer = store.get(schema, "a")
            assert answer.status == expected, answer.raw
            if expected == 200:
                store.put(schema, a=2)
            assert store.platform.control("store", "stop")["ok"]
            shutil.rmtree(store.files)
            shutil.copytree(backup, store.files)
        assert answer.problem == "tampered" and store.events("index.tampered")


def test_another_master_key_is_told_and_serves_nothing(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        schema = store.schema("master")
        store.put(schema, a=1)
        grant = f"/admin/workers/reader/grants/{schema}"
        assert store.call("POST", "/admin/workers", {"worker_id": "reader"}).status == 201
        assert store.call("PUT", grant, {}).status == 200
        assert store.platform.control("store", "set-master-key")["ok"]
        assert store.platform.control("store", "restart")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        answer = store.get(schema, "a")
        assert answer.status == 503 and answer.problem in ("key-unavailable", "service-unavailable")
        with pytest.raises(Refusal, match="FAILED_PRECONDITION"):
            store.door("worker-1").get(schema, "a")
        assert store.call("GET", "/ready").status == 503
        for path in (grant, "/admin/workers/reader"):
            assert store.call("DELETE", path).problem == "key-unavailable"
        (event,) = store.events("key.wrong-master")
        assert event["reason"].startswith("fingerprint-")
        log = Path(store.platform.ready["observes"]["service_log"]["store-main"]).read_text()
        assert "another master key" in log
        assert store.platform.control("store", "set-master-key", which="first")["ok"]
        assert store.platform.control("store", "restart")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        assert store.get(schema, "a").body == {"document": 1, "version": 1}
        assert store.call("DELETE", grant).status == 204
        assert store.put(schema, a=2).status == 200


def test_a_store_whose_keys_were_lost_says_so_and_takes_them_back(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        schema = store.schema("keys")
        store.put(schema, a=1)
        assert store.platform.control("store", "stop")["ok"]
        state, kept = Path(store.platform.ready["observes"]["state"]["store"]), tmp_path / "kept"
        shutil.copytree(state, kept)
        for one in state.iterdir():
            one.unlink()
        assert store.platform.control("store", "start")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        answer = store.get(schema, "a")
        assert (answer.status, answer.problem) == (503, "key-unavailable")
        assert store.put(schema, b=1).problem == "key-unavailable"
        assert store.events("key.unavailable") and not (state / "vault.json").exists()
        assert store.platform.control("store", "stop")["ok"]
        shutil.copytree(kept, state, dirs_exist_ok=True)
        assert store.platform.control("store", "start")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        assert store.get(schema, "a").body == {"document": 1, "version": 1}


def test_lifetimes_follow_the_clock_of_the_store(tmp_path: Path) -> None:
    settings = {"cache_ttl": 100, "cache_capacity": 2, "files_per_key": 3, "client_token_lifetime": 1000}
    with stored(tmp_path, settings=settings) as store:
        schema = store.schema("clock")
        for number in range(7):
            assert store.put(schema, **{f"k{number}": number}).status == 200
        counts = [one["entities"] for one in keys_of(store, schema)]
        assert sum(counts) == 7 and max(counts) <= 3
        door = store.door("worker-1")
        for ahead, misses in ((0, 1), (99, 1), (101, 2)):
            assert store.platform.control("store", "set-clock", ahead=ahead)["ok"]
            door.get(schema, "k0")
            assert store.counters("store_cache_misses_total")["worker-1"] == misses
        for key in ("k1", "k2", "k0"):
            door.get(schema, key)
        assert store.counters("store_cache_evictions_total")["worker-1"] == 2
        assert store.platform.control("store", "set-clock", ahead=1200)["ok"]
        assert store.get(schema, "k0").problem == "invalid-token"


def test_it_ends_in_order(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        schema = store.schema("ending")
        with Writer(store.door("worker-1"), schema, "a") as writer:
            until(lambda: len(writer.acknowledged) > 5)
            assert store.platform.control("store", "stop")["ok"]
        for log in store.platform.ready["observes"]["service_log"].values():
            assert "Traceback" not in Path(log).read_text()
        assert store.platform.control("store", "start")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        is_as_acknowledged(store, schema, writer)
        assert no_leftovers(store)
        name = json.dumps(store.platform.ready["processes"])
        assert "store-main" in name


def test_behind_tls_every_door_is(tmp_path: Path) -> None:
    import grpc

    with stored(tmp_path, profile="https") as store:
        assert store.said["url"].startswith("https://")
        schema = store.schema("tls")
        store.put(schema, a=1)
        roots = grpc.ssl_channel_credentials(Path(store.platform.ready["ca"]).read_bytes())
        for address in (store.said["grpc"], *store.said["workers"]):
            assert Door(address, store.token, roots).get(schema, "a") == (1, 1)
            with pytest.raises(Refusal, match="UNAVAILABLE"):
                Door(address, store.token).get(schema, "a")


def test_no_key_is_destroyed_while_it_is_not_known_what_is_under_it(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        schema = store.schema("careful")
        store.put(schema, a=1)
        begun = store.call("POST", "/admin/keys/rotation", {"reseal": False})
        assert begun.status == 202 and begun.body == {**begun.body, "state": "done", "left": 1}
        assert store.platform.control("store", "stop")["ok"]
        away = store.files.with_name("away")
        store.files.rename(away)
        store.files.mkdir()
        assert store.platform.control("store", "start")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        assert store.get(schema, "a").problem == "tampered"
        store.call("POST", "/admin/keys/rotation", {})
        assert store.platform.control("store", "stop")["ok"]
        shutil.rmtree(store.files)
        away.rename(store.files)
        assert store.platform.control("store", "start")["ok"]
        store.token = store.log_in(store.platform.ready["secrets"]["admin_key"])
        assert store.get(schema, "a").body == {"document": 1, "version": 1}
