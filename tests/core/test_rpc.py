"""How operations are spelled over gRPC, by the contract and by a dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.core import rpc
from assay.core.errors import AssayError, TargetError
from assay.core.rpc import Part

HERE = Path(__file__).parent
SMALL = """
service: store
operations: {}
grpc:
  codec: json
  token: {field: token}
  problems: {tampered: [{code: INTERNAL, matches: broken}, {code: DATA_LOSS}]}
  operations:
    getEntity: {fields: {key: name}, answer: {version: "number:revision"}, constants: {schema: none}}
"""


def dialect(folder: Path, text: str) -> rpc.Rpc:
    (folder / "small.yaml").write_text(text, "utf-8")
    return rpc.of("store", "small.yaml", folder)


def test_the_contract_is_the_spelling_of_whoever_has_no_dialect() -> None:
    told = rpc.of("store", None, HERE)
    assert told.codec == "protobuf" and told.token == {"metadata": "authorization", "before": "Bearer "}
    one = told.spelled("getEntity")
    assert one.method == "store.v1.Store/Process" and one.send == {"operation": "GET"}
    assert one.fields["key"] == Part("entity_key") and one.answer["document"] == Part("result", "json")
    each = told.spelled("putEntities").each
    assert each is not None and (each.of, each.key, each.value) == (
        "documents",
        "entity_key",
        Part("payload", "json"),
    )


def test_a_dialect_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    told = dialect(tmp_path, SMALL)
    assert told.codec == "json" and told.token == {"field": "token"}
    one = told.spelled("getEntity")
    assert one.fields == {"schema_id": Part("schema_id"), "key": Part("name")}
    assert one.answer["version"] == Part("revision", "number") and one.answer["document"] == Part(
        "result", "json"
    )
    assert one.constants == {"schema": "none"}
    first, second, *_ = [each for each in one.refused if each.problem == "tampered"]
    assert (first.code, first.matches, second.code) == ("INTERNAL", "broken", "DATA_LOSS")
    assert told.spelled("deleteEntity").method == "store.v1.Store/Process"


def test_a_stream_of_operations_is_spelled_as_any_operation_is(tmp_path: Path) -> None:
    assert rpc.of("store", None, HERE).spelled("processEach").method == "store.v1.Store/ProcessEach"
    own = "    processEach: {method: our.Store/Exchange, answer: {status: code}}\n"
    one = dialect(tmp_path, SMALL + own).spelled("processEach")
    assert one.method == "our.Store/Exchange" and one.answer == {"status": Part("code")}


def test_a_product_with_messages_of_its_own_has_the_methods_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "own.proto").write_text('syntax = "proto3";', "utf-8")
    told = dialect(tmp_path, SMALL.replace("  codec: json", "  proto: own.proto"))
    assert told.proto == tmp_path / "own.proto" and list(told.operations) == ["getEntity"]
    with pytest.raises(AssayError, match="store.putEntity is not called over gRPC .*accepted: getEntity"):
        told.spelled("putEntity")


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("getEntity:", "getEntitiy:", 9, "unknown operation 'getEntitiy' (did you mean 'getEntity'?)"),
        ("fields: {key:", "fields: {kee:", 9, "unknown field of getEntity 'kee'"),
        ("codec: json", "proto: none.proto", 5, "grpc.proto names no file: none.proto"),
        ("codec: json", "codec: xml", 5, "xml"),
        ("code: DATA_LOSS", "code: LOST", 7, "LOST"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    with pytest.raises(TargetError) as seen:
        dialect(tmp_path, SMALL.replace(old, new))
    assert what in str(seen.value) and f"small.yaml:{line}:" in str(seen.value)


def test_documents_go_in_and_come_out_as_json() -> None:
    part = Part.read("json:payload")
    assert part.name == "payload" and part.written({"a": "ä"}) == '{"a":"ä"}'.encode()
    assert part.written(b"{}") == b"{}", "what is given as it is to be sent is sent so"
    assert part.read_back(b'{"a": 1}') == {"a": 1} and part.read_back(b"") is None
    assert Part.read("number:n").written("7") == 7 and Part.read("number:n").read_back("7") == 7
    assert Part.read("number:n").read_back("v7") == "v7" and Part.read("plain").written("x") == "x"
