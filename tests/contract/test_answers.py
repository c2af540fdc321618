"""Answers judged one against another and for what they must not tell."""

from __future__ import annotations

import contextlib
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


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{"status":"ready","checks":{"postgres":"up","redis" : "up"}}', True),
        ('{"checks":{"postgres":"postgres at db.internal"}}', False),
        ('{"checks":{"postgres":"connect to 10.0.0.7:5432 failed"}}', False),
        ('{"checks":{"sqlalchemy":"up"}}', False),
    ],
)
def test_names_that_are_promised_tell_nothing_but_what_stands_there_may(
    monkeypatch: pytest.MonkeyPatch, text: str, holds: bool
) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(url=lambda _: "http://127.0.0.1:9"))
    monkeypatch.setattr(ContractLibrary, "current", lambda: run)
    with contextlib.nullcontext() if holds else pytest.raises(Unmet, match="nothing of the inside"):
        LIBRARY.should_tell_nothing_of_the_inside(answer(text=text), "postgres", "redis")
