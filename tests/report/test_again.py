"""What two runs of a test say together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from assay import report
from assay.report import again
from assay.report.shapes import Outcome
from assay.report.xunit import as_xml

from tests.report.synthetic import Made

TAGS = ("area:auth", "JWT-01")
SHOULD = ("area:auth", "JWT-03")


@pytest.fixture
def earlier(home: Path, tmp_path: Path) -> Made:
    """The run before, which is laid beside the results of the run that follows."""
    return Made(tmp_path / "earlier", ending={"how": "finished"})


def then(earlier: Made, made: Made) -> report.model.Report:
    kept = made.folder / "results" / "attempts" / "1" / "run"
    shutil.copytree(earlier.save(), kept)
    state = made.save()
    again.note(state, ["attempts/1"])
    return report.read(state)


@pytest.mark.parametrize(
    ("first", "second", "expected", "status"),
    [
        ("FAIL", "PASS", Outcome.FLAKY, 1),
        ("BEGUN", "PASS", Outcome.FLAKY, 1),
        (None, "PASS", Outcome.HELD, 0),
        ("PASS", "PASS", Outcome.HELD, 0),
        ("SKIP", "PASS", Outcome.HELD, 0),
        ("FAIL", "FAIL", Outcome.BROKE, 1),
        ("PASS", "FAIL", Outcome.BROKE, 1),
        ("BEGUN", "FAIL", Outcome.BROKE, 1),
        ("FAIL", "SKIP", Outcome.BROKE, 1),
        ("FAIL", "BEGUN", Outcome.BROKE, 1),
        ("FAIL", None, Outcome.BROKE, 1),
        ("BEGUN", "BEGUN", Outcome.BROKEN, 1),
        ("BEGUN", "SKIP", Outcome.BROKEN, 1),
    ],
)
def test_first_and_then(
    earlier: Made, made: Made, first: str | None, second: str | None, expected: Outcome, status: int
) -> None:
    earlier.add("One", first, *TAGS)
    made.add("One", second, *TAGS)
    found = then(earlier, made)
    assert [test.outcome for test in found.tests] == [expected]
    assert found.exit_status == status


def test_what_was_not_run_again_stands(earlier: Made, made: Made) -> None:
    earlier.add("One", "FAIL", *TAGS)
    earlier.add("Two", "PASS", *TAGS)
    earlier.add("Three", "FAIL", *TAGS)
    made.add("One", "PASS", *TAGS)
    made.tests[0]["source"] = "/suites/tokens.robot"
    found = then(earlier, made)
    assert {test.name: str(test.outcome) for test in found.tests} == {
        "One": "flaky",
        "Two": "held",
        "Three": "did not hold",
    }
    assert found.verdict.sentence == (
        "Does not hold: 1 of 3 tests found a promise broken (JWT-01); "
        "1 of 3 tests is flaky: it failed, and held when it was run again (JWT-01)."
    )
    assert found.again and found.again.tests == 1


def test_tests_of_one_name_in_two_files_are_two(earlier: Made, made: Made) -> None:
    earlier.add("Same", "FAIL", *TAGS, suite="S.Alpha")
    made.add("Same", "PASS", *TAGS, suite="S.Beta")
    assert {test.id: str(test.outcome) for test in then(earlier, made).tests} == {
        "S.Alpha.Same": "did not hold",
        "S.Beta.Same": "held",
    }


def test_a_suite_that_was_selected_twice_is_not_forgiven_by_one(earlier: Made, made: Made) -> None:
    earlier.add("Same", "FAIL", *TAGS, suite="S.Alpha")
    earlier.add("Same", "FAIL", *TAGS, suite="Alpha")
    made.add("Same", "PASS", *TAGS, suite="Alpha")
    assert {test.id: str(test.outcome) for test in then(earlier, made).tests} == {
        "S.Alpha.Same": "did not hold",
        "Alpha.Same": "flaky",
    }


def test_a_recommendation_that_is_followed_now_and_then_warns(earlier: Made, made: Made) -> None:
    earlier.add("One", "FAIL", *SHOULD)
    made.add("One", "PASS", *SHOULD)
    found = then(earlier, made)
    assert (found.tests[0].outcome, found.exit_status) == (Outcome.WARNS, 0)
    assert "One" in page(made).split('id="broke-1"')[1]


def test_what_is_flaky_may_be_in_quarantine(earlier: Made, made: Made, home: Path) -> None:
    made.known_failures = home / "list.yaml"
    entry = {
        "test": "One",
        "requirement": "JWT-01",
        "reason": "comes and goes",
        "owner": "Ada",
        "until": "2999-01-31",
    }
    made.known_failures.write_text(json.dumps({"quarantine": [entry]}))
    earlier.add("One", "FAIL", *TAGS, seen="200 at first")
    earlier.add("Two", "PASS", *TAGS)
    made.add("One", "PASS", *TAGS)
    found = then(earlier, made)
    assert (found.tests[0].outcome, found.tests[0].itself) == (Outcome.QUARANTINED, Outcome.FLAKY)
    assert found.exit_status == 0
    assert (
        found.quarantine[0][0].says == "failed and then held this time; Ada answers for it until 2999-01-31"
    )
    section = page(made).split('id="quarantine"')[1].split("</section>")[0]
    assert "200 at first" in section
    assert "did not hold" in section and "held" in section


def test_a_flaky_test_is_no_failure_that_is_known(earlier: Made, made: Made, home: Path) -> None:
    made.known_failures = home / "list.yaml"
    entry = {
        "test": "One",
        "requirement": "JWT-01",
        "seen": "was 200",
        "accepted_by": "Ada",
        "until": "2999-01-31",
    }
    made.known_failures.write_text(json.dumps({"known_failures": [entry]}))
    earlier.add("One", "FAIL", *TAGS, message="the answer was 200")
    made.add("One", "PASS", *TAGS)
    found = then(earlier, made)
    assert (found.tests[0].outcome, found.known[0].state, found.exit_status) == (Outcome.FLAKY, "passes", 1)


def test_a_run_that_was_stopped_stays_so(earlier: Made, made: Made) -> None:
    earlier.ending = {"how": "interrupted"}
    earlier.add("One", "FAIL", *TAGS)
    earlier.add("Two", None, *TAGS)
    made.add("One", "FAIL", *TAGS)
    found = then(earlier, made)
    assert found.counts == {Outcome.BROKE: 1, Outcome.NOT_RUN: 1}
    assert found.exit_status == 1


def page(made: Made) -> str:
    return report.write(made.folder).read_text("utf-8")


def test_the_page_shows_both(earlier: Made, made: Made) -> None:
    earlier.add("One <b>", "FAIL", *TAGS, expected="401", seen="200", message="no")
    made.add("One <b>", "PASS", *TAGS)
    then(earlier, made)
    for place, id in (("results/attempts/1", "s1-t7"), ("results", "s1-t1")):
        (made.folder / place / "output.xml").write_text(
            f'<robot><suite id="s1" source="/tokens.robot"><test id="{id}" name="One &lt;b&gt;" line="10"></test></suite></robot>'
        )
    text = page(made)
    card = text.split('id="broke-1"')[1].split("</article>")[0]
    for piece in ("flaky", "401", "200", "held", 'href="log.html#s1-t1"', 'href="attempts/1/log.html#s1-t7"'):
        assert piece in card
    assert "1 test that had failed was run again." in text
    assert 'href="attempts/1/acceptance.html"' in text
    assert '<b>"' not in text


def test_xunit_names_the_first_failure(earlier: Made, made: Made) -> None:
    earlier.add("One", "FAIL", *TAGS, message="the answer was \x00 200 <&>")
    made.add("One", "PASS", *TAGS)
    text = as_xml(then(earlier, made))
    assert 'failures="1"' in text
    assert (
        '<failure message="flaky: it failed at 21 November 2026, 07:00 UTC: the answer was \ufffd 200 &lt;&amp;&gt;"'
        in text
    )
