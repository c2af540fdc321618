"""Answers over gRPC in the contract's words, and documents with their digits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from assay.core import rpc
from assay.evidence.exchange import Exchange
from assay.evidence.expect import Unmet
from assay.grpc.answers import GrpcAnswer
from assay.http.answers import Headers, Response
from assay.store import grpcdoors
from assay.store.answered import tell_read, tell_write
from assay.store.answers import HTTP_STATUS, DoorAnswer, door_answer, refused_in_handshake
from assay.store.texts import text_at
from assay.StoreLibrary import StoreLibrary
from robot.api.types import Secret

LIBRARY = StoreLibrary()
STORE = rpc.of("store", None, Path(__file__).parent)


def answer(operation: str, code: str = "OK", **more: object) -> DoorAnswer:
    told = GrpcAnswer("store.v1.Store/Process", code, **more)  # type: ignore[arg-type]
    return door_answer(STORE.spelled(operation), told, Exchange(operation, "grpc", "/"))


def rest(status: int, body: object = None, problem: str | None = None) -> Response:
    return Response("store.getEntity", status, Headers([]), body, "", problem, 0.0)


def test_a_document_comes_with_its_version_and_its_text() -> None:
    seen = answer("getEntity", bodies=[{"result": b'{"n": 1.10}', "version": "3"}])
    assert seen.succeeded and seen.status == 200 and seen.body == {"document": {"n": 1.1}, "version": 3}
    assert LIBRARY.text_of_the_document(seen) == '{"n": 1.10}'
    LIBRARY.should_be_the_document(seen, {"n": 1.1}, version=3)
    for document, version, told in (({"n": 2}, None, "the document"), ({"n": 1.1}, 4, "version 4")):
        with pytest.raises(Unmet, match=told):
            LIBRARY.should_be_the_document(seen, document, version)


def test_true_is_no_one_and_a_whole_number_no_fraction() -> None:
    for written, other in ((True, 1), (1, 1.0), ([1, 2], [1]), ({"a": None}, {})):
        seen = rest(200, {"document": {"v": written}})
        LIBRARY.should_be_the_document(seen, {"v": written})
        with pytest.raises(Unmet):
            LIBRARY.should_be_the_document(seen, {"v": other})


@pytest.mark.parametrize(
    ("code", "message", "reason", "problem"),
    [
        ("NOT_FOUND", "", None, "not-found"),
        ("NOT_FOUND", "", "no-such-schema", "no-such-schema"),
        ("DATA_LOSS", "", None, "tampered"),
        ("INTERNAL", "", None, None),
    ],
)
def test_a_refusal_has_the_name_that_it_tells_or_that_its_code_means(
    code: str, message: str, reason: str | None, problem: str | None
) -> None:
    details = [{"reason": reason, "domain": "store"}] if reason else []
    seen = answer("getEntity", code, message=message, details=details)
    assert not seen.succeeded and seen.problem == problem and seen.status == HTTP_STATUS[code]
    assert code in seen.summary()


def test_credentials_are_secrets() -> None:
    seen = answer("subscribe", bodies=[{"token": "of-a-worker", "wrapped_key": b"x", "key_id": "k"}])
    assert isinstance(seen.body["token"], Secret) and seen.body["wrapped_key"] == b"x"


def test_a_refused_handshake_is_a_refusal_of_the_certificate() -> None:
    told = refused_in_handshake("store.v1.Store/Subscribe", "certificate required")
    seen = door_answer(STORE.spelled("subscribe"), told, Exchange("subscribe", "subscription", "/"))
    assert seen.problem == "invalid-certificate"


def test_messages_of_a_stream_are_read_as_their_operation_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = SimpleNamespace(rpc=lambda _: STORE)
    monkeypatch.setattr(grpcdoors, "current", lambda: SimpleNamespace(platform=platform))
    streams = [
        GrpcAnswer("store.v1.Store/ProcessEach", "OK", bodies=[{"status": one} for one in statuses])
        for statuses in (["OK", "NOT_FOUND"], ["OK"])
    ]
    assert LIBRARY.said_in_each_message("processEach", "status", *streams) == ["OK", "NOT_FOUND", "OK"]


def test_codes_verdicts_and_versions_are_judged() -> None:
    gone = answer("getEntity", "NOT_FOUND")
    LIBRARY.code_should_be(gone, "NOT_FOUND")
    with pytest.raises(Unmet, match="to end with OK, saw '?NOT_FOUND"):
        LIBRARY.code_should_be(gone, "OK")
    with pytest.raises(Unmet, match="saw '?HTTP 404"):
        LIBRARY.code_should_be(rest(404), "NOT_FOUND")
    LIBRARY.verdicts_should_agree(rest(404, problem="not-found"), gone)
    with pytest.raises(Unmet, match="the verdict of REST over gRPC, done, saw '?not-found"):
        LIBRARY.verdicts_should_agree(rest(200), gone)
    with pytest.raises(Unmet, match="ErrorInfo with the reason not-found"):
        LIBRARY.should_name_its_problem(gone, "not-found")
    named = answer("getEntity", "NOT_FOUND", details=[{"reason": "not-found", "domain": "store"}])
    LIBRARY.should_name_its_problem(named, "not-found")
    LIBRARY.version_should_be(2, 2)
    LIBRARY.version_should_be_above(3, 2)
    for seen in (None, 3):
        with pytest.raises(Unmet, match="version 2"):
            LIBRARY.version_should_be(seen, 2)
    with pytest.raises(Unmet, match="a version above 2"):
        LIBRARY.version_should_be_above(2, 2)
    assert LIBRARY.version_of(rest(200, {"versions": {"a": 1, "b": 4}}), "b") == 4
    with pytest.raises(Unmet, match="a version, a whole number"):
        LIBRARY.version_of(rest(200, {}))


def test_exactly_one_of_many_is_done() -> None:
    refused = rest(412, problem="stale-version")
    assert LIBRARY.one_should_have_succeeded([refused, rest(200), refused], "stale-version") == 1
    with pytest.raises(Unmet, match="one of the calls to succeed, saw '?2 of 2"):
        LIBRARY.one_should_have_succeeded([rest(200), rest(200)], "stale-version")
    with pytest.raises(Unmet, match="refused as stale-version"):
        LIBRARY.one_should_have_succeeded([rest(200), rest(500)], "stale-version")


def test_one_of_some_documents_or_none() -> None:
    old, new = {"n": 1}, {"n": 2}
    LIBRARY.should_be_one_of_the_documents(rest(200, {"document": new}), [old, new])
    LIBRARY.should_be_one_of_the_documents(rest(404, problem="not-found"), [old, None])
    for seen, documents in (
        (rest(200, {"document": {"n": 3}}), [old, new]),
        (rest(404, problem="not-found"), [old, new]),
        (rest(500), [old, None]),
        (rest(200, {"document": old}), [None]),
    ):
        with pytest.raises(Unmet):
            LIBRARY.should_be_one_of_the_documents(seen, documents)


def test_what_stands_at_a_place_keeps_its_digits() -> None:
    assert text_at('{"document": {"n": 1.10}, "version": 1}', "/document") == '{"n":1.10}'
    assert text_at(" 1.10", "/") == " 1.10"


def test_an_answer_that_does_not_tell_whether_it_was_done_is_unknown() -> None:
    from assay.core.histories import History

    history = History()
    for one in (rest(200, {"versions": {"a": 5}}), rest(503), answer("putEntity", "INTERNAL"), rest(412)):
        with history.operation("ann", "write", "a", 1) as recording:
            tell_write(recording, one)
    assert [one.outcome for one in history] == ["ok", "unknown", "unknown", "failed"]
    assert history.operations[0].version == 5
    for one in (
        rest(200, {"document": {"value": 7}, "version": 2}),
        rest(404, problem="not-found"),
        rest(500),
    ):
        with history.operation("ann", "read", "a") as recording:
            tell_read(recording, one, "value")
    assert [(one.outcome, one.seen) for one in history.operations[4:]] == [
        ("ok", 7),
        ("ok", None),
        ("failed", None),
    ]
