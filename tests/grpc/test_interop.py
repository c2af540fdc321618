"""The shapes of gRPC's interoperability tests (interop-test-descriptions.md) against grpc-go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.GrpcLibrary import GrpcLibrary

TEST = "grpc.testing.TestService"
SECOND = timedelta(seconds=1)
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


def payload(size: int) -> dict[str, object]:
    return {"body": bytes(size)}


def test_empty_unary(interop: GrpcLibrary) -> None:
    answer = interop.call_grpc("go", f"{TEST}/EmptyCall", {})
    assert interop.grpc_should_succeed(answer) == {}
    assert answer.said and answer.seconds > 0


def test_large_unary(interop: GrpcLibrary) -> None:
    request = {"response_size": 314159, "payload": payload(271828)}
    body = interop.grpc_should_succeed(interop.call_grpc("go", f"{TEST}/UnaryCall", request))
    assert body["payload"] == {"type": "COMPRESSABLE", "body": bytes(314159)}


def test_concurrent_large_unary(interop: GrpcLibrary) -> None:
    request = {"response_size": 314159, "payload": payload(271828)}
    answers = interop.call_grpc_many("go", f"{TEST}/UnaryCall", times=200, message=request)
    interop.grpc_should_succeed(answers)
    assert [len(one.body["payload"]["body"]) for one in answers] == [314159] * 200


def test_answers_of_many_are_in_the_order_of_the_calls(interop: GrpcLibrary) -> None:
    sizes = [7, 0, 3, 9, 1] * 20
    answers = interop.call_grpc_many(
        "go", f"{TEST}/UnaryCall", [{"response_size": size} for size in sizes], in_flight=8
    )
    assert [len(one.body["payload"]["body"]) for one in answers] == sizes


def test_client_streaming(interop: GrpcLibrary) -> None:
    sizes = (27182, 8, 1828, 45904)
    answer = interop.call_grpc(
        "go", f"{TEST}/StreamingInputCall", [{"payload": payload(size)} for size in sizes]
    )
    assert interop.grpc_should_succeed(answer) == {"aggregated_payload_size": 74922}


def test_server_streaming(interop: GrpcLibrary) -> None:
    sizes = [31415, 9, 2653, 58979]
    answer = interop.call_grpc(
        "go", f"{TEST}/StreamingOutputCall", {"response_parameters": [{"size": size} for size in sizes]}
    )
    interop.grpc_should_succeed(answer)
    assert [len(body["payload"]["body"]) for body in answer.bodies] == sizes


def test_ping_pong(interop: GrpcLibrary) -> None:
    asked = [(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)]
    messages = [{"response_parameters": [{"size": out}], "payload": payload(into)} for out, into in asked]
    answer = interop.ping_pong_on_grpc_stream("go", f"{TEST}/FullDuplexCall", messages)
    assert [len(body["payload"]["body"]) for body in answer.bodies] == [out for out, _ in asked]


def test_streams_are_held_open_together(interop: GrpcLibrary) -> None:
    message = {"response_parameters": [{"size": 8}], "payload": payload(9)}
    answers = interop.hold_grpc_streams_open_together("go", f"{TEST}/FullDuplexCall", 60, message)
    interop.grpc_should_succeed(answers)
    assert [[len(body["payload"]["body"]) for body in one.bodies] for one in answers] == [[8]] * 60


def test_streams_that_end_before_their_time_say_so(interop: GrpcLibrary) -> None:
    refused = {"response_status": {"code": 8, "message": "too many"}}
    answers = interop.hold_grpc_streams_open_together("go", f"{TEST}/FullDuplexCall", 2, refused)
    assert [one.code for one in answers] == ["RESOURCE_EXHAUSTED"] * 2


def test_streams_on_which_nothing_comes_are_named(interop: GrpcLibrary) -> None:
    method, unanswered = f"{TEST}/FullDuplexCall", {"payload": payload(1)}
    with pytest.raises(Unmet, match=r"each of 2 calls .*, saw none within 0\.05 s on \[1, 2\]"):
        interop.hold_grpc_streams_open_together("go", method, 2, unanswered, within=0.05 * SECOND)
    with pytest.raises(AssayError, match="give two or more"):
        interop.hold_grpc_streams_open_together("go", method, 1, unanswered)


def test_empty_stream(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall")
    assert interop.grpc_stream_should_end_with(stream, "OK").bodies == []


def test_custom_metadata(interop: GrpcLibrary) -> None:
    given = {"x-grpc-test-echo-initial": "test_initial", "x-grpc-test-echo-trailing-bin": b"\xab\xab\xab"}
    answer = interop.call_grpc("go", f"{TEST}/UnaryCall", {"response_size": 1}, metadata=given)
    assert ("x-grpc-test-echo-initial", "test_initial") in answer.metadata
    assert ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab") in answer.trailers


def test_status_code_and_message(interop: GrpcLibrary) -> None:
    request = {"response_status": {"code": 2, "message": "test status message"}}
    answer = interop.call_grpc("go", f"{TEST}/UnaryCall", request)
    interop.grpc_should_fail_with(answer, "UNKNOWN", "^test status message$")
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall")
    interop.send_on_grpc_stream(stream, request)
    interop.grpc_stream_should_end_with(stream, "UNKNOWN", "^test status message$")


def test_special_status_message(interop: GrpcLibrary) -> None:
    answer = interop.call_grpc(
        "go", f"{TEST}/UnaryCall", {"response_status": {"code": 2, "message": SPECIAL}}
    )
    assert (answer.code, answer.message) == ("UNKNOWN", SPECIAL)


@pytest.mark.parametrize("service", ["TestService", "UnimplementedService"])
def test_unimplemented(interop: GrpcLibrary, service: str) -> None:
    answer = interop.call_grpc("go", f"grpc.testing.{service}/UnimplementedCall", {})
    interop.grpc_should_fail_with(answer, "UNIMPLEMENTED")


def test_cancel_after_begin(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/StreamingInputCall")
    interop.cancel_grpc_stream(stream)
    assert not interop.grpc_stream_should_end_with(stream, "CANCELLED").said


def test_cancel_after_first_response(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall")
    interop.send_on_grpc_stream(stream, {"response_parameters": [{"size": 31415}], "payload": payload(27182)})
    assert len(interop.receive_on_grpc_stream(stream)["payload"]["body"]) == 31415
    interop.cancel_grpc_stream(stream)
    interop.grpc_stream_should_end_with(stream, "CANCELLED")


def test_timeout_on_sleeping_server(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall", deadline=0.05 * SECOND)
    interop.send_on_grpc_stream(stream, {"payload": payload(27182)})
    assert stream.receive(5) is None
    interop.grpc_stream_should_end_with(stream, "DEADLINE_EXCEEDED")


def test_a_server_without_the_compression_says_so(interop: GrpcLibrary) -> None:
    answer = interop.call_grpc("go", f"{TEST}/UnaryCall", {"response_size": 1}, compression="gzip")
    interop.grpc_should_fail_with(answer, "UNIMPLEMENTED", "gzip")


def test_a_message_at_the_limit_of_the_server_and_one_beyond_it(interop: GrpcLibrary) -> None:
    limit = 4 << 20
    overhead = len(b"\x1a\x00\x00\x00\x00\x12\x00\x00\x00\x00")
    fits = {"payload": payload(limit - overhead)}
    interop.grpc_should_succeed(interop.call_grpc("go", f"{TEST}/UnaryCall", fits))
    beyond = interop.call_grpc("go", f"{TEST}/UnaryCall", {"payload": payload(limit - overhead + 1)})
    interop.grpc_should_fail_with(beyond, "RESOURCE_EXHAUSTED", "larger than max")
    interop.grpc_should_still_serve("go", f"{TEST}/EmptyCall")


def test_a_stream_that_ends_otherwise_is_told(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall")
    with pytest.raises(Unmet, match=r"FullDuplexCall to be refused as NOT_FOUND, saw OK"):
        interop.grpc_stream_should_end_with(stream, "NOT_FOUND")


def test_a_message_that_does_not_come_is_told(interop: GrpcLibrary) -> None:
    stream = interop.open_grpc_stream("go", f"{TEST}/FullDuplexCall")
    with pytest.raises(Unmet, match=r"a message within 0\.05 s, saw nothing"):
        interop.receive_on_grpc_stream(stream, within=0.05 * SECOND)
    interop.half_close_grpc_stream(stream)
    with pytest.raises(Unmet, match="saw the end of the call: OK"):
        interop.receive_on_grpc_stream(stream)
