"""The keywords that look for what is left of a person."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from assay import RecordLibrary as module
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.record.accounts import Table
from assay.RecordLibrary import RecordLibrary

ID, SESSION = uuid.uuid4(), uuid.uuid4()
ANN = "ann@people.test"
AT_ONCE = timedelta(0)


class Stores:
    """Two tables and the keys of a session store."""

    def __init__(self) -> None:
        self.tables = [
            Table("users", ["id", "email"], [(ID, ANN)]),
            Table("sessions", ["id", "user_id"], [(SESSION, ID)]),
        ]
        self.keys: list[tuple[str, str]] = []

    def everything(self) -> Iterator[tuple[str, str]]:
        yield from (("rows", " ".join(map(str, row))) for table in self.tables for row in table.rows)
        yield from self.keys


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    made = Stores()
    monkeypatch.setattr(module, "_everything", made.everything)
    monkeypatch.setattr(module, "_tables", lambda: made.tables)
    return made


def traces(**also: Any) -> Any:
    return RecordLibrary().traces_of(str(ID), ANN, **also)


def test_what_stands_nowhere_cannot_be_looked_for(stores: Stores) -> None:
    with pytest.raises(AssayError, match="the name cannot be looked for"):
        traces(name="Ann Person")


def test_a_clean_store_passes_and_a_row_or_key_that_was_left_is_named(stores: Stores) -> None:
    left = traces()
    stores.tables = []
    RecordLibrary().no_trace_should_be_left(left, AT_ONCE)
    stores.keys = [("redis: deleted", f"deleted:{ID}")]
    with pytest.raises(Unmet, match="the account's id in redis: deleted"):
        RecordLibrary().no_trace_should_be_left(left, AT_ONCE)
    stores.keys, stores.tables = [], [Table("tokens", ["session_id"], [(SESSION,)])]
    with pytest.raises(Unmet, match=r"the id of sessions in tokens\.session_id"):
        RecordLibrary().no_trace_should_be_left(left, AT_ONCE)


def test_what_is_gone_of_somebody_who_stays_is_named(stores: Stores) -> None:
    kept = traces()
    RecordLibrary().every_trace_should_be_left(kept)
    stores.tables = stores.tables[:1]
    with pytest.raises(Unmet, match="no more the id of sessions"):
        RecordLibrary().every_trace_should_be_left(kept)
