"""A few tests in the place of all: which are drawn, and when all are run after all."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.command.proof import running, sampling
from assay.command.proof.running import Order, Runner, Scope
from assay.command.proof.shapes import Counted, Observation, Seen
from robot.api import TestSuite as Suite
from robot.api import TestSuiteBuilder as Builder

from tests.proof.test_rules import DEFECT, RED, others, platform, seen


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    shared = "".join(f"Shared {number}\n    Log    1\n" for number in range(100))
    (tmp_path / "shared.robot").write_text(
        f"*** Settings ***\nTest Tags    area:auth\n*** Test Cases ***\n{shared}"
        "Own\n    [Tags]    JWT-01\n    Log    1\nSmoke\n    [Tags]    smoke\n    Log    1\n"
    )
    (tmp_path / "private.robot").write_text(
        "*** Settings ***\nTest Tags    area:auth    private\n*** Test Cases ***\nOther\n    Log    1\n"
        "Own Private\n    [Tags]    JWT-01\n    Log    1\n"
    )
    return Builder().build(tmp_path)


def drawn(suite: Suite, seed: str) -> set[str]:
    copy = suite.deepcopy()
    copy.visit(sampling.Sampled(seed, "auth", "28", "smoke", "JWT-01"))
    return {test.name for test in copy.all_tests}


def test_a_sample_has_the_tests_of_the_defect_the_smoke_suite_and_a_few_others(suite: Suite) -> None:
    found = drawn(suite, "auth.sample")
    assert {"Own", "Own Private", "Smoke"} <= found
    assert len(found) == 3 + 28
    assert "Other" not in found


def test_another_defect_draws_other_tests_and_the_same_one_the_same(suite: Suite) -> None:
    assert drawn(suite, "auth.sample") == drawn(suite, "auth.sample")
    assert drawn(suite, "auth.sample") != drawn(suite, "auth.other")


@pytest.mark.parametrize(
    ("red", "suspicious"),
    [
        ([], False),
        ([RED], False),
        ([RED, *others(1, "FAIL", "expectation")], True),
        ([seen(f"Own {number}", "FAIL", "JWT-01") for number in range(6)], True),
        ([RED, seen("Smoke", "FAIL", "smoke")], False),
    ],
)
def test_a_red_test_that_the_defect_does_not_speak_of_is_suspicious(
    red: list[Seen], suspicious: bool
) -> None:
    assert sampling.is_suspicious(platform(*red), DEFECT.breaks) is suspicious


@pytest.mark.parametrize(
    ("red", "drawn", "counted"),
    [([RED], [28], Counted.NONE), ([RED, *others(1, "FAIL")], [28, 150], Counted.DRAWN)],
)
def test_more_are_drawn_and_counted_where_the_sample_gives_reason_to(
    red: list[Seen], drawn: list[int], counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Order] = []

    def see(order: Order) -> Observation:
        asked.append(order)
        return platform(*red, counted=Counted.NONE)

    monkeypatch.setattr(running, "see", see)
    monkeypatch.setattr(sampling, "size_of", lambda _service: 1000)
    found = Runner("reference", [], Scope.SAMPLE)("auth", DEFECT)
    assert [order.drawn for order in asked] == drawn
    assert (found.counted, found.area) == (counted, 1000 if len(drawn) == 2 else 0)


def test_the_size_of_an_area_is_the_number_of_its_tests() -> None:
    assert 500 < sampling.size_of("auth") < 1000
    assert sampling.size_of("nothing") == 0


@pytest.mark.parametrize("scope", [Scope.SHARED, Scope.ALL])
def test_all_tests_of_a_service_have_the_time_that_they_need(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Order] = []

    def see(order: Order) -> Observation:
        asked.append(order)
        return platform(RED, counted=Counted.NONE)

    monkeypatch.setattr(running, "see", see)
    found = Runner("reference", [], scope)("auth", DEFECT)
    assert (asked[0].drawn, found.counted) == (0, Counted.ALL)
    assert asked[0].limit >= 3600
