"""The picture: what is in it, and that no text meets another."""

from __future__ import annotations

import random
from itertools import combinations
from xml.etree import ElementTree

import pytest
from assay.core.histories import Operation, Outcome
from assay.evidence.redact import conceal, forget
from assay.history import linearizable
from assay.history.report import picture
from assay.history.timeline import timeline
from assay.history.violation import Violation

from tests.history.histories import cases, history_of
from tests.history.test_agreement import drawn

Box = tuple[float, float, float, float]


def drawing(operations: list[Operation], offender: Operation | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(timeline(operations, offender or operations[-1]))


def text_boxes(svg: ElementTree.Element) -> list[Box]:
    """Left, right, top and foot of each text, in letters of 11 pixels."""
    found = []
    for text in svg.iter("text"):
        left, base, width = (float(text.attrib[name]) for name in ("x", "y", "textLength"))
        found.append((left, left + width, base - 9, base + 3))
    return found


def meet(one: Box, two: Box) -> bool:
    return one[0] < two[1] and two[0] < one[1] and one[2] < two[3] and two[2] < one[3]


@pytest.mark.parametrize("seed", range(150))
def test_no_text_meets_another_or_leaves_the_picture(seed: int) -> None:
    chance = random.Random(seed)
    operations = drawn(chance) + drawn(chance) + drawn(chance)
    for one in operations:
        one.client = chance.choice(["ann", "a client with a name that is rather long", "b"])
        one.key, one.begun, one.version = "k", one.begun * chance.random(), chance.choice([None, 1234567])
        if one.ended is not None:
            one.ended = one.begun + chance.random() * 10 ** chance.randrange(-4, 3)
    svg = drawing(operations)
    _, _, width, height = (float(number) for number in svg.attrib["viewBox"].split())
    boxes = text_boxes(svg)
    assert len(boxes) > len(operations)
    assert not [pair for pair in combinations(boxes, 2) if meet(*pair)]
    assert all(
        left >= 0 and right <= width and top >= 0 and foot <= height for left, right, top, foot in boxes
    )


def test_bars_lie_as_times_do() -> None:
    history = history_of(
        next(case for case in cases("registers.yaml") if case["name"] == "two reads go back")
    )
    svg = drawing(history.operations)
    bars = [group.find("rect") for group in svg.iter("g")]
    sides = [
        (float(bar.attrib["x"]), float(bar.attrib["x"]) + float(bar.attrib["width"]))
        for bar in bars
        if bar is not None
    ]
    operations = history.operations
    for place, one in enumerate(operations):
        for other, two in zip(sides, operations, strict=True):
            assert (one.done < two.begun) == (sides[place][1] < other[0] - 0.01)
    reds = [bar for bar in bars if bar is not None and "218,54,51" in bar.attrib["fill"]]
    assert len(reds) == 1
    titles = [title.text for title in svg.iter("title")]
    assert titles[-1] == "read of 'x' by d (#4) took 1.0 ms"


def test_an_unknown_operation_goes_on_to_the_edge() -> None:
    ok = Operation("a", "write", "k", "x", begun=0, ended=1, outcome=Outcome.OK, number=1)
    lost = Operation("b", "write", "k", "y", begun=0.2, ended=0.4, outcome=Outcome.UNKNOWN, number=2)
    svg = drawing([ok, lost], ok)
    bar = [group.find("rect") for group in svg.iter("g")][1]
    assert bar is not None and "stroke-dasharray" in bar.attrib
    assert float(bar.attrib["x"]) + float(bar.attrib["width"]) > 900
    assert "#2 write y ?" in [text.text for text in svg.iter("text")]


def test_one_operation_of_no_length_can_be_drawn() -> None:
    svg = drawing([Operation("a", "read", "k", seen="x", begun=1, ended=1, outcome=Outcome.OK, number=1)])
    assert "#1 read → x" in [text.text for text in svg.iter("text")]


def test_many_operations_are_cut_and_the_accused_stays() -> None:
    operations = [
        Operation("a", "write", "k", place, begun=place, ended=place + 0.5, outcome=Outcome.OK, number=place)
        for place in range(100)
    ]
    svg = drawing(operations, operations[3])
    assert len(list(svg.iter("g"))) == 40
    assert "#3 write 3" in [text.text for text in svg.iter("text")]


def test_values_are_without_secrets_markup_and_length() -> None:
    forget()
    conceal("a-canary-in-a-history", "canary")
    write = Operation("<a>", "write", "<k>", "a-canary-in-a-history", begun=0, ended=1, outcome=Outcome.OK)
    read = Operation(
        "b", "read", "<k>", seen="<b>" + "x" * 99, begun=2, ended=3, outcome=Outcome.OK, number=2
    )
    html = picture(Violation("<k>", "", "", [write, read], read), 2)
    forget()
    assert "canary-in" not in html and "<b>x" not in html and "<a>" not in html
    assert "x" * 25 not in html
    assert "&lt;b&gt;xxx" in html and "‹canary" in html


def test_a_table_stands_below() -> None:
    history = history_of(next(case for case in cases("registers.yaml") if case["name"] == "stale read"))
    html = picture(linearizable.explained("k", history.operations), len(history))
    assert "3 of 4 operations show it" in html
    assert html.index("<svg") < html.index("<table")
    assert "read of &#x27;x&#x27;" in html or "read of 'x'" in html
