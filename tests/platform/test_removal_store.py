"""What tests make on a store that stays: schemas with all that is in them, keys and workers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from assay.core import ledger, run, target
from assay.core.ledger import Ledger
from assay.core.platform import Platform
from assay.core.root import Root
from assay.core.run import Run
from assay.platform.removal import Remover

TARGET = """\
name: staging
services: {store: {url: "http://127.0.0.1:9"}}
offers: [store.rest, store.schemas, store.api-keys, store.enrolment%s]
secrets: {admin_key: {env: STORE_ADMIN_KEY}}
"""
KEY = "the-key-of-the-administrator-1"
PAGE = 2


class Answer:
    """An answer as callers see it."""

    def __init__(self, status: int, body: Any = None) -> None:
        self.status, self.body, self.problem = status, body, None


class Store:
    """Schemas, entities and keys in memory; `stubborn` entities cannot be deleted."""

    def __init__(self) -> None:
        self.entities: dict[str, list[str]] = {"notes": ["a", "b", "c", "d", "e"]}
        self.schemas, self.keys, self.workers = {"notes"}, {"17"}, {"worker-9"}
        self.stubborn = ""

    def call(self, operation: str, fields: Mapping[str, Any]) -> Answer:
        name = operation.removeprefix("store.")
        if name == "logIn":
            return Answer(200, {"token": "t"}) if fields["key"].value == KEY else Answer(401)
        assert fields["token"] == "t"
        found = getattr(self, re.sub("([A-Z])", r"_\1", name).lower())(**{**fields, "token": None})
        assert isinstance(found, Answer)
        return found

    def list_entities(self, token: None, schema_id: str) -> Answer:
        listed = self.entities.get(schema_id)
        if listed is None:
            return Answer(404)
        return Answer(200, {"entities": [{"key": key, "version": 1} for key in listed[:PAGE]]})

    def delete_entity(self, token: None, schema_id: str, key: str) -> Answer:
        if key == self.stubborn:
            return Answer(500)
        self.entities[schema_id].remove(key)
        return Answer(204)

    def delete_schema(self, token: None, schema_id: str) -> Answer:
        return self._removed(self.schemas, schema_id)

    def revoke_api_key(self, token: None, id: str) -> Answer:
        return self._removed(self.keys, id)

    def remove_worker(self, token: None, worker_id: str) -> Answer:
        return self._removed(self.workers, worker_id)

    def _removed(self, things: set[str], name: str) -> Answer:
        if name not in things:
            return Answer(404)
        things.remove(name)
        return Answer(204)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ASSAY_LEFT", str(tmp_path / "left"))
    monkeypatch.setenv("STORE_ADMIN_KEY", KEY)
    return Store()


def removed(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = ", store.listing"
) -> list[str]:
    """What stays, after everything was made that the store holds and then removed."""
    path = folder / "staging.yaml"
    path.write_text(TARGET % more, "utf-8")
    platform = Platform(target.load(str(path)))
    visit = Run("k3f9a2bc", folder, platform.target, folder, [platform], Root(0, 0))
    monkeypatch.setattr(run, "_current", visit)
    book = visit.ledger
    assert isinstance(book, Ledger)
    book.before("store.putSchema", {"schema_id": "notes", "schema": {}}, "t", "A Suite")
    book.before("store.enrolWorker", {"worker_id": "worker-9"}, "t", "A Suite")
    book.after("store.createApiKey", {"name": "ann's"}, "t", {"id": "17", "secret": "s"}, True, "", "A Suite")
    things = list(reversed(book.made.values()))
    assert [str(one) for one in things] == [
        "api key of the store ann's (made by A Suite)",
        "worker worker-9 (made by A Suite)",
        "schema notes (made by A Suite)",
    ]
    return [f"{one.name}: {why}" for one, why in Remover(store.call, platform, book).remove_all(things)]


def test_everything_goes_page_by_page(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert removed(store, tmp_path, monkeypatch) == []
    assert store.entities == {"notes": []}
    assert not store.schemas | store.keys | store.workers


def test_what_has_gone_already_is_well(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.entities.clear()
    store.schemas.clear()
    store.keys.clear()
    assert removed(store, tmp_path, monkeypatch) == []


def test_a_schema_whose_entities_stay_stays_with_them(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.stubborn = "c"
    assert removed(store, tmp_path, monkeypatch) == [
        "notes: what is in it stays: store.deleteEntity was answered 500"
    ]
    assert store.schemas == {"notes"}
    assert [one.name for one in ledger.read("k3f9a2bc")] == ["notes"]


def test_entities_that_cannot_be_listed_are_told(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert removed(store, tmp_path, monkeypatch, "") == [
        "notes: what is in it stays: the target lacks store.listing"
    ]


def test_a_schema_that_a_test_removed_is_still_looked_into(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed(store, tmp_path, monkeypatch, "")
    book = run.current().ledger
    assert book is not None
    book.after("store.deleteSchema", {"schema_id": "notes"}, "t", None, True, "", "A Suite")
    assert [one.name for one in book.made.values()] == ["notes"]
