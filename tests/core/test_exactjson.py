"""Numbers count by their digits."""

from __future__ import annotations

import pytest
from assay.core import exactjson
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1.10}', '{"a":1.10}', True),
        ('{"a": 1.1}', '{"a": 1.10}', False),
        ('{"a": 1}', '{"a": "1"}', False),
        ('{"a": 9007199254740993}', '{"a": 9007199254740992}', False),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', True),
        ("[1, 2]", "[2, 1]", False),
        ("true", "1", False),
        ('"\\u00e4"', '"ä"', True),
        ("no JSON", "no JSON", False),
    ],
)
def test_texts_are_compared_by_what_they_say(one: str, other: str, same: bool) -> None:
    assert exactjson.same(one, other) is same


@given(VALUES)
def test_what_was_read_is_written_again(value: object) -> None:
    import json

    text = json.dumps(value)
    assert exactjson.same(exactjson.write(exactjson.read(text)), text)


def test_digits_stay() -> None:
    assert exactjson.write(exactjson.read('[1.10, 1e400, {"a": -0.0}]')) == '[1.10,1e400,{"a":-0.0}]'
