"""What tells of a person, in tables of several shapes."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from assay.record import traces
from assay.record.accounts import Table

ANN, BOB = "ann@people.test", "bob@people.test"
ONE, TWO = uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF), uuid.uuid4()
S1, S2 = uuid.uuid4(), uuid.uuid4()


def users(*rows: tuple[Any, ...]) -> Table:
    return Table("public.users", ["id", "email", "tenant_id"], list(rows))


def sessions(*rows: tuple[Any, ...]) -> Table:
    return Table("public.sessions", ["id", "user_id"], list(rows))


def tokens(*rows: tuple[Any, ...]) -> Table:
    return Table("public.tokens", ["hash", "session_id"], list(rows))


def ann(one: Any = ONE, two: Any = TWO) -> traces.Traces:
    tables = [
        users((one, ANN, 1), (two, BOB, 1)),
        sessions((S1, one), (S2, two)),
        tokens(("a", S1), ("b", S2)),
    ]
    return traces.of(tables, str(one), ANN, "Ann Person")


@pytest.mark.parametrize(("one", "two"), [(ONE, TWO), (7, 8)])
def test_the_ids_of_what_belongs_to_an_account_are_found(one: Any, two: Any) -> None:
    known = {(mark.table, mark.column) for mark in ann(one, two).marks}
    assert known >= {("public.users", "id"), ("public.sessions", "id")}
    assert "tenant_id" not in {mark.column for mark in ann(one, two).marks}


@pytest.mark.parametrize(("one", "two"), [(ONE, TWO), (7, 8)])
def test_a_row_that_was_left_is_found_by_its_id(one: Any, two: Any) -> None:
    left = ann(one, two)
    assert list(left.in_table(tokens(("a", S1)))) == ["the id of public.sessions in public.tokens.session_id"]
    assert [what.rpartition(" ")[2] for what in left.in_table(sessions((uuid.uuid4(), one)))] == [
        "public.sessions.user_id"
    ]
    assert not list(left.in_table(tokens(("b", S2)))) and not list(left.in_table(users((two, BOB, 1))))


@pytest.mark.parametrize(
    "text",
    [
        f"to: {ANN}",
        ANN.upper(),
        json.dumps({"to": ANN}),
        ANN.encode().hex(),
        base64.b64encode(f"x{ANN}".encode()).decode(),
        "ann%40people.test",
    ],
)
def test_an_address_is_found_in_each_form(text: str) -> None:
    assert ann().in_text(text) == ["the address"]


@pytest.mark.parametrize("text", [str(ONE), ONE.hex, str(ONE).upper(), base64.b64encode(ONE.bytes).decode()])
def test_an_id_is_found_in_each_form(text: str) -> None:
    assert ann().in_text(text) == ["the account's id"]


def test_others_are_no_trace() -> None:
    assert ann().in_text(f"{BOB} {TWO} Bob Person {S1}") == []


def test_a_short_id_is_no_word() -> None:
    assert "the account's id" not in ann(7, 8).words


def test_what_stands_is_told_from_what_is_gone() -> None:
    left = ann()
    [session] = [mark for mark in left.marks if mark.table == "public.sessions" and mark.column == "id"]
    assert left.stands(session, [sessions((S1, ONE))])
    assert not left.stands(session, [sessions((S2, TWO))])
