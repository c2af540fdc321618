"""Streams of operations, and of writes that are done together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

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
