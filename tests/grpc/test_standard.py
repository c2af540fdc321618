"""Reflection, health, channelz and odd endings, against grpcio's own servicers."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError, NoAnswer
from assay.evidence.expect import Unmet
from assay.grpc.wire import Unreachable
from assay.GrpcLibrary import GrpcLibrary

from tests.grpc.servers import standard_server

SECOND = timedelta(seconds=1)
CHECK = "grpc.health.v1.Health/Check"
PROTO = Path(__file__).parent / "protos" / "kinds.proto"


def test_services_by_reflection(odd: GrpcLibrary) -> None:
    assert odd.grpc_services_of("standard") == [
        "grpc.channelz.v1.Channelz",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]


def test_calls_by_reflection(odd: GrpcLibrary) -> None:
    assert odd.grpc_should_succeed(odd.call_grpc("standard", CHECK, {})) == {"status": "SERVING"}
    told = odd.grpc_should_succeed(odd.call_grpc("standard", "grpc.channelz.v1.Channelz/GetServers", {}))
    assert told["server"][0]["data"]["calls_started"] > 0


def test_a_service_that_reflection_does_not_tell_of(odd: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match=r"no service 'grpc.health.v1.Healthy' \(did you mean 'grpc.health"):
        odd.call_grpc("standard", "grpc.health.v1.Healthy/Check", {"service": "x"})


def test_reflection_that_should_be_off(odd: GrpcLibrary, go: str) -> None:
    with pytest.raises(Unmet, match=r"Expected no reflection, saw .*grpc\.health\.v1\.Health"):
        odd.grpc_reflection_should_be_off("standard")
    odd.connect_to_grpc("go", go, reflection=True)
    odd.grpc_reflection_should_be_off("go")
    with pytest.raises(AssayError, match="the server has no reflection: UNIMPLEMENTED"):
        odd.grpc_services_of("go")


def test_health(odd: GrpcLibrary) -> None:
    odd.call_grpc("bytes", "tests.Odd/SetHealth", b"a.Down=NOT_SERVING")
    assert odd.grpc_health_of("standard") == "SERVING"
    assert odd.grpc_health_of("standard", "a.Down") == "NOT_SERVING"
    assert odd.grpc_health_of("standard", "a.Nobody") == "SERVICE_UNKNOWN"


def test_health_of_a_server_that_has_no_such_service(library: GrpcLibrary, go: str) -> None:
    library.connect_to_grpc("go", go)
    with pytest.raises(Unmet, match="an answer of the health service, saw UNIMPLEMENTED"):
        library.grpc_health_of("go")


def test_health_is_watched(standard: str, odd: GrpcLibrary) -> None:
    other = GrpcLibrary()
    other.connect_to_grpc("other", standard)
    other.call_grpc("other", "tests.Odd/SetHealth", b"a.Turning=SERVING")
    later = threading.Timer(0.2, other.call_grpc, ("other", "tests.Odd/SetHealth", b"a.Turning=NOT_SERVING"))
    later.start()
    told = odd.grpc_health_should_become("standard", "NOT_SERVING", "a.Turning")
    later.join()
    other.close_grpc_connections()
    assert told == ["SERVING", "NOT_SERVING"]
    with pytest.raises(Unmet, match=r"become SERVING within 0\.1 s, saw NOT_SERVING"):
        odd.grpc_health_should_become("standard", "SERVING", "a.Turning", within=0.1 * SECOND)


def test_details_of_a_status(odd: GrpcLibrary) -> None:
    answer = odd.call_grpc("bytes", "tests.Odd/Fail")
    odd.grpc_should_fail_with(answer, "FAILED_PRECONDITION", "^too late$", reason="STALE")
    info, request, retry, unknown = answer.details
    assert info["metadata"] == {"version": "7"}
    assert request["field_violations"][0]["field"] == "key"
    assert retry["retry_delay"] == "3s"
    assert unknown == {"@type": "type.example/tests.Unknown", "value": b"\1\2"}
    with pytest.raises(Unmet, match="for the reason OLD, saw STALE"):
        odd.grpc_should_fail_with(answer, "FAILED_PRECONDITION", reason="OLD")


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_compressed_unary(odd: GrpcLibrary, compression: Any) -> None:
    answer = odd.call_grpc("bytes", "tests.Odd/Echo", b"a" * 100_000, compression=compression)
    assert odd.grpc_should_succeed(answer) == b"a" * 100_000


def test_names_twice_and_binary_values_go_and_come(odd: GrpcLibrary) -> None:
    given = ["x-a=1", "x-a=2", ["x-b-bin", b"\0\xff"]]
    answer = odd.call_grpc("bytes", "tests.Odd/Echo", b"", metadata=given)
    assert answer.values("x-a") == ["1", "2"]
    assert answer.values("X-B-Bin") == [b"\0\xff"]


def test_a_deadline_of_the_call_is_an_answer_and_silence_is_none(
    odd: GrpcLibrary, standard: str, carrier: Any
) -> None:
    answer = odd.call_grpc("bytes", "tests.Odd/Hang", deadline=0.2 * SECOND)
    odd.grpc_should_fail_with(answer, "DEADLINE_EXCEEDED")
    odd.connect_to_grpc("impatient", standard, patience=0.2 * SECOND, carrier=carrier)
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.2 s: tests.Odd/Hang"):
        odd.call_grpc("impatient", "tests.Odd/Hang")


@pytest.mark.parametrize("codec", ["protobuf", "json", "json-named-proto"])
def test_a_message_that_cannot_be_read_is_no_success(standard: str, library: GrpcLibrary, codec: Any) -> None:
    library.connect_to_grpc("odd", standard, protos=[PROTO], codec=codec)
    answer = library.call_grpc("odd", "tests.Odd/Garbage", {})
    assert answer.raw == [b"\xff\xff"]
    with pytest.raises(Unmet, match="to succeed, saw OK with a message that cannot be read"):
        library.grpc_should_succeed(answer)


@pytest.mark.parametrize("codec", ["protobuf", "json", "json-named-proto"])
def test_every_codec_carries_dictionaries(standard: str, library: GrpcLibrary, codec: Any) -> None:
    library.connect_to_grpc("odd", standard, protos=[PROTO], codec=codec)
    body = library.grpc_should_succeed(
        library.call_grpc("odd", "tests.Odd/Echo", {"big": 2**60, "nick": "é"})
    )
    assert (body["big"], body["nick"]) == (2**60, "é")
    answers = library.call_grpc_many("odd", "tests.Odd/Echo", [{"big": number} for number in range(300)])
    assert [one.body["big"] for one in answers] == list(range(300))


def test_a_server_that_is_not_there(library: GrpcLibrary, carrier: Any) -> None:
    library.connect_to_grpc("none", "127.0.0.1:1", carrier=carrier)
    with pytest.raises(Unreachable, match=r"http://127.0.0.1:1 cannot be reached: .*[Cc]onnection refused"):
        library.call_grpc("none", "a.B/C")
    with pytest.raises(Unmet, match="a.B/C to be served still, saw .*cannot be reached"):
        library.grpc_should_still_serve("none", "a.B/C")


def test_a_server_that_dies_said_nothing(library: GrpcLibrary, carrier: Any) -> None:
    with standard_server() as address:
        library.connect_to_grpc("dying", address, carrier=carrier)
        stream = library.open_grpc_stream("dying", "tests.Odd/Hang")
        library.send_on_grpc_stream(stream, b"")
        library.half_close_grpc_stream(stream)
        library.grpc_health_of("dying")
    answer = stream.ended()
    assert (answer.code, answer.said) == ("UNAVAILABLE", False)
    with pytest.raises(Unmet, match="UNAVAILABLE by the server itself, saw .*the server said nothing"):
        library.grpc_should_fail_with(answer, "UNAVAILABLE")
    library.grpc_should_fail_with(answer, "UNAVAILABLE", said=False)


def test_an_alias_that_nobody_gave(library: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match="no connection is called 'stor'"):
        library.call_grpc("stor", "a.B/C")


def test_names_of_this_machine_need_no_resolver(library: GrpcLibrary, standard: str, carrier: Any) -> None:
    library.connect_to_grpc("named", f"store.localhost:{standard.rpartition(':')[2]}", carrier=carrier)
    assert library.grpc_health_of("named") == "SERVING"
