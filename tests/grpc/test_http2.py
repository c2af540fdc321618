"""HTTP/2 of our own: what the server is told, and what is made of what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.grpc.framing import framed
from assay.grpc.wire import Unreachable
from assay.GrpcLibrary import GrpcLibrary
from h2.connection import H2Connection

from tests.grpc.one_call_server import serving

PROTO = Path(__file__).parent / "protos" / "kinds.proto"
ECHO = "tests.Odd/Echo"
START = [(":status", "200"), ("content-type", "application/grpc+json")]


def good(talk: H2Connection, stream: int) -> None:
    talk.send_headers(stream, START)
    talk.send_data(stream, framed(b'{"nick":"n"}'))
    talk.send_headers(stream, [("grpc-status", "0")], end_stream=True)


def headers_only(*more: tuple[str, str]) -> Any:
    return lambda talk, stream: talk.send_headers(stream, [*more], end_stream=True)


def test_json_is_said_by_its_content_subtype(library: GrpcLibrary) -> None:
    with serving(good) as seen:
        library.connect_to_grpc("json", seen.address, protos=[PROTO], codec="json", authority="store.example")
        body = library.grpc_should_succeed(library.call_grpc("json", ECHO, {"wrapped_key": b"\1"}))
    assert body["nick"] == "n"
    asked = seen.headers[0]
    assert asked["content-type"] == "application/grpc+json"
    assert (asked[":path"], asked[":authority"], asked["te"]) == (f"/{ECHO}", "store.example", "trailers")
    assert asked["grpc-timeout"].endswith(("u", "m"))
    assert seen.bodies == [framed(b'{"wrapped_key":"AQ=="}')]


def test_json_can_go_under_the_name_of_protobuf(library: GrpcLibrary) -> None:
    with serving(good) as seen:
        library.connect_to_grpc(
            "json", seen.address, protos=[PROTO], codec="json-named-proto", carrier="http2"
        )
        library.grpc_should_succeed(library.call_grpc("json", ECHO, {"big": 2**53 + 1}))
    assert seen.headers[0]["content-type"] == "application/grpc"
    assert seen.bodies == [framed(b'{"big":9007199254740993}')]


def test_calls_come_from_the_address_of_choice(library: GrpcLibrary) -> None:
    with serving(good) as seen:
        library.connect_to_grpc("from", seen.address, source="127.8.9.10")
        library.grpc_should_succeed(library.call_grpc("from", ECHO))
    assert seen.callers == ["127.8.9.10"]


def test_what_comes_beside_a_failure_is_no_answer_and_is_kept(library: GrpcLibrary) -> None:
    def leak(talk: H2Connection, stream: int) -> None:
        talk.send_headers(stream, START)
        talk.send_data(stream, framed(b'{"nick":"leaked"}'))
        talk.send_headers(stream, [("grpc-status", "7")], end_stream=True)

    with serving(leak) as seen:
        library.connect_to_grpc("json", seen.address, protos=[PROTO], codec="json")
        answer = library.call_grpc("json", ECHO, {})
    assert (answer.code, answer.body, answer.raw) == ("PERMISSION_DENIED", None, [b'{"nick":"leaked"}'])


@pytest.mark.parametrize(
    ("answer", "code", "message", "said"),
    [
        (headers_only(*START, ("grpc-status", "5"), ("grpc-message", "n%C3%A9")), "NOT_FOUND", "né", True),
        (headers_only(*START, ("grpc-status", "42")), "CODE_42", "", True),
        (headers_only(*START), "UNKNOWN", "the stream ended without grpc-status", False),
        (headers_only((":status", "503")), "UNAVAILABLE", "HTTP status 503", False),
        (headers_only((":status", "401")), "UNAUTHENTICATED", "HTTP status 401", False),
        (lambda talk, stream: talk.reset_stream(stream, 7), "UNAVAILABLE", "RST_STREAM with the code 7", False),
        (lambda talk, stream: talk.reset_stream(stream, 2), "INTERNAL", "RST_STREAM with the code 2", False),
        (lambda talk, stream: talk.close_connection(11, last_stream_id=0), "UNAVAILABLE",
         "the server went away (GOAWAY) before it took the call", False),
    ],
)  # fmt: skip
def test_how_a_call_can_end(library: GrpcLibrary, answer: Any, code: str, message: str, said: bool) -> None:
    with serving(answer) as seen:
        library.connect_to_grpc("odd", seen.address, carrier="http2")
        told = library.call_grpc("odd", ECHO)
    assert (told.code, told.message, told.said) == (code, message, said)


def test_a_connection_that_was_left_is_made_anew(library: GrpcLibrary) -> None:
    def leave(talk: H2Connection, stream: int) -> None:
        good(talk, stream)
        talk.close_connection()

    with serving(leave) as seen:
        library.connect_to_grpc("odd", seen.address, carrier="http2")
        for _ in range(2):
            library.grpc_should_succeed(library.call_grpc("odd", ECHO))
    assert len(seen.callers) == 2


def test_a_server_of_something_else_is_told(library: GrpcLibrary) -> None:
    import http.server
    import threading

    other = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        library.connect_to_grpc("http", f"127.0.0.1:{other.server_address[1]}", carrier="http2")
        with pytest.raises(Unreachable, match="it does not speak HTTP/2"):
            library.call_grpc("http", ECHO)
    finally:
        other.shutdown()
        other.server_close()


def test_grpcio_cannot_choose_where_calls_come_from() -> None:
    from assay.grpc.client import Client
    from assay.grpc.settings import Asking, Options, endpoint

    with pytest.raises(AssayError, match="use carrier=http2"):
        Client(endpoint("127.0.0.1:1", source="127.0.0.2"), Options()).unary("/a.B/C", b"", Asking())
