"""A whole store: its doors, its files, its keys, as they are without a defect."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference.store import wrapping
from reference.store.sealing import About, Sealer
from tests.reference.launched import ROOT
from tests.reference.storeclient import MESSAGES, Refusal, Store, stored

DOORS = ("grpc", "worker-1", "worker-2", "worker-3")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with stored(tmp_path_factory.mktemp("store")) as started:
        yield started


def until(condition: Any, seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def test_a_store_alone_needs_no_data_server(store: Store) -> None:
    ready = store.platform.ready
    assert set(ready["processes"]) == {"store-main", *(f"store-worker-{number}" for number in (1, 2, 3))}
    assert set(ready["services"]) == {"store"} and ready["accounts"] == {} and "admin_key" in ready["secrets"]
    assert store.call("GET", "/ready", token=None).body["status"] == "ready"


def test_what_is_written_at_one_door_is_read_at_every_other(store: Store) -> None:
    store.schema("doors")
    document = b'{"n": 1.00000000000000000001, "t": "\\u00e9"}'
    assert store.call("PUT", "/entity/doors", b'{"rest": ' + document + b"}").body == {
        "versions": {"rest": 1}
    }
    for door in DOORS:
        store.door(door).put("doors", door, document)
    for key in ("rest", *DOORS):
        answer = store.get("doors", key)
        assert answer.raw == b'{"document": ' + document + b', "version": 1}'
        assert answer.headers["etag"] == '"1"' and answer.headers["cache-control"] == "no-store"
        for door in DOORS:
            assert store.door(door).process("GET", schema_id="doors", entity_key=key).result == document


def test_no_worker_serves_what_was_replaced_or_deleted(store: Store) -> None:
    store.schema("fresh")
    for number in range(1, 10):
        assert store.put("fresh", a=number).body == {"versions": {"a": number}}
        assert [store.door(door).get("fresh", "a") for door in DOORS] == [(number, number)] * 4
    assert store.call("DELETE", "/entity/fresh?key=a").status == 204
    for door in DOORS:
        with pytest.raises(Refusal, match="NOT_FOUND"):
            store.door(door).get("fresh", "a")
    assert store.door("worker-2").put("fresh", "a", 0) == 10


def test_several_entities_are_written_all_or_none(store: Store) -> None:
    store.schema("several", {"type": "integer"})
    assert store.put("several", a=1, b=2).body == {"versions": {"a": 1, "b": 1}}
    refused = store.put("several", a=5, b="no", c=6)
    assert refused.status == 422 and refused.problem == "schema-violation"
    assert refused.body["errors"][0]["what"]
    assert store.get("several", "a").body["document"] == 1 and store.get("several", "c").status == 404
    many = {f"{number:04}": number for number in range(1000)}
    assert len(store.call("PUT", "/entity/several", many).body["versions"]) == 1000
    assert store.call("PUT", "/entity/several", {**many, "one more": 1}).problem == "invalid-request"


def test_keys_are_listed_a_page_at_a_time(store: Store) -> None:
    store.schema("pages")
    store.put("pages", **{f"k{number}": number for number in range(5)})
    first = store.call("GET", "/entities/pages?limit=3").body
    rest = store.call("GET", f"/entities/pages?limit=3&after={first['next']}").body
    assert [one["key"] for one in first["entities"] + rest["entities"]] == [f"k{n}" for n in range(5)]
    assert rest["next"] is None
    stream: Any = store.door("worker-1").channel.unary_stream("/store.v1.Store/List")
    asked = MESSAGES["ListRequest"](schema_id="pages", token=store.token).SerializeToString()
    assert [MESSAGES["Entity"].FromString(one).entity_key for one in stream(asked)] == [
        f"k{number}" for number in range(5)
    ]


def test_a_write_that_asks_for_a_version_is_done_only_there(store: Store) -> None:
    store.schema("asked")
    store.put("asked", a=1)
    for version, status in (
        ('"2"', 412),
        ('"0"', 412),
        ('"1"', 200),
        ('"1"', 412),
        ("1", 422),
        ('W/"2"', 422),
    ):
        answer = store.call("PUT", "/entity/asked", {"a": 2}, headers={"If-Match": version})
        assert answer.status == status, version
    with pytest.raises(Refusal, match="ABORTED"):
        store.door().put("asked", "a", 3, expected_version=1)
    assert store.door().put("asked", "a", 3, expected_version=2) == 3
    assert store.call("DELETE", "/entity/asked?key=a", headers={"If-Match": '"2"'}).status == 412


@pytest.mark.parametrize("door", DOORS)
def test_every_door_asks_for_a_token(store: Store, door: str) -> None:
    store.schema("tokens")
    for token in (None, "made up", store.token + "x"):
        with pytest.raises(Refusal, match="UNAUTHENTICATED"):
            store.door(door, token).put("tokens", "a", 1)
    with pytest.raises(Refusal, match="UNAUTHENTICATED"):
        store.door(door).process("GET", schema_id="tokens", entity_key="a", token="another")
    assert (
        store.door(door, None).process("SCHEMA_GET", schema_id="tokens", token=store.token).result == b"true"
    )


@pytest.mark.parametrize("door", DOORS)
def test_a_message_in_json_is_answered_in_json(store: Store, door: str) -> None:
    store.schema("codec")
    asked = {"schema_id": "codec", "entity_key": door, "operation": "PUT", "payload": "eyJhIjogMX0="}
    assert json.loads(store.door(door).send(json.dumps(asked).encode())) == {"status": "OK", "version": "1"}
    read = json.loads(store.door(door).send(json.dumps({**asked, "operation": "GET"}).encode()))
    assert read["result"] == "eyJhIjogMX0="
    for raw, said in ((b"{", "malformed-json"), (b"\xff", "invalid-request"), (b"{}", "invalid-request")):
        with pytest.raises(Refusal) as refused:
            store.door(door).send(raw)
        assert refused.value.code == "INVALID_ARGUMENT" and said.encode() in refused.value.details


def test_health_and_reflection_are_served_at_every_door(store: Store) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    for name in DOORS:
        channel = store.door(name).channel
        asked = health_pb2.HealthCheckRequest(service="store.v1.Store")
        health: Any = health_pb2_grpc.HealthStub(channel)
        assert health.Check(asked).status == health_pb2.HealthCheckResponse.SERVING
        listing = reflection_pb2.ServerReflectionRequest(list_services="")
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        (answer,) = stub.ServerReflectionInfo(iter([listing]))
        assert "store.v1.Store" in {one.name for one in answer.list_services_response.service}


def test_a_key_for_some_schemas_is_for_those(store: Store) -> None:
    for name in ("mine", "theirs"):
        store.schema(name)
        store.put(name, a=1)
    asked = {"name": "tenant", "permissions": ["read", "write"], "schemas": ["mine"]}
    made = store.call("POST", "/api/keys", asked)
    assert made.status == 201
    token = store.log_in(made.body["secret"])
    assert store.get("mine", "a", token=token).status == 200
    assert store.get("theirs", "a", token=token).problem == "insufficient-permission"
    assert store.call("GET", "/api/schemas", token=token).body == {"schemas": ["mine"]}
    assert store.call("GET", "/admin/keys", token=token).status == 403
    for door in DOORS:
        with pytest.raises(Refusal, match="PERMISSION_DENIED"):
            store.door(door, token).get("theirs", "a")
    assert store.call("DELETE", f"/api/keys/{made.body['id']}").status == 204
    assert store.get("mine", "a", token=token).problem == "invalid-token"
    with pytest.raises(Refusal, match="UNAUTHENTICATED"):
        store.door("worker-1", token).get("mine", "a")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "malformed-json"),
        (b'{"a": 1, "a": 2}', "malformed-json"),
        (b'{"a": NaN}', "malformed-json"),
        (b'{"a": "\\ud800"}', "malformed-json"),
        (b"[" * 100 + b"]" * 100, "malformed-json"),
        (b"[]", "invalid-request"),
        (b"{}", "invalid-request"),
        (b'{"": 1}', "invalid-request"),
        (b'{"a/b": 1}', "invalid-request"),
        (b'{"a": "' + b"x" * 1048576 + b'"}', "payload-too-large"),
    ],
)
def test_bodies_that_cannot_be_are_refused(store: Store, body: bytes, problem: str) -> None:
    store.schema("bodies")
    assert store.call("PUT", "/entity/bodies", body).problem == problem


@pytest.mark.parametrize("path", ["%2e%2e%2fetc", "a%2Fb", "..", "a%00", "%ff", "", "a%5cb"])
def test_no_name_leads_anywhere(store: Store, path: str) -> None:
    assert store.call("PUT", f"/entity/{path}", {"a": 1}).problem == "invalid-request"


def test_two_names_are_two_entities(store: Store) -> None:
    names = ["a", "A", "a.", "a ", "é", "e\u0301", "a.sealed", "a.1.sealed", "a.part", "💥"]
    store.schema("names")
    assert store.call("PUT", "/entity/names", {name: name for name in names}).status == 200
    assert [store.get("names", name).body["document"] for name in names] == names


@pytest.mark.parametrize("harm", ["altered", "cut", "missing", "link", "folder", "of another", "of before"])
def test_a_file_that_is_not_what_was_written_is_refused_alone(store: Store, harm: str) -> None:
    schema = store.schema(f"tampering-{harm.replace(' ', '-')}")
    before = set(store.sealed())
    store.put(schema, a=1)
    (file,) = set(store.sealed()) - before
    older = file.read_bytes()
    store.put(schema, a=2)
    (file,) = set(store.sealed()) - before
    store.put(schema, b=3)
    content = file.read_bytes()
    (other,) = set(store.sealed()) - before - {file}
    if harm == "altered":
        file.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
    elif harm == "cut":
        file.write_bytes(content[:-1])
    elif harm in ("of another", "of before"):
        file.write_bytes(other.read_bytes() if harm == "of another" else older)
    else:
        file.unlink()
        if harm == "link":
            file.symlink_to(other)
        elif harm == "folder":
            file.mkdir()
    told = len(store.events("entity.tampered"))
    answer = store.get(schema, "a")
    assert answer.status == 500 and answer.problem == "tampered"
    for door in DOORS:
        with pytest.raises(Refusal, match="DATA_LOSS"):
            store.door(door).get(schema, "a")
    event = store.events("entity.tampered")[told]
    assert event["schema_id"] == schema and event["entity"] == file.name.partition(".")[0]
    assert store.get(schema, "b").body["document"] == 3
    if file.is_dir():
        file.rmdir()
    file.unlink(missing_ok=True)
    file.write_bytes(content)
    file.chmod(0o600)
    assert store.get(schema, "a").body == {"document": 2, "version": 2}


def test_a_sealed_file_opens_by_the_key_that_a_worker_is_given(store: Store, tmp_path: Path) -> None:
    assert store.call("POST", "/admin/workers", {"worker_id": "outside"}).status == 201
    store.schema("wrapped")
    before = set(store.sealed())
    store.put("wrapped", a={"b": 1})
    (file,) = set(store.sealed()) - before
    private: Any
    key: bytes | bytearray
    for private in (rsa.generate_private_key(65537, 2048), x25519.X25519PrivateKey.generate()):
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        asked = MESSAGES["SubscribeRequest"](worker_id="outside", pubkey=pem, schemas=["wrapped"])
        with pytest.raises(Refusal, match="PERMISSION_DENIED"):
            store.subscription("outside", tmp_path).send(asked.SerializeToString(), "Subscribe")
        assert store.call("PUT", "/admin/workers/outside/grants/wrapped", {}).status == 200
        raw = store.subscription("outside", tmp_path).send(asked.SerializeToString(), "Subscribe")
        answer = MESSAGES["SubscribeResponse"].FromString(raw)
        if isinstance(private, rsa.RSAPrivateKey):
            key = private.decrypt(answer.wrapped_key, padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))
        else:
            key = wrapping.unwrap(
                private, answer.wrapped_key, wrapping.context("outside", "wrapped", answer.key_id)
            )
        about = About("wrapped", "a", 1, answer.key_id)
        assert Sealer().open(key, about, file.read_bytes()) == b'{"b": 1}'
        assert store.door("grpc", answer.token).get("wrapped", "a") == ({"b": 1}, 1)
        with pytest.raises(Refusal, match="PERMISSION_DENIED"):
            store.door("grpc", answer.token).get("doors", "rest")
        assert store.call("DELETE", "/admin/workers/outside/grants/wrapped").status == 204
        with pytest.raises(Refusal, match="PERMISSION_DENIED"):
            store.door("grpc", answer.token).get("wrapped", "a")
        states = [
            one for one in store.call("GET", "/admin/keys").body["keys"] if one["schema_id"] == "wrapped"
        ]
        assert [one["key_id"] for one in states if one["state"] == "current"] != [answer.key_id]
        store.put("wrapped", a={"b": 1})
        store.call("DELETE", "/entity/wrapped?key=a")
        before = set(store.sealed())
        assert store.put("wrapped", a={"b": 1}).status == 200
        version = store.get("wrapped", "a").body["version"]
        (file,) = set(store.sealed()) - before
        if version > 1:
            break
    assert store.call("DELETE", "/admin/workers/outside").status == 204


def test_nobody_subscribes_without_a_certificate_of_its_name(store: Store, tmp_path: Path) -> None:
    pem = (
        x25519.X25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    made = MESSAGES["SubscribeRequest"]
    ours = made(worker_id="store-worker-1", pubkey=pem).SerializeToString()
    with pytest.raises(Refusal, match="UNAUTHENTICATED"):
        store.door().send(ours, "Subscribe")
    with pytest.raises(Refusal, match="PERMISSION_DENIED"):
        store.subscription("somebody", tmp_path).send(ours, "Subscribe")
    unknown = made(worker_id="somebody", pubkey=pem).SerializeToString()
    with pytest.raises(Refusal, match="PERMISSION_DENIED"):
        store.subscription("somebody", tmp_path).send(unknown, "Subscribe")
    for wrong in (made(worker_id="", pubkey=pem), made(worker_id="store-worker-1", pubkey=b"no key")):
        with pytest.raises(Refusal, match="INVALID_ARGUMENT"):
            store.subscription("store-worker-1", tmp_path).send(wrong.SerializeToString(), "Subscribe")
    assert store.events("worker.subscription-refused")


def test_many_writers_leave_no_gap_and_many_readers_cause_one_load(store: Store) -> None:
    store.schema("crowd")
    with ThreadPoolExecutor(12) as pool:
        doors = [store.door(DOORS[number % 4]) for number in range(12)]
        versions = list(pool.map(lambda n: doors[n % 12].put("crowd", "a", n), range(60)))
        assert sorted(versions) == list(range(1, 61))
        loads = store.counters("store_entity_loads_total")["worker-2"]
        fresh = [store.door("worker-2") for _ in range(12)]
        together = threading.Barrier(12)

        def read(number: int) -> Any:
            together.wait()
            return fresh[number].get("crowd", "a")

        assert len(set(pool.map(read, range(12)))) == 1
    assert store.counters("store_entity_loads_total")["worker-2"] == loads + 1


def test_nothing_stands_in_the_clear(store: Store) -> None:
    store.schema("hidden-schema-name")
    store.call("PUT", "/entity/hidden-schema-name", {"hidden-entity-name": "hidden-document-text"})
    store.get("hidden-schema-name", "hidden-entity-name")
    ready = store.platform.ready
    places = [*store.files.rglob("*"), *map(Path, ready["observes"]["service_log"].values())]
    for pids in ready["processes"].values():
        places += [Path(f"/proc/{pids[0]}/cmdline"), Path(f"/proc/{pids[0]}/environ")]
    secrets = [b"hidden-", ready["secrets"]["admin_key"].encode(), store.token.encode()]
    for path in places:
        if path.is_file():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content], path
    for path in [store.files, *store.files.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    for pids in ready["processes"].values():
        limits = Path(f"/proc/{pids[0]}/limits").read_text().splitlines()
        (core,) = (line for line in limits if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]


def test_events_are_as_their_schema_says(store: Store) -> None:
    schema = json.loads((ROOT / "resources" / "contracts" / "security-event.schema.json").read_text())
    lines = Path(store.platform.ready["observes"]["security_log"]["store"]).read_text().splitlines()
    judge = jsonschema.Draft202012Validator(schema)
    assert lines and not [error.message for line in lines for error in judge.iter_errors(json.loads(line))]
    secrets = (store.platform.ready["secrets"]["admin_key"], store.token)
    assert not [line for line in lines if any(secret in line for secret in secrets)]


def test_no_process_says_that_something_broke(store: Store) -> None:
    for log in store.platform.ready["observes"]["service_log"].values():
        assert "ERROR" not in Path(log).read_text() and "Traceback" not in Path(log).read_text()
