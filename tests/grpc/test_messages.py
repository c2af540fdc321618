"""Dictionaries to messages and back, in protobuf and in JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.evidence.redact import redact
from assay.grpc import descriptors
from assay.grpc.codecs import codec
from assay.grpc.descriptors import Method, NoDescriptors
from assay.grpc.messages import kept_secret
from assay.grpc.protos import ProtoFiles
from robot.api.types import Secret

PROTOS = Path(__file__).parent / "protos"
FULL: dict[str, Any] = {
    "big": 2**53 + 1,
    "wrapped_key": b"\0\xff\x10",
    "colour": "RED",
    "inners": [{"name": "a", "sealed": b"\1"}, {"name": "b", "sealed": b""}],
    "parts": {"x": b"\2\3"},
    "nick": "",
    "inner": {"name": "c", "sealed": b"\4"},
    "at": "2026-01-02T03:04:05Z",
    "free": {"a": [1.0, None]},
    "right": 0,
    "ratio": 0.5,
    "on": True,
    "numbers": [1, 2],
}  # fmt: skip


def echo(name: str = "tests.Odd/Echo") -> Method:
    return descriptors.method(ProtoFiles([PROTOS / "kinds.proto"]), name)


@pytest.mark.parametrize("name", ["protobuf", "json", "json-named-proto"])
def test_a_message_comes_back_as_it_was_given(name: str) -> None:
    one, method = codec(name), echo()
    assert one.read(one.write(FULL, method), method) == FULL


@pytest.mark.parametrize("name", ["protobuf", "json"])
def test_what_was_not_sent_has_its_default_or_is_left_out(name: str) -> None:
    one, method = codec(name), echo()
    assert one.read(one.write({}, method), method) == {
        "big": 0, "wrapped_key": b"", "colour": "COLOUR_UNSPECIFIED", "inners": [], "parts": {}, "ratio": 0.0,
        "on": False, "numbers": [],
    }  # fmt: skip


def test_json_has_the_names_of_the_proto_and_bytes_in_base64() -> None:
    written = codec("json").write({"wrapped_key": b"\xfb\xff", "inner": {"sealed": b"\1"}}, echo())
    assert json.loads(written) == {"wrapped_key": "+/8=", "inner": {"sealed": "AQ=="}}


def test_members_that_the_proto_does_not_know_stay() -> None:
    assert codec("json").read(b'{"big": 1, "surprise": {"a": 2}}', echo())["surprise"] == {"a": 2}


@pytest.mark.parametrize(
    ("value", "texts", "seen"),
    [
        ("AQI=", "base64", b"\1\2"),
        ("plain text", "utf-8", b"plain text"),
        (Secret("AQI="), "base64", b"\1\2"),
        (Secret("a key of some kind"), "utf-8", b"a key of some kind"),
        (b"\1\2", "utf-8", b"\1\2"),
    ],
)
@pytest.mark.parametrize("name", ["protobuf", "json"])
def test_bytes_are_given_as_told(name: str, value: Any, texts: Any, seen: bytes) -> None:
    one, method = codec(name), echo()
    assert one.read(one.write({"wrapped_key": value}, method, texts), method)["wrapped_key"] == seen


def test_secrets_are_opened_and_concealed() -> None:
    secret = "correct horse battery"
    written = codec("protobuf").write({"inner": {"name": Secret(secret)}}, echo())
    assert secret.encode() in written
    assert secret not in redact(f"name={secret}")


@pytest.mark.parametrize("name", ["protobuf", "json"])
def test_a_secret_that_was_put_into_a_text_is_not_sent(name: str) -> None:
    with pytest.raises(AssayError, match="a Secret was put into a text"):
        codec(name).write({"nick": f"Bearer {Secret('x')}"}, echo())


def test_fields_of_answers_come_as_secrets() -> None:
    body = kept_secret({"wrapped_key": b"0123456789", "inners": [{"name": "a"}]}, frozenset({"wrapped_key"}))
    assert isinstance(body["wrapped_key"], Secret)
    assert base64.b64decode(body["wrapped_key"].value) == b"0123456789"
    assert body["inners"] == [{"name": "a"}]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"bigg": 1}, "no message tests.Kinds: .*bigg"),
        ({"big": "many"}, "no message tests.Kinds: .*big"),
        ({"nick": b"x"}, "tests.Kinds.nick is no field of bytes"),
    ],
)
def test_what_the_proto_does_not_allow_is_told(message: dict[str, Any], told: str) -> None:
    with pytest.raises(AssayError, match=told):
        codec("protobuf").write(message, echo())


def test_without_descriptors_messages_are_bytes() -> None:
    method = descriptors.method(NoDescriptors(), "a.B/C")
    assert codec("protobuf").read(b"\1", method) == b"\1"
    assert codec("json").write({"a": b"\1"}, method) == b'{"a":"AQ=="}'
    with pytest.raises(AssayError, match="has no descriptor here; give the message as bytes"):
        codec("protobuf").write({"a": 1}, method)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tests.Od/Echo", r"no service 'tests.Od' \(did you mean 'tests.Odd'\?\)"),
        ("tests.Odd/Ecko", r"no method 'Ecko' \(did you mean 'Echo'\?\)"),
        ("Echo", "'Echo' names no method; write package.Service/Method"),
    ],
)
def test_names_that_nobody_knows_are_told_with_what_is_known(name: str, told: str) -> None:
    with pytest.raises(AssayError, match=told):
        echo(name)


def test_what_protoc_refuses_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "bad.proto").write_text('syntax = "proto3";\nmessage A {\n  strin a = 1;\n}\n')
    with pytest.raises(AssayError, match=r"protoc refuses bad\.proto: bad\.proto:3:3: .*strin"):
        ProtoFiles([tmp_path / "bad.proto"]).services()
    with pytest.raises(AssayError, match="there is no file"):
        ProtoFiles([tmp_path / "none.proto"])


def test_a_file_that_was_changed_is_compiled_again(tmp_path: Path) -> None:
    proto = tmp_path / "one.proto"
    text = 'syntax = "proto3";\npackage p;\nmessage A {}\nservice %s { rpc M(A) returns (A); }\n'
    proto.write_text(text % "First")
    source = ProtoFiles([proto])
    assert source.services() == ["p.First"]
    proto.write_text(text % "Second")
    assert source.services() == ["p.Second"]


def test_an_unknown_codec_is_told() -> None:
    with pytest.raises(AssayError, match="unknown codec 'jsn'.*did you mean 'json'"):
        codec("jsn")
