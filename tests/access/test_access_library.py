"""The oracle of who may do what, and the tables that are made of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay.access import oracle
from assay.AccessLibrary import AccessLibrary
from assay.core import places
from assay.core.contract import Contract, contract
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet

LIBRARY = AccessLibrary()
SMALL = """
openapi: 3.1.0
security: []
paths:
  /open: {get: {operationId: open}}
  /me:
    delete: {operationId: leave, x-ends-account: true, security: [{bearer: []}]}
    get: {operationId: me, security: [{bearer: []}, {api_key: [read]}]}
  /all: {get: {operationId: all, security: [{bearer: [look]}, {api_key: [admin]}]}}
  /things/{thing_id}:
    parameters: []
    put:
      operationId: change
      security: [{bearer: []}]
      parameters: [{name: thing_id, in: path, required: true}, {name: why, in: query}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
components:
  schemas:
    Thing: {required: [name], properties: {name: {}, more: {}}}
    Scope: {x-holds: {read: [read], admin: [read, admin]}}
"""


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Contract]:
    (tmp_path / "small.openapi.yaml").write_text(SMALL)
    monkeypatch.setattr(places, "contracts", lambda: tmp_path)
    contract.cache_clear()
    yield contract("small")
    contract.cache_clear()


@pytest.mark.parametrize(
    ("operation", "way", "granted", "owed"),
    [
        ("open", None, None, oracle.LET_IN),
        ("open", "bearer", None, oracle.LET_IN),
        ("me", None, None, oracle.UNKNOWN),
        ("me", "bearer", [], oracle.LET_IN),
        ("me", "bearer", None, oracle.UNKNOWN),
        ("me", "api_key", ["write"], oracle.NOT_ALLOWED),
        ("me", "api_key", ["write", "read"], oracle.LET_IN),
        ("leave", "api_key", ["read"], oracle.UNKNOWN),
        ("all", "bearer", ["other"], oracle.NOT_ALLOWED),
        ("all", "bearer", ["look"], oracle.LET_IN),
        ("all", "api_key", ["look"], oracle.NOT_ALLOWED),
    ],
)
def test_what_is_owed_is_what_the_contract_says(
    operation: str, way: str | None, granted: list[str] | None, owed: str
) -> None:
    assert LIBRARY.decision_of_the_contract(f"small.{operation}", way, granted) == owed


def test_an_operation_that_the_contract_does_not_know_is_an_error_of_ours() -> None:
    with pytest.raises(AssayError, match="knows no operation close"):
        LIBRARY.decision_of_the_contract("small.close", None, None)


def test_every_operation_is_in_the_table_and_the_end_of_the_account_comes_last() -> None:
    told = LIBRARY.operations_of_the_contract("small")
    assert told == ["small.open", "small.me", "small.all", "small.change", "small.leave"]
    assert LIBRARY.operations_on_own_session("small") == ["small.leave", "small.change"]
    assert LIBRARY.operations_on_own_things("small") == ["small.change"]


def test_methods_that_are_not_there_are_told_by_path() -> None:
    told = LIBRARY.methods_that_are_not_in_the_contract("small")
    pairs = list(zip(told[::2], told[1::2], strict=True))
    assert ("small.open", "POST") in pairs and ("small.open", "GET") not in pairs
    assert {method for name, method in pairs if name in ("small.me", "small.leave")} == {
        "PUT",
        "POST",
        "PATCH",
    }


def test_fields_are_what_is_needed_and_what_is_meant_for_the_operation() -> None:
    things = {"thing_id": "1", "name": "all", "change.name": "own", "change.more": True, "me.name": "no"}
    assert LIBRARY.fields_for("small.change", **things) == {"thing_id": "1", "name": "own", "more": True}
    assert LIBRARY.fields_for("small.open", **things) == {}


def test_a_new_field_that_nobody_has_a_value_for_stops_the_table() -> None:
    with pytest.raises(AssayError, match="no value for name of small.change"):
        LIBRARY.fields_for("small.change", thing_id="1")


def test_ids_of_nothing_replace_ids_only() -> None:
    made = LIBRARY.with_ids_of_nothing(thing_id="1", name="a")
    assert made["name"] == "a" and len(made["thing_id"]) == 36
    assert LIBRARY.scopes_held_by("small", "read", "admin") == ["admin", "read"]


def answer(status: int, problem: str | None = None) -> Any:
    return SimpleNamespace(status=status, problem=problem, summary=lambda: str(status))


def test_answers_are_held_against_what_was_owed() -> None:
    right = [(oracle.LET_IN, 200), (oracle.LET_IN, 422), (oracle.UNKNOWN, 401), (oracle.NOT_ALLOWED, 403)]
    LIBRARY.every_answer_should_be_as_decided([("small.me", owed, answer(status)) for owed, status in right])


def test_a_refusal_of_what_was_asked_shows_that_one_was_let_in(small: Contract) -> None:
    assert oracle.decided(small, "me", 403, "wrong-code") == oracle.LET_IN
    assert oracle.decided(small, "me", 401, "invalid-challenge") == oracle.LET_IN
    assert oracle.decided(small, "me", 403, "insufficient-scope") == oracle.NOT_ALLOWED
    assert oracle.decided(small, "me", 401, "invalid-api-key") == oracle.UNKNOWN


@pytest.mark.parametrize("status", [302, 307, 405, 429, 500, 503])
def test_what_comes_before_any_decision_shows_none(small: Contract, status: int) -> None:
    assert oracle.decided(small, "change", status) is None
    assert oracle.decided(small, "change", status, "wrong-code") is None


def test_nothing_found_shows_a_decision_only_where_a_thing_is_named_in_the_path(small: Contract) -> None:
    assert oracle.decided(small, "change", 404, "not-found") == oracle.LET_IN
    assert oracle.decided(small, "me", 404, "not-found") is None


@pytest.mark.parametrize(
    ("owed", "status"),
    [
        (oracle.LET_IN, 401), (oracle.LET_IN, 403), (oracle.LET_IN, 503), (oracle.UNKNOWN, 403),
        (oracle.UNKNOWN, 200), (oracle.UNKNOWN, 500), (oracle.NOT_ALLOWED, 401), (oracle.NOT_ALLOWED, 404),
        (oracle.LET_IN, 302), (oracle.LET_IN, 404), (oracle.LET_IN, 405), (oracle.LET_IN, 429),
    ],
)  # fmt: skip
def test_another_decision_is_told_with_its_operation(owed: str, status: int) -> None:
    cells = [
        ("small.open", oracle.LET_IN, answer(200)),
        ("small.all", oracle.UNKNOWN, answer(401)),
        ("small.me", owed, answer(status)),
    ]
    with pytest.raises(Unmet, match=f"saw small.me is to be {owed}: {status}"):
        LIBRARY.every_answer_should_be_as_decided(cells)


def test_an_answer_that_shows_no_decision_is_told_as_that() -> None:
    cells = [("small.me", oracle.UNKNOWN, answer(401)), ("small.change", oracle.LET_IN, answer(429))]
    with pytest.raises(Unmet, match="small.change is to be let in: 429 shows no decision"):
        LIBRARY.every_answer_should_be_as_decided(cells)


def test_a_table_of_one_decision_alone_proves_nothing() -> None:
    for cells in ([], [("small.open", oracle.LET_IN, answer(200)), ("small.me", oracle.LET_IN, answer(200))]):
        with pytest.raises(AssayError, match="proves nothing"):
            LIBRARY.every_answer_should_be_as_decided(cells)


def test_an_operation_beyond_the_contract_is_told(small: Contract) -> None:
    def served(paths: Any) -> Any:
        return SimpleNamespace(document={"paths": paths}, operation="small.getContract")

    LIBRARY.no_operation_should_be_unknown_to_the_contract(served(small.document["paths"]), "small")
    more = {**small.document["paths"], "/open": {"get": {}, "post": {}}}
    with pytest.raises(Unmet, match="POST /open"):
        LIBRARY.no_operation_should_be_unknown_to_the_contract(served(more), "small")
    with pytest.raises(Unmet, match="none at all"):
        LIBRARY.no_operation_should_be_unknown_to_the_contract(served({}), "small")


@pytest.mark.parametrize("way", ["id", "email"])
def test_somebody_is_named_in_one_place_at_a_time(way: str) -> None:
    made = LIBRARY.requests_that_name(**{way: "7"})
    assert [len(one) for one in made] == [1] * len(made)
    places = [one.get("headers", one) for one in made]
    assert all(list(place.values()) == ["7"] for place in places) and len(places) > 5
