"""The verdict: what a run may say about a platform, and what it must not."""

from __future__ import annotations

import json

import pytest
from assay import report
from assay.report.shapes import Outcome

from tests.report.synthetic import Made

MUST, SHOULD, OTHER = (
    ("area:auth", "JWT-01", "promise:CH-3"),
    ("area:auth", "JWT-03"),
    ("area:auth", "JWT-02"),
)


def test_everything_held(made: Made) -> None:
    made.add("One", "PASS", *MUST)
    made.add("Two", "PASS", *OTHER)
    found = report.read(made.save())
    assert found.verdict.sentence == "Holds: all 2 tests that were judged found what is promised."
    assert found.verdict.unjudged == "All 2 selected tests were judged."
    assert found.exit_status == 0


def test_one_red_test_fails_the_run_and_names_the_requirement(made: Made) -> None:
    made.add("One", "FAIL", *MUST, kind="expectation", message="no", expected="401", seen="200")
    made.add("Two", "PASS", *OTHER)
    found = report.read(made.save())
    assert found.verdict.sentence == "Does not hold: 1 of 2 tests found a promise broken (JWT-01)."
    assert found.exit_status == 1
    assert [one.outcome for one in found.requirements] == [
        Outcome.BROKE,
        Outcome.HELD,
        Outcome.ABSENT,
        Outcome.LATER,
    ]


def test_a_recommendation_that_is_not_followed_warns(made: Made) -> None:
    made.add("One", "FAIL", *SHOULD, kind="expectation")
    made.add("Two", "PASS", *MUST)
    found = report.read(made.save())
    assert found.verdict.headline == "Holds"
    assert "1 recommendation not followed" in found.verdict.sentence
    assert found.exit_status == 0


def test_a_test_of_both_levels_fails(made: Made) -> None:
    made.add("One", "FAIL", *SHOULD, "JWT-01", kind="expectation")
    assert report.read(made.save()).exit_status == 1


def test_a_red_test_without_a_requirement_fails(made: Made) -> None:
    made.add("One", "FAIL", "area:auth")
    assert report.read(made.save()).exit_status == 1


def test_skipped_tests_are_counted_with_their_reason(made: Made) -> None:
    made.add("One", "PASS", *MUST)
    made.add("Two", "SKIP", *OTHER, message="the target lacks auth.https")
    found = report.read(made.save())
    assert found.exit_status == 0
    assert found.verdict.unjudged == "Not judged: 1 of 2 tests: 1 because the target lacks auth.https."


def test_a_run_that_skipped_everything_does_not_hold(made: Made) -> None:
    made.add("One", "SKIP", *MUST, message="the target lacks auth.https")
    found = report.read(made.save())
    assert found.verdict.sentence == "Not decided: none of 1 test could be judged."
    assert found.exit_status == 1


def test_a_run_of_nothing_could_not_begin(made: Made) -> None:
    assert report.read(made.save()).exit_status == 2


@pytest.mark.parametrize("status", [None, "BEGUN"])
def test_a_planned_test_without_a_result_is_broken_not_absent(made: Made, status: str | None) -> None:
    made.add("One", "PASS", *MUST)
    made.add("Two", status, *OTHER)
    found = report.read(made.save())
    assert found.counts[Outcome.BROKEN] == 1
    assert found.verdict.headline == "Not decided"
    assert "1 of 2 tests gave no result" in found.verdict.sentence
    assert found.exit_status == 1


def test_a_stopped_run_tells_what_ran_and_what_did_not(made: Made) -> None:
    made.ending = {"how": "interrupted", "detail": "by Ctrl-C"}
    made.add("One", "PASS", *MUST)
    made.add("Two", "BEGUN", *OTHER)
    made.add("Three", None, *OTHER)
    found = report.read(made.save())
    assert found.counts == {Outcome.HELD: 1, Outcome.NOT_RUN: 2}
    assert found.verdict.sentence == (
        "Not decided: the one test that was judged found what is promised, "
        "but the run was stopped: 2 of 3 tests gave no result."
    )
    assert found.exit_status == 1


def test_a_stopped_run_that_saw_a_broken_promise_says_so(made: Made) -> None:
    made.ending = {"how": "interrupted"}
    made.add("One", "FAIL", *MUST)
    made.add("Two", None, *OTHER)
    found = report.read(made.save())
    assert found.verdict.headline == "Does not hold"
    assert "1 because the run was stopped before it" in found.verdict.unjudged


def test_without_a_word_about_the_ending_missing_results_mean_that_it_was_cut_off(made: Made) -> None:
    made.ending = None
    made.add("One", "PASS", *MUST)
    made.add("Two", None, *OTHER)
    found = report.read(made.save())
    assert found.run.ending.how == "killed"
    assert found.exit_status == 1


def test_a_torn_last_line_loses_one_result_not_the_report(made: Made) -> None:
    made.add("One", "PASS", *MUST)
    made.add("Two", "PASS", *OTHER)
    state = made.save()
    live = max((state / "live").glob("*.jsonl"))
    live.write_bytes(live.read_bytes()[:-20])
    assert report.read(state).counts == {Outcome.HELD: 1, Outcome.BROKEN: 1}


def test_of_a_test_seen_twice_the_worse_result_counts(made: Made) -> None:
    made.add("One", "FAIL", *MUST)
    made.add("One", "PASS", *MUST)
    found = report.read(made.save())
    assert len(found.tests) == 1
    assert found.exit_status == 1


def test_a_promise_without_tests_says_when_it_comes(made: Made) -> None:
    made.add("One", "PASS", *MUST)
    kept, later = report.read(made.save()).promises
    assert (kept.outcome, kept.note) == (Outcome.HELD, "in part; whole with step 6, Chat")
    assert (later.outcome, later.note) == (Outcome.LATER, "comes with step 6, Chat")


def test_the_command_that_shows_a_failure_again_names_one_test(made: Made) -> None:
    made.add("A Token [none] Is Refused", "FAIL", *MUST)
    made.add("Shared", "FAIL", *MUST)
    made.add("Shared", "FAIL", *MUST, suite="Suites.Auth.Login")
    found = {test.id: test.replay for test in report.read(made.save()).tests}
    start = "./assay run --target reference --test"
    assert found["Suites.Auth.Tokens.A Token [none] Is Refused"] == f"{start} 'A Token [[]none] Is Refused'"
    assert found["Suites.Auth.Login.Shared"] == f"{start} Suites.Auth.Login.Shared"


def test_plain_robot_plans_by_its_own_word(made: Made) -> None:
    made.planned, made.ending = False, None
    made.add("One", "PASS", *MUST)
    state = made.save()
    plan = {"event": "plan", "ids": ["Suites.Auth.Tokens.One", "Suites.Auth.Tokens.Two"]}
    (state / "live" / "7.jsonl").write_text(json.dumps(plan) + "\n")
    found = report.read(state)
    assert found.counts == {Outcome.HELD: 1, Outcome.BROKEN: 1}
    assert found.exit_status == 1


def test_what_a_target_lacks_is_one_reason(made: Made) -> None:
    made.add("One", "PASS", *MUST)
    for number, lacking in enumerate(["auth.a", "auth.a, auth.b", "auth.c", "auth.d"]):
        made.add(f"Skipped {number}", "SKIP", *OTHER, message=f"the target lacks {lacking}")
    assert report.read(made.save()).verdict.unjudged == (
        "Not judged: 4 of 5 tests: 4 because the target lacks auth.a, auth.b, auth.c and 1 more."
    )


def test_a_test_that_could_not_be_carried_out_is_not_said_to_have_found_something(made: Made) -> None:
    made.add("One", "FAIL", *MUST, kind="error", message="ModuleNotFoundError: No module named 'x'")
    made.add("Two", "FAIL", *OTHER, kind="expectation")
    found = report.read(made.save()).verdict
    assert found.sentence == (
        "Does not hold: 1 of 2 tests found a promise broken (JWT-02); 1 test could not be carried out (JWT-01)."
    )
    assert found.exit_status == 1


def test_a_run_that_only_warns_does_not_say_that_nothing_was_found(made: Made) -> None:
    made.add("One", "FAIL", *SHOULD, kind="expectation")
    sentence = report.read(made.save()).verdict.sentence
    assert sentence.startswith(
        "Holds: nothing that must hold was found broken; 1 recommendation not followed"
    )


def test_a_skip_by_the_suite_gives_its_own_reason_in_one_line(made: Made) -> None:
    made.add("One", "SKIP", *MUST, message="Skipped in parent suite setup:\nWYCHEPROOF_DIR is not set")
    made.add("Two", "PASS", *OTHER)
    assert (
        report.read(made.save()).verdict.unjudged
        == "Not judged: 1 of 2 tests: 1 because WYCHEPROOF_DIR is not set."
    )
