"""What a store is tried with is what it says, and each expectation is seen to hold and not to."""

from __future__ import annotations

import json
from urllib.request import urlopen

import jsonschema
import pytest
from assay.core import exactjson
from assay.core.errors import AssayError
from assay.document.names import DISGUISED, FORBIDDEN, TWINS
from assay.document.texts import EXACT
from assay.DocumentLibrary import DocumentLibrary
from assay.evidence.expect import Unmet

LIBRARY = DocumentLibrary()
KINDS = ["keywords", "patterns", "combinations", "references"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_rule_is_kept_by_the_good_document_and_broken_by_the_bad_ones(kind: str) -> None:
    rules = LIBRARY.rules_of_schemas(kind)
    assert rules
    for rule in rules:
        judge = jsonschema.Draft7Validator(rule.schema)
        control, *rows = rule.rows
        assert control.accepted and control.request["document"] == rule.good and judge.is_valid(rule.good), (
            rule.name
        )
        assert rows and not any(judge.is_valid(row.request["document"]) for row in rows), rule.name


def test_an_unknown_kind_is_told() -> None:
    with pytest.raises(AssayError, match="accepted: combinations, keywords"):
        LIBRARY.rules_of_schemas("rules")
    with pytest.raises(AssayError, match="did you mean 'numbers'"):
        LIBRARY.names_that_differ("number")


@pytest.mark.parametrize("about", TWINS)
def test_names_that_differ_differ_and_are_no_longer_than_may_be(about: str) -> None:
    names = LIBRARY.names_that_differ(about)
    assert len(set(names)) == len(names) >= 2
    assert all(
        0 < len(name.encode()) <= 255 and "/" not in name and name.isprintable() or about in _ODD
        for name in names
    )


_ODD = {"invisible characters", "directions of writing", "pictures"}


def test_names_that_are_refused_have_a_control_and_each_has_a_reason() -> None:
    control, *rows = LIBRARY.names_that_are_refused("key", "good", schema_id="s")
    assert control.accepted and control.request == {"schema_id": "s", "key": "good"}
    names = [row.request["key"] for row in rows]
    assert names == list(FORBIDDEN.values())
    assert all(
        len(name.encode()) > 255
        or name in ("", ".", "..")
        or set(name) & set("/\\")
        or not name.isprintable()
        for name in names
    )
    assert LIBRARY.names_that_lead_out() == {**FORBIDDEN, **DISGUISED}
    assert LIBRARY.names_that_lead_out("mark")["a path upwards"] == "../mark"


def test_exact_texts_are_json_and_their_numbers_count() -> None:
    assert all(isinstance(exactjson.read(text), dict) for text in LIBRARY.texts_of_documents().values())
    LIBRARY.texts_should_be_the_same_json('{"b":[], "a":1.10}', b'{"a": 1.10, "b": []}')
    for wrong in ('{"a": 1.1, "b": []}', '{"a": 1.10}', "no JSON"):
        with pytest.raises(Unmet, match="the same JSON as"):
            LIBRARY.texts_should_be_the_same_json(wrong, '{"a": 1.10, "b": []}')
    assert len(EXACT) == len(set(EXACT.values()))


@pytest.mark.parametrize("size", [8, 9, 15, 16, 17, 65537])
def test_a_document_has_the_size_that_was_asked_for(size: int) -> None:
    assert len(json.dumps(LIBRARY.document_of_size(size), separators=(",", ":"))) == size
    with pytest.raises(AssayError, match="8 bytes at least"):
        LIBRARY.document_of_size(7)


def test_every_other_write_names_its_entities_in_the_opposite_order() -> None:
    each = LIBRARY.documents_in_both_orders(["a", "b", "c"], 3)
    assert [list(one["documents"]) for one in each] == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]
    assert each[1]["documents"]["a"] == {"write": 1}


def test_a_length_is_held() -> None:
    LIBRARY.length_should_be_at_most("abc", 3)
    with pytest.raises(Unmet, match="3 characters at most, saw '?4"):
        LIBRARY.length_should_be_at_most("abcd", 3)


def test_who_asks_is_noted() -> None:
    library = DocumentLibrary()
    server = library.a_server_that_notes_who_asks()
    library.nobody_should_have_asked(server)
    with urlopen(f"{server.url}schema.json", timeout=2) as answer:
        assert json.load(answer) == {"type": "object"}
    with pytest.raises(Unmet, match="GET /schema.json from 127.0.0.1"):
        library.nobody_should_have_asked(server)
    library.close()
