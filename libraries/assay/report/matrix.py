"""Renders the proof's matrix, defect by test, as a page for people."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from assay.report import catalogue
from assay.report.page import render

_GOOD = "caught"
_STATES = (
    ("all", "All"),
    ("bad", "Not caught"),
    ("good", "Caught"),
    ("open", "Not run yet"),
)
_EXPLAINED = {
    "caught": "A test of the broken sentence failed on what it expects, and passes without the fault.",
    "missed": "Every test of the broken sentence stayed green: they would not notice.",
    "inert": "No test ever came to the place that the fault changes, so it proves nothing.",
    "too coarse": "The fault breaks so much that any test would notice, so it proves nothing.",
    "does not start": "The platform with this fault did not come up, so nothing could be tried.",
    "not on expectation": "A test failed, but while preparing, by running out of time or by an error, not on what it expects.",
    "not by its requirement": "Only tests failed that do not speak of the broken sentence.",
    "red without it too": "The test that failed also fails without the fault.",
    "unfinished": "The tests did not come to an end in time.",
}


def page(data: dict[str, Any]) -> str:
    """The page of a matrix as `./assay prove` writes it to matrix.json."""
    book = catalogue.load().requirements
    tests = {test["id"]: test for test in data["tests"]}
    red = {entry["id"] for defect in data["defects"] for entry in defect["red"]}
    columns = [test for test in data["tests"] if test["id"] in red]
    return render(
        "matrix.html",
        data=data,
        totals=data["totals"],
        defects=sorted(data["defects"], key=lambda defect: (defect["verdict"] == _GOOD, defect["name"])),
        tests=tests,
        suites=[(name, list(group)) for name, group in groupby(columns, key=lambda test: test["suite"])],
        columns=columns,
        marks={defect["name"]: _marks(defect) for defect in data["defects"]},
        says={name: requirement.says for name, requirement in book.items()},
        never_red=_by_suite(tests[name] for name in data["never_red"]),
        states=_STATES,
        explained=_EXPLAINED,
        good=_GOOD,
    )


def _marks(defect: dict[str, Any]) -> dict[str, str]:
    return {entry["id"]: "yes" if entry["id"] in defect["caught_by"] else "also" for entry in defect["red"]}


def _by_suite(tests: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(name, list(group)) for name, group in groupby(tests, key=lambda test: test["suite"])]
