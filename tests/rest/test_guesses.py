"""Where people may not be locked out, no table sends wrong passwords, and the log says so."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import assay.FuzzLibrary as fuzz_module
import assay.RestLibrary as rest_module
import pytest
from assay.core.tolerance import HARMLESS, LOCKOUTS
from assay.rest import guesses
from assay.rest.cases import Case
from assay.rest.positions import known

PERSON = {"email": "ann@people.test", "password": "long enough"}
STAGING = frozenset({"auth.password", "auth.signup", "auth.refresh", "auth.problems", "auth.fuzzing"})


def sent(monkeypatch: pytest.MonkeyPatch, capabilities: frozenset[str]) -> tuple[list[Case], list[str]]:
    """The rows of the hostile words in a log-in, and what the log says."""
    rows: list[Case] = []
    said: list[str] = []

    def make(name: str) -> Mapping[str, Any]:
        return PERSON

    run = SimpleNamespace(platform=SimpleNamespace(capabilities=capabilities))
    monkeypatch.setattr(rest_module, "current", lambda: run)
    monkeypatch.setattr(rest_module, "_make", make)
    monkeypatch.setattr(rest_module, "known", lambda service: {"logIn": known("auth")["logIn"]})
    monkeypatch.setattr("robot.api.logger.info", said.append)
    monkeypatch.setattr(rest_module, "run", lambda title, cases, caller: rows.extend(cases))
    rest_module.RestLibrary().hostile_texts_should_be_harmless("auth", "words")
    return rows, said


def test_no_table_sends_wrong_passwords_where_people_may_not_be_locked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, said = sent(monkeypatch, STAGING)
    wrong = [
        row
        for row in rows
        if row.request["password"] != PERSON["password"] and row.expects != "invalid-request"
    ]
    assert len(wrong) <= HARMLESS
    assert any("device_id" in row.name for row in rows)
    assert said == [f"Left out, since the target does not tolerate {LOCKOUTS}: wrong passwords of auth.logIn"]


def test_tables_send_wrong_passwords_where_that_is_tolerated(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, said = sent(monkeypatch, STAGING | {LOCKOUTS})
    assert len([row for row in rows if row.expects == "invalid-credentials"]) > HARMLESS
    assert not said


def test_no_requests_are_drawn_for_what_asks_for_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    run = SimpleNamespace(platform=SimpleNamespace(capabilities=STAGING))
    monkeypatch.setattr(fuzz_module, "current", lambda: run)
    there = [known("auth")[name] for name in ("logIn", "changePassword", "deleteAccount", "refreshToken")]
    kept = fuzz_module._without_guesses(there)
    assert [one.operation for one in kept] == ["auth.refreshToken"]
    assert not any(guesses.guesses(one, STAGING | {LOCKOUTS}) for one in there)
