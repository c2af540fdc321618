"""The rules of proof, one defect of each sort."""

from __future__ import annotations

from dataclasses import replace

import pytest
from assay.command.proof.matrix import matrix
from assay.command.proof.rules import judge
from assay.command.proof.shapes import Counted, Defect, Observation, Proven, Seen, Verdict

DEFECT = Defect("auth.sample", "auth", ("JWT-01",), "A sample.")
AREA = "area:auth"


def seen(name: str, status: str, *tags: str, kind: str = "", message: str = "") -> Seen:
    return Seen(f"Suites.{name}", name, "Suites", status, (AREA, *tags), kind, message)


def others(number: int, status: str = "PASS", kind: str = "") -> list[Seen]:
    return [seen(f"Other {index}", status, "JWT-09", kind=kind) for index in range(number)]


WITHOUT = Observation([seen("Own", "PASS", "JWT-01"), seen("Smoke", "PASS", "smoke"), *others(98)])


def platform(*tests: Seen, hits: int = 3, counted: Counted = Counted.ALL) -> Observation:
    named = {test.id: test for test in WITHOUT.tests} | {test.id: test for test in tests}
    return Observation(list(named.values()), hits=hits, counted=counted)


RED = seen("Own", "FAIL", "JWT-01", kind="expectation")


def test_a_defect_that_its_own_test_notices_is_caught() -> None:
    found = judge(DEFECT, platform(RED), WITHOUT)
    assert found.verdict is Verdict.CAUGHT
    assert found.caught_by == ("Suites.Own",)


def test_a_defect_that_nothing_notices_is_missed() -> None:
    assert judge(DEFECT, platform(), WITHOUT).verdict is Verdict.MISSED


def test_a_defect_whose_requirement_no_test_speaks_of_is_missed_and_says_so() -> None:
    stranger = Defect("auth.other", "auth", ("JWT-77",), "Another.")
    found = judge(stranger, platform(), WITHOUT)
    assert (found.verdict, found.why) == (Verdict.MISSED, "no test speaks of JWT-77")


def test_a_defect_that_is_never_hit_is_inert_even_when_tests_are_red() -> None:
    assert judge(DEFECT, platform(RED, hits=0), WITHOUT).verdict is Verdict.INERT


def test_a_defect_whose_own_code_fails_is_not_caught() -> None:
    broken = platform(RED)
    broken.failed = 2
    found = judge(DEFECT, broken, WITHOUT)
    assert (found.verdict, found.why) == (
        Verdict.BROKEN,
        "its own code failed 2 times, so it does not do what it says",
    )


def test_a_defect_that_breaks_the_smoke_suite_is_too_coarse() -> None:
    smoke = seen("Smoke", "FAIL", "smoke", kind="expectation")
    assert judge(DEFECT, platform(RED, smoke), WITHOUT).verdict is Verdict.COARSE


@pytest.mark.parametrize(("red", "verdict"), [(4, Verdict.CAUGHT), (5, Verdict.COARSE)])
def test_more_than_five_in_a_hundred_red_tests_of_the_area_are_too_coarse(red: int, verdict: Verdict) -> None:
    assert judge(DEFECT, platform(RED, *others(red, "FAIL", "expectation")), WITHOUT).verdict is verdict


def test_the_share_is_not_asked_for_when_only_a_part_was_run() -> None:
    found = judge(DEFECT, platform(RED, *others(9, "FAIL", "expectation"), counted=Counted.NONE), WITHOUT)
    assert found.verdict is Verdict.CAUGHT


@pytest.mark.parametrize(
    ("own", "red", "verdict"),
    [(9, 4, Verdict.CAUGHT), (9, 5, Verdict.COARSE), (50, 0, Verdict.CAUGHT), (51, 0, Verdict.COARSE)],
)
def test_drawn_tests_stand_for_those_that_were_not(own: int, red: int, verdict: Verdict) -> None:
    named = [f"Own {number}" for number in range(own)]
    others_drawn = [seen(f"Drawn {number}", "PASS", "JWT-09") for number in range(100)]
    without = Observation([*(seen(name, "PASS", "JWT-01") for name in named), *others_drawn])
    harmed = [
        replace(test, status="FAIL", kind="expectation") if test.name in named or number < red + own else test
        for number, test in enumerate(without.tests)
    ]
    found = judge(DEFECT, Observation(harmed, 1, counted=Counted.DRAWN, area=1000), without)
    assert found.verdict is verdict


def test_one_red_test_of_a_small_area_is_not_too_coarse() -> None:
    without = Observation([seen("Own", "PASS", "JWT-01"), seen("Smoke", "PASS", "smoke")])
    with_it = Observation([RED, seen("Smoke", "PASS", "smoke")], hits=1)
    assert judge(DEFECT, with_it, without).verdict is Verdict.CAUGHT


def test_a_platform_that_does_not_start_proves_nothing() -> None:
    found = judge(DEFECT, Observation(start="auth exited with 3"), WITHOUT)
    assert (found.verdict, found.why) == (Verdict.NO_START, "auth exited with 3")


@pytest.mark.parametrize("kind", ["timeout", "no-answer", "error", "setup", "teardown"])
def test_a_test_that_fails_for_another_reason_than_its_expectation_does_not_count(kind: str) -> None:
    found = judge(DEFECT, platform(seen("Own", "FAIL", "JWT-01", kind=kind, message="no")), WITHOUT)
    assert found.verdict is Verdict.NOT_ON_EXPECTATION
    assert kind in found.why


def test_a_test_of_another_requirement_does_not_count() -> None:
    found = judge(DEFECT, platform(seen("Other 1", "FAIL", "JWT-09", kind="expectation")), WITHOUT)
    assert found.verdict is Verdict.ELSEWHERE


def test_a_test_that_is_red_with_the_defect_off_does_not_count() -> None:
    without = Observation([RED, *WITHOUT.tests[1:]])
    assert judge(DEFECT, platform(RED), without).verdict is Verdict.RED_WITHOUT


def test_a_run_that_does_not_end_proves_nothing() -> None:
    observation = platform(RED)
    observation.finished = False
    assert judge(DEFECT, observation, WITHOUT).verdict is Verdict.UNFINISHED


def test_the_matrix_names_what_is_unproven_and_what_never_looked() -> None:
    observation = platform(RED)
    one = Proven(DEFECT, observation, judge(DEFECT, observation, WITHOUT))
    later = Defect("auth.later", "auth", ("JWT-09",), "Later.", partial=True, blind=True)
    found = matrix([one], [later], WITHOUT.tests, {"auth.later": "missed"}, {"made": "now"})
    assert found["unproven"] == ["JWT-09"]
    assert "Suites.Own" not in found["never_red"]
    assert "Suites.Other 1" in found["never_red"]
    totals = found["totals"]
    assert (totals["defects"], totals["judged"], totals["caught"]) == (2, 1, 1)
    assert (totals["partial_share"], totals["blind_tried"], totals["blind_caught_at_first"]) == (0.5, 1, 0)
    assert found["not_run"] == ["auth.later"]


def test_an_observation_survives_being_kept() -> None:
    kept = Observation.of(platform(RED).as_json())
    assert kept == platform(RED)
