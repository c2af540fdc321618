"""The rules against a real platform: defects from a file outside it are each reported as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.command.proof.choosing import choose
from assay.command.proof.rules import judge
from assay.command.proof.running import Order, Runner, Scope, launcher_of, see
from assay.command.proof.shapes import Defect, Observation, Verdict

OUTSIDE = Path(__file__).with_name("outside.py")
TARGET = "reference"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def defects() -> list[Defect]:
    return launcher_of(TARGET).defects([OUTSIDE])


@pytest.fixture(scope="module")
def without() -> Observation:
    """The same tests on the platform as it is."""
    seen = see(Order(TARGET, "auth", "", (), ("smoke", "JWT-01")))
    assert seen.start == ""
    assert [test.name for test in seen.tests if test.red] == []
    return seen


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("auth.x-caught", Verdict.CAUGHT),
        ("auth.x-inert", Verdict.INERT),
        ("auth.x-coarse", Verdict.COARSE),
        ("auth.x-no-start", Verdict.NO_START),
        ("auth.x-slow", Verdict.NOT_ON_EXPECTATION),
    ],
)
def test_a_defect_is_reported_as_what_it_is(
    defects: list[Defect], without: Observation, name: str, verdict: Verdict
) -> None:
    defect = choose(defects, [name], None, "")[0]
    seen = Runner(TARGET, [OUTSIDE], Scope.QUICK)("auth", defect)
    found = judge(defect, seen, without)
    assert (found.verdict, found.why) == (verdict, found.why)
    if verdict is Verdict.NO_START:
        assert "not_there" in found.why
