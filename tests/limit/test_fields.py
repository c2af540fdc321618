"""Lists of strings with parameters, read strictly."""

from __future__ import annotations

import pytest
from assay.limit.fields import BareItem, NotStructured, strings


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ('"a"', {}),
        ('"a";q=100;w=60', {"q": 100, "w": 60}),
        ('"a"; q=1', {"q": 1}),
        ('"a";r=-1', {"r": -1}),
        ('"a";r=1.5', {"r": 1.5}),
        ('"a";pk=:cHs=:', {"pk": b"p{"}),
        ('"a";qu="content-bytes"', {"qu": "content-bytes"}),
        ('"a";flag;other=?0', {"flag": True, "other": False}),
        ('"a";unit=per-day', {"unit": "per-day"}),
        ('"a";q=1;q=2', {"q": 2}),
    ],
)
def test_parameters_are_read(text: str, parameters: dict[str, BareItem]) -> None:
    assert strings(text) == [("a", parameters)]


def test_several_and_escaped_strings_are_read_in_their_order() -> None:
    assert strings(r'"a \"b\" \\";q=1,  "c" ,"d";w=2') == [
        (r'a "b" \ '.strip(), {"q": 1}),
        ("c", {}),
        ("d", {"w": 2}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a;q=1",
        "'a';q=1",
        '"a',
        '"a" "b"',
        '"a",',
        ',"a"',
        '"a";Q=1',
        '"a";q=',
        '"a";q=1000000000000000',
        '"a";q=1.2345',
        '"a";q =1',
        '"a" ;q=1',
        '"a";pk=:c:',
        '"a";x=?2',
        '"ä"',
        r'"a\n"',
        "100, 100;w=60",
    ],
)
def test_what_is_no_list_of_strings_is_refused(text: str) -> None:
    with pytest.raises(NotStructured):
        strings(text)
