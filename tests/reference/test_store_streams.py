"""Streams of operations, and of writes that are done together."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

from reference.store.doors import Doors
from tests.reference.storeclient import MESSAGES, Store, stored


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with stored(tmp_path_factory.mktemp("store")) as started:
        yield started


def test_streams_answer_one_by_one_and_write_together(store: Store) -> None:
    store.schema("streams", {"type": "integer"})
    door, made = store.door("worker-3"), MESSAGES["ProcessRequest"]
    metadata = (("authorization", f"Bearer {store.token}"),)

    def puts(*payloads: bytes) -> Iterator[bytes]:
        for number, payload in enumerate(payloads):
            one = made(schema_id="streams", entity_key=f"k{number}", operation="PUT", payload=payload)
            yield one.SerializeToString()

    each: Any = door.channel.stream_stream("/store.v1.Store/ProcessEach")
    answers = [
        MESSAGES["ProcessResponse"].FromString(one)
        for one in each(puts(b"1", b'"a"', b"3"), metadata=metadata)
    ]
    assert [(one.status, one.error) for one in answers] == [
        ("OK", ""),
        ("INVALID_ARGUMENT", "schema-violation"),
        ("OK", ""),
    ]
    together: Any = door.channel.stream_unary("/store.v1.Store/PutAll")
    with pytest.raises(grpc.RpcError):
        together(puts(b"5", b"{}"), metadata=metadata)
    assert store.get("streams", "k0").body["document"] == 1
    written = MESSAGES["PutAllResponse"].FromString(together(puts(b"5", b"6"), metadata=metadata))
    assert dict(written.versions) == {"k0": 2, "k1": 1}


@pytest.mark.parametrize("name", ["grpc", "worker-1"])
def test_a_stream_of_a_stranger_is_not_collected(store: Store, name: str) -> None:
    made, sent = MESSAGES["ProcessRequest"], threading.Event()

    def endless() -> Iterator[bytes]:
        yield made(schema_id="large", entity_key="a", operation="PUT", payload=b"1").SerializeToString()
        sent.wait(20)

    together: Any = store.door(name).channel.stream_unary("/store.v1.Store/PutAll")
    with pytest.raises(grpc.RpcError) as refused:
        together(endless(), metadata=[("authorization", "Bearer nobody")], timeout=10)
    sent.set()
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
    lines = store.call("GET", "/metrics").raw.decode().splitlines()
    (refusals,) = [
        one
        for one in lines
        if one.startswith("store_requests_total")
        and all(f'"{word}"' in one for word in ("invalid-token", "putEntities", name.replace("grpc", "main")))
    ]
    assert refusals.endswith(" 1.0")


def test_a_stream_that_does_not_come_is_given_up() -> None:
    class Context:
        code = None

        def time_remaining(self) -> None:
            """No deadline."""

        def peer(self) -> str:
            return "ipv4:127.0.0.1:1"

        def invocation_metadata(self) -> list[tuple[str, str]]:
            return []

        async def abort(self, code: grpc.StatusCode, *_: object) -> None:
            self.code = code
            raise RuntimeError

    async def never() -> AsyncIterator[bytes]:
        await asyncio.get_running_loop().create_future()
        yield b""

    async def perform(_: object) -> Any:
        raise AssertionError

    doors, context = Doors(perform, perform), Context()
    doors.stream_seconds = 0.05
    with pytest.raises(RuntimeError):
        asyncio.run(doors.put_all(never(), context))
    assert context.code is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("name", ["grpc", "worker-1"])
def test_a_stream_of_writes_has_an_end(store: Store, name: str) -> None:
    door = store.door(name)
    store.schema("large")
    made, payload = MESSAGES["ProcessRequest"], json.dumps("x" * (1 << 20)).encode()
    sent = [
        made(schema_id="large", entity_key=f"k{number}", operation="PUT", payload=payload).SerializeToString()
        for number in range(20)
    ]
    together: Any = door.channel.stream_unary("/store.v1.Store/PutAll")
    with pytest.raises(grpc.RpcError) as refused:
        together(iter(sent), metadata=[("authorization", f"Bearer {store.token}")])
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
