"""Answers judged one against another and for what they must not tell."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import Any

import pytest
from assay import ContractLibrary
from assay.evidence.expect import Unmet

LIBRARY = ContractLibrary.ContractLibrary()


def answer(status: int = 200, text: str = "", problem: str | None = None, **headers: str) -> Any:
    return SimpleNamespace(
        status=status,
        text=text,
        problem=problem,
        succeeded=status < 300,
        operation="auth.getReadiness",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        summary=lambda: f"{status} {problem}",
    )


WON, LOST, BROKEN = answer(), answer(401, problem="invalid-refresh-token"), answer(500)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([WON, LOST, LOST], None),
        ([LOST, LOST], None),
        ([WON, WON, LOST], "at most one of 3"),
        ([LOST, BROKEN], "2: 500"),
        ([WON, answer(401, problem="invalid-token")], "2: 401 invalid-token"),
    ],
)
def test_of_several_one_may_succeed_and_the_others_are_refused_for_that(
    answers: list[Any], told: str
) -> None:
    with contextlib.nullcontext() if told is None else pytest.raises(Unmet, match=told):
        LIBRARY.at_most_one_should_succeed(answers, others="invalid-refresh-token")


def test_each_succeeds_or_is_refused_for_that() -> None:
    LIBRARY.each_should_succeed_or_be_refused_as([WON, LOST, WON], "invalid-refresh-token")
    with pytest.raises(Unmet, match="2: 500"):
        LIBRARY.each_should_succeed_or_be_refused_as([WON, BROKEN], "invalid-refresh-token")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{"status":"ready","checks":{"database":"up","session-store" : "up"}}', True),
        ('{"checks":{"postgres":"up"}}', False),
        ('{"checks":{"database":"connect to 10.0.0.7:5432 failed"}}', False),
        ('{"checks":{"sqlalchemy":"up"}}', False),
    ],
)
def test_an_answer_that_names_a_product_or_an_inner_address_tells_of_the_inside(
    monkeypatch: pytest.MonkeyPatch, text: str, holds: bool
) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(url=lambda _: "http://127.0.0.1:9"))
    monkeypatch.setattr(ContractLibrary, "current", lambda: run)
    with contextlib.nullcontext() if holds else pytest.raises(Unmet, match="nothing of the inside"):
        LIBRARY.should_tell_nothing_of_the_inside(answer(text=text))


def problem(detail: str = "Wrong.", text: str = "", **more: Any) -> Any:
    document = {"type": "urn:x", "detail": detail, **{k: v for k, v in more.items() if k.islower()}}
    made = answer(401, text or json.dumps(document), "invalid-token")
    made.document = document
    made.headers = {
        "Content-Type": "application/problem+json; charset=utf-8",
        "Content-Length": str(len(made.text)),
        **{name.replace("_", "-"): value for name, value in more.items() if not name.islower()},
    }
    return made


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (problem(instance="/e/1"), problem(instance="/e/200")),
        (problem(trace_id="a1"), problem(trace_id="b22")),
        (
            problem(CF_Ray="1-AMS", X_Amzn_Trace_Id="Root=1"),
            problem(CF_Ray="2-FRA", X_Amzn_Trace_Id="Root=2"),
        ),
        (problem(RateLimit_Remaining="9"), problem(RateLimit_Remaining="8")),
        (problem(RateLimit="limit=9, remaining=9"), problem(RateLimit="limit=9, remaining=8")),
    ],
)
def test_what_names_one_answer_makes_no_difference(one: Any, other: Any) -> None:
    LIBRARY.should_look_alike(one, other)


def page(text: str, session: str) -> Any:
    text = f'<html><script>x("{session}")</script><form action="/in?code={session}">{text}</form></html>'
    return answer(200, text, Content_Type="text/html;charset=utf-8", Content_Length=str(len(text)))


def test_of_a_page_counts_what_is_read() -> None:
    LIBRARY.should_look_alike(page("Wrong name or password.", "a1"), page("Wrong name or password.", "b22"))
    with pytest.raises(Unmet, match="the same body"):
        LIBRARY.should_look_alike(page("Wrong name or password.", "a1"), page("Wrong password.", "a1"))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (problem(), problem("Wrong password."), "the same body"),
        (problem(instance="/e/1"), problem(), "the same body"),
        (problem(instance="/e/1", code="a"), problem(instance="/e/1", code="b"), "the same body"),
        (problem(), problem(text='{"detail": "Wrong.", "type": "urn:x"}'), "the same body"),
        (problem(RateLimit_Limit="9"), problem(RateLimit_Limit="90"), "the same headers"),
        (problem(X_Account="1"), problem(), "the same headers"),
        (answer(200, '{"instance": "a"}'), answer(200, '{"instance": "b"}'), "the same body"),
        (answer(401), answer(403), "the same status"),
    ],
)
def test_everything_else_does(one: Any, other: Any, told: str) -> None:
    with pytest.raises(Unmet, match=told):
        LIBRARY.should_look_alike(one, other)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([WON, LOST, LOST], None),
        ([LOST, LOST], "exactly one"),
        ([WON, WON], "exactly one"),
        ([WON, BROKEN], "refused by name"),
    ],
)
def test_of_several_exactly_one_succeeds(answers: list[Any], told: str) -> None:
    with contextlib.nullcontext() if told is None else pytest.raises(Unmet, match=told):
        LIBRARY.exactly_one_should_succeed(answers)


def test_what_the_contract_promises_can_be_asked() -> None:
    assert "users:manage" in LIBRARY.promised_by_the_contract("auth", "Role", "x-permissions")["admin"]
