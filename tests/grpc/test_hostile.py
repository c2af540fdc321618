"""What no client of gRPC would send, at servers that bear it and at one that does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.grpc import hostile
from assay.GrpcLibrary import GrpcLibrary

from tests.grpc.servers import INTEROP_PROTO

CHECK = "grpc.health.v1.Health/Check"
UNARY = "grpc.testing.TestService/UnaryCall"
GROUPS = ("message", "metadata", "frames")
SECOND = timedelta(seconds=1)


@pytest.fixture
def both(go: str, standard: str, library: GrpcLibrary) -> GrpcLibrary:
    library.connect_to_grpc("go", go, protos=[INTEROP_PROTO])
    library.connect_to_grpc("core", standard, reflection=True)
    return library


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections, says that it speaks HTTP/2 and nothing else."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return
            kept[-1].sendall(bytes(3) + b"\4" + bytes(5))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for one in kept:
        one.close()


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("alias", "method", "message"), [("go", UNARY, {"response_size": 3}), ("core", CHECK, {})]
)
def test_what_no_client_sends_is_borne(
    both: GrpcLibrary, alias: str, method: str, message: dict[str, Any], group: str
) -> None:
    both.hostile_grpc_should_be_borne(alias, method, group, message)


def test_strictly_the_large_implementations_are_told_where_they_do_otherwise(both: GrpcLibrary) -> None:
    with pytest.raises(Unmet, match="two messages where one belongs: OK") as found:
        both.hostile_grpc_should_be_borne("core", CHECK, "message", {}, strictly=True)
    assert "a compressed flag of 2" in found.value.failed_rows


def test_a_server_that_does_not_answer_the_control_is_told(library: GrpcLibrary, silent: str) -> None:
    library.connect_to_grpc("silent", silent)
    with pytest.raises(Unmet, match="the control rows of a.B/C to be accepted, saw the good form: no answer"):
        library.hostile_grpc_should_be_borne("silent", "a.B/C", "message", within=0.1 * SECOND)


@pytest.mark.parametrize("group", GROUPS)
def test_every_row_has_a_name_of_its_own_and_says_where_it_is_from(group: str) -> None:
    rows = hostile.rows(group)
    assert len({one.name for one in rows}) == len(rows) > 15
    assert all(one.expected in hostile.EXPECTED and one.source for one in rows)


def test_rows_that_are_judged_strictly_only_exist() -> None:
    names = {one.name for group in GROUPS for one in hostile.rows(group)}
    assert names >= hostile._LOOSE


@pytest.mark.parametrize(
    ("alias", "method", "row", "seen"),
    [
        ("go", UNARY, "an upper-case name", "RST_STREAM PROTOCOL_ERROR"),
        ("core", CHECK, "an upper-case name", "INTERNAL (Illegal header key"),
        ("go", UNARY, "a length of 2^31 and nothing after it", "RESOURCE_EXHAUSTED"),
        ("core", CHECK, "wire type 7", "INTERNAL"),
        ("core", CHECK, "a decompression bomb of 48 MiB", "RESOURCE_EXHAUSTED"),
        ("go", UNARY, "a preface of HTTP/1.1", "connection closed"),
    ],
)  # fmt: skip
def test_one_row_is_sent(both: GrpcLibrary, alias: str, method: str, row: str, seen: str) -> None:
    answer = both.send_hostile_grpc(alias, method, row, {})
    assert seen in answer.summary()
    both.hostile_grpc_should_be_refused(answer, seen)
    with pytest.raises(Unmet, match="a refusal with 'teapot', saw"):
        both.hostile_grpc_should_be_refused(answer, "teapot")


def test_what_is_accepted_is_no_refusal(both: GrpcLibrary) -> None:
    answer = both.send_hostile_grpc(
        "go", UNARY, "DATA in frames of one octet with padding", {"response_size": 3}
    )
    assert answer.accepted and answer.body.endswith(bytes(3))
    with pytest.raises(Unmet, match="Expected a refusal, saw OK"):
        both.hostile_grpc_should_be_refused(answer)


def test_unknown_names_are_told(both: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match="unknown group 'messages'.*did you mean 'message'"):
        both.hostile_grpc_rows("messages")
    with pytest.raises(AssayError, match="did you mean 'an upper-case name'"):
        both.send_hostile_grpc("go", UNARY, "an uppercase name")
    with pytest.raises(AssayError, match="unknown flood 'ping'"):
        both.flood_grpc("go", UNARY, "ping")
    with pytest.raises(AssayError, match="a flood has 1 to 20000, not 20001"):
        both.flood_grpc("go", UNARY, "pings", 20_001)


@pytest.mark.parametrize(("alias", "method"), [("go", UNARY), ("core", CHECK)])
def test_too_many_pings_are_refused(both: GrpcLibrary, alias: str, method: str) -> None:
    answer = both.flood_grpc(alias, method, "pings", 500)
    both.hostile_grpc_should_be_refused(answer, "too_many_pings")
    assert answer.sent < 500
    both.grpc_should_still_serve(alias, method, {})


@pytest.mark.parametrize(("alias", "method"), [("go", UNARY), ("core", CHECK)])
@pytest.mark.parametrize("kind", ["rapid resets", "settings", "empty data", "continuations", "streams"])
def test_floods_are_survived(both: GrpcLibrary, alias: str, method: str, kind: str) -> None:
    answer = both.flood_grpc(alias, method, kind, 300)
    assert 0 < answer.sent <= 301
    both.grpc_should_still_serve(alias, method, {})
