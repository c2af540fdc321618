"""What the keywords for answers and tables hold, and what they say when it does not."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from assay.core.errors import AssayError, NoAnswer
from assay.core.rows import Row
from assay.evidence import live
from assay.evidence.exchange import exchange_table
from assay.evidence.expect import Unmet
from assay.grpc.answers import GrpcAnswer
from assay.grpc.evidence import exchange, show_many
from assay.GrpcLibrary import GrpcLibrary
from robot.api.types import Secret

PROTO = Path(__file__).parent / "protos" / "kinds.proto"
GUARDED = "tests.Odd/Guarded"
GOOD = Row("the good token", {"token": Secret("good")}, accepted=True)
BAD = [
    Row("none", {}),
    Row("another", {"token": Secret("evil-token")}),
    Row("odd", {"authorization": "Basic x"}),
]


@pytest.fixture
def guarded(standard: str, library: GrpcLibrary) -> GrpcLibrary:
    library.connect_to_grpc("odd", standard, protos=[PROTO])
    return library


def answered(code: str = "OK", message: str = "", **more: Any) -> GrpcAnswer:
    return GrpcAnswer("a.B/C", code, message, where="here:1", **more)


def test_a_success_gives_its_body() -> None:
    assert GrpcLibrary().grpc_should_succeed(answered(bodies=[{"a": 1}])) == {"a": 1}
    with pytest.raises(Unmet, match=r"Expected a.B/C to succeed, saw NOT_FOUND: no such thing \(here:1\)\."):
        GrpcLibrary().grpc_should_succeed(answered("NOT_FOUND", "no such thing"))


def test_each_of_many_must_succeed() -> None:
    GrpcLibrary().grpc_should_succeed([answered(), answered()])
    with pytest.raises(Unmet, match=r"all 3 calls of a.B/C to succeed, saw 1 did not: call 2: ABORTED"):
        GrpcLibrary().grpc_should_succeed([answered(), answered("ABORTED"), answered()])
    with pytest.raises(AssayError, match="given no answers"):
        GrpcLibrary().grpc_should_succeed([])


@pytest.mark.parametrize("codes", ["NOT_FOUND", "not found", "ABORTED, NOT_FOUND"])
def test_a_failure_has_the_code(codes: str) -> None:
    GrpcLibrary().grpc_should_fail_with(answered("NOT_FOUND", "no such thing"), codes, "such")


@pytest.mark.parametrize(
    ("answer", "message", "seen"),
    [
        (answered(), None, "refused as NOT_FOUND, saw OK"),
        (answered("INTERNAL", "boom"), None, "refused as NOT_FOUND, saw INTERNAL: boom"),
        (answered("NOT_FOUND", "boom"), "such", "with a message like 'such', saw boom"),
        (
            answered("NOT_FOUND", said=False),
            None,
            "by the server itself, saw NOT_FOUND .the server said nothing",
        ),
    ],
)
def test_another_failure_is_told(answer: GrpcAnswer, message: str | None, seen: str) -> None:
    with pytest.raises(Unmet, match=seen):
        GrpcLibrary().grpc_should_fail_with(answer, "NOT_FOUND", message)


@pytest.mark.parametrize(
    ("code", "told"), [("NOTFOUND", "did you mean 'NOT_FOUND'"), ("OK", "a code other than OK"), ("", "OK")]
)
def test_a_code_that_is_none_is_told(code: str, told: str) -> None:
    with pytest.raises(AssayError, match=told):
        GrpcLibrary().grpc_should_fail_with(answered("NOT_FOUND"), code)


def test_a_table_whose_rows_are_refused_holds(guarded: GrpcLibrary) -> None:
    live.take_counts()
    guarded.call_each_grpc_row("odd", GUARDED, [*BAD, GOOD], "UNAUTHENTICATED", message={"nick": "n"})
    assert live.take_counts().rows == 4


def test_a_row_that_is_let_in_is_named(guarded: GrpcLibrary) -> None:
    rows = [*BAD, GOOD, Row("let in", {"headers": {"authorization": "Bearer good"}})]
    with pytest.raises(Unmet, match="1 of 5 rows otherwise: let in: OK") as found:
        guarded.call_each_grpc_row("odd", GUARDED, rows)
    assert found.value.failed_rows == ["let in"]


def test_what_a_control_is_answered_with_can_be_expected(guarded: GrpcLibrary) -> None:
    for nick in ("n", "m"):
        rows = [*BAD, Row("told", {"token": Secret("good")}, accepted=True, answer={"nick": nick})]
        with pytest.raises(Unmet, match="told: OK without the right nick") if nick == "m" else nullcontext():
            guarded.call_each_grpc_row("odd", GUARDED, rows, message={"nick": "n"})


def test_a_row_with_another_code_is_named(guarded: GrpcLibrary) -> None:
    with pytest.raises(
        Unmet, match="refused as PERMISSION_DENIED, saw 3 of 4 rows otherwise: none: UNAUTHENTICATED"
    ):
        guarded.call_each_grpc_row("odd", GUARDED, [*BAD, GOOD], "PERMISSION_DENIED")


def test_a_control_that_is_refused_is_told_first(guarded: GrpcLibrary) -> None:
    control = Row("control", {"token": Secret("no-good")}, accepted=True)
    with pytest.raises(
        Unmet, match="the control rows of tests.Odd/Guarded to be accepted, saw control: UNAUTH"
    ):
        guarded.call_each_grpc_row("odd", GUARDED, [*BAD, control])


def test_a_table_without_a_control_shows_nothing(guarded: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match="no control row"):
        guarded.call_each_grpc_row("odd", GUARDED, BAD)


def test_a_table_at_a_server_that_is_down_is_no_expectation(library: GrpcLibrary) -> None:
    library.connect_to_grpc("none", "127.0.0.1:1", protos=[PROTO])
    with pytest.raises(NoAnswer):
        library.call_each_grpc_row("none", GUARDED, [*BAD, GOOD])


def test_every_call_is_counted_once(guarded: GrpcLibrary) -> None:
    live.take_counts()
    guarded.call_grpc("odd", "tests.Odd/Echo", {})
    guarded.call_grpc_many("odd", "tests.Odd/Echo", times=30, message={})
    stream = guarded.open_grpc_stream("odd", "tests.Odd/Echo")
    guarded.send_on_grpc_stream(stream, {})
    guarded.grpc_stream_should_end_with(stream)
    guarded.grpc_stream_should_end_with(stream)
    counts = live.take_counts()
    assert (counts.exchanges, counts.rows) == (32, 30)
    assert counts.exchange_seconds > 0


@pytest.mark.parametrize("given", [{}, {"times": 2, "messages": [b""]}, {"messages": []}])
def test_many_calls_need_to_be_said_in_one_way(guarded: GrpcLibrary, given: dict[str, Any]) -> None:
    with pytest.raises(AssayError, match="Call Grpc Many"):
        guarded.call_grpc_many("odd", "tests.Odd/Echo", **given)


def test_after_the_half_close_nothing_can_be_sent(guarded: GrpcLibrary) -> None:
    stream = guarded.open_grpc_stream("odd", "tests.Odd/Echo")
    guarded.half_close_grpc_stream(stream)
    with pytest.raises(AssayError, match="half closed"):
        guarded.send_on_grpc_stream(stream, {})
    guarded.cancel_grpc_stream(stream)


def test_ways_that_exclude_each_other_are_told(library: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match="not from both"):
        library.connect_to_grpc("a", "127.0.0.1:1", protos=[PROTO], reflection=True)


@pytest.mark.parametrize(
    ("code", "colour"), [("OK", "46,160,67"), ("NOT_FOUND", "210,153,34"), ("INTERNAL", "218,54,51")]
)
def test_a_call_is_shown_as_exchanges_are(code: str, colour: str) -> None:
    answer = answered(code, "<why>", bodies=[{"big": 7, "sealed": b"\1" * 200}], raw=[b"x"], seconds=0.02)
    secret = Secret("a-field-that-nobody-may-see")
    shown = exchange_table(
        exchange(answer, {"nick": "n", "door": secret}, {"authorization": secret}, "store")
    )
    assert f"{colour},.2" in shown and f"<b>{code}</b>" in shown
    assert "a.B/C" in shown and "store" in shown and "20 ms" in shown and "(200 bytes)" in shown
    assert "&lt;why&gt;" in shown and "nobody-may-see" not in shown


def test_many_calls_are_one_table_with_those_that_failed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("robot.api.logger.write", lambda text, *_: written.append(text))
    answers = [*(answered(bodies=[{}]) for _ in range(40)), answered("ABORTED", "lost the race")]
    show_many(answers, [{}] * 41, None, "store")
    (table,) = written
    assert "a.B/C, 41 calls: 40 OK, 1 ABORTED (21 more are not shown)" in table
    assert table.count("<details>") >= 20 and "lost the race" in table
    assert table.index("ABORTED</td>") < table.index("OK</td>")
