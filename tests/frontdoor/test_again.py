"""`./assay run --rerun-failed`: what failed runs again, what then passes is flaky, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
from xml.etree import ElementTree

import pytest
from assay.report.model import read
from assay.report.page import acceptance
from assay.report.writing import PAGE
from robot.api import ExecutionResult

from tests.frontdoor.door import QUICK, Door, until
from tests.frontdoor.test_refusals import refused

AGAIN = "--rerun-failed"
BYE = ("--variable", "GREETING:bye")
PRIVATE = QUICK.replace(
    "Test Tags",
    "Library    assay.PlatformLibrary\nSuite Setup    Start A Private Platform\n"
    "Suite Teardown    Stop The Private Platform\nTest Tags    private",
)
HANGING = """*** Settings ***
Library    assay.EvidenceListener
Test Tags    area:auth    AUTH-01

*** Test Cases ***
A Red One {name}
    Should Be Equal    ${{GREETING}}    hello

A Hanging One {name}
    IF    "${{GREETING}}" == "bye"    Fail    no time
    Evaluate    time.sleep(60)    modules=time

*** Variables ***
${{GREETING}}    hello
"""


@pytest.fixture(scope="module")
def twice(shared_door: Door) -> tuple[Door, str]:
    """A run in which one test of each of two suites failed, and these run again; and what was said."""
    shared_door.suite("alpha")
    shared_door.suite("beta")
    assert shared_door.run(*BYE).returncode == 1
    ran = shared_door.run(AGAIN)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return shared_door, ran.stdout


def test_what_fails_and_then_passes_is_flaky_and_never_passed(twice: tuple[Door, str]) -> None:
    door, said = twice
    assert "2 tests of 2 suites" in said
    assert "2 of the 2 that failed or broke in the last run against small" in said
    sentence = "2 of 4 tests are flaky: they failed, and held when they were run again (AUTH-01)"
    assert f"Does not hold: {sentence}" in said
    assert "The First alpha: flaky: it failed at " in said
    assert "2 held, 0 did not, 2 flaky, 0 not judged" in said
    assert door.outcomes == {
        "The First alpha": "flaky",
        "The First beta": "flaky",
        "The Second alpha": "held",
        "The Second beta": "held",
    }
    assert door.verdict["counts"] == {"held": 2, "flaky": 2}
    assert ExecutionResult(door.results / "output.xml").statistics.total.total == 2
    door.nothing_runs()


def test_both_attempts_are_kept_and_linked(twice: tuple[Door, str]) -> None:
    door, _ = twice
    page = (door.results / PAGE).read_text("utf-8")
    for found in (test for test in door.verdict["tests"] if test["outcome"] == "flaky"):
        (before,) = found["earlier"]
        assert (before["outcome"], before["message"]) == ("did not hold", "bye != hello")
        for link in (found["link"], before["link"]):
            file, _, place = link.partition("#")
            assert place and (door.results / file).is_file(), link
            assert f'href="{link}"' in page
        assert before["link"].startswith("attempts/1/log.html#")
    first = ExecutionResult(door.results / "attempts" / "1" / "output.xml").statistics.total
    assert (first.passed, first.failed) == (2, 2)
    before = json.loads((door.results / "attempts" / "1" / "results.json").read_text("utf-8"))
    assert before["counts"] == {"held": 2, "did not hold": 2}


def test_xunit_has_the_flaky_as_failures_and_every_test_once(twice: tuple[Door, str]) -> None:
    cases = {
        case.get("name"): [child.tag for child in case]
        for case in ElementTree.parse(twice[0].results / "xunit.xml").iter("testcase")
    }
    assert cases == {
        "The First alpha": ["failure"],
        "The First beta": ["failure"],
        "The Second alpha": [],
        "The Second beta": [],
    }


def test_the_page_can_be_made_again(twice: tuple[Door, str]) -> None:
    door, _ = twice
    report = read(door.results / "run", results=door.results)
    assert report.verdict.sentence == door.verdict["verdict"]["sentence"]
    assert 'href="attempts/1/acceptance.html"' in acceptance(report)


def test_the_flaky_is_not_washed_clean_by_another_attempt(twice: tuple[Door, str]) -> None:
    door, _ = twice
    page = (door.results / PAGE).read_text("utf-8")
    line = refused(door.run(AGAIN))
    assert line.startswith("assay: nothing to run again: no test of the last run against small (")
    assert (door.results / PAGE).read_text("utf-8") == page


def test_what_fails_again_keeps_failing_and_a_third_attempt_is_counted(door: Door) -> None:
    door.suite("alpha")
    door.run(*BYE)
    door.run(AGAIN, "--variable", "GREETING:ciao")
    assert door.outcomes["The First alpha"] == "did not hold"
    door.run(AGAIN)
    (found,) = [test for test in door.verdict["tests"] if test["outcome"] == "flaky"]
    assert [one["message"] for one in found["earlier"]] == ["bye != hello", "ciao != hello"]
    assert [one["link"].partition("/log")[0] for one in found["earlier"]] == ["attempts/1", "attempts/2"]
    assert len(door.verdict["attempts"]) == 2


def test_a_whole_run_begins_anew(door: Door) -> None:
    door.suite("alpha")
    door.run(*BYE)
    door.run(AGAIN)
    ran = door.run()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert set(door.outcomes.values()) == {"held"}
    assert not (door.results / "attempts").exists()
    assert (door.results / "previous" / "attempts" / "1" / "log.html").is_file()
    assert "no test of the last run against small" in refused(door.run(AGAIN))
    assert set(door.outcomes.values()) == {"held"}, "the results stay"


def test_no_run_yet(door: Door) -> None:
    door.suite("alpha")
    assert "nothing to run again: there is no run in " in refused(door.run(AGAIN))
    assert not door.states.exists()


def test_the_last_run_was_of_another_target(door: Door) -> None:
    door.suite("alpha")
    door.run(*BYE)
    door.write_target(name="other")
    assert "was against small, not other; --target or --results says which is meant" in refused(
        door.run(AGAIN)
    )
    moved = door.folder / "moved.yaml"
    door.write_target()
    door.target = door.target.rename(moved)
    assert "small.yaml, not " in refused(door.run(AGAIN))


def test_a_filter_beside_it_leaves_the_others_as_they_were(door: Door) -> None:
    door.suite("alpha")
    door.suite("beta")
    door.run(*BYE)
    ran = door.run(AGAIN, "--test", "* alpha")
    assert "1 of the 2 that failed or broke" in ran.stdout
    assert "left out: “The First beta” (not in the suites, or not fitting the options)" in ran.stdout
    assert door.outcomes["The First alpha"] == "flaky"
    assert door.outcomes["The First beta"] == "did not hold"
    assert "“The First beta” failed or broke in the last run" in refused(door.run(AGAIN, "--test", "* alpha"))


def test_a_suite_that_has_changed_since(door: Door) -> None:
    door.suite("alpha")
    door.suite("beta")
    door.run(*BYE)
    (door.suites / "alpha.robot").unlink()
    door.suite("beta", QUICK.replace("*** Test", "*** Comments ***\nA line more\n\n*** Test", 1))
    ran = door.run(AGAIN)
    assert ran.returncode == 1
    assert door.outcomes["The First beta"] == "flaky"
    assert door.outcomes["The First alpha"] == "did not hold", "what is gone is not forgiven"


def test_a_test_of_one_file_is_found_under_any_long_name(door: Door) -> None:
    path = door.suite("alpha")
    door.suite("beta")
    command = door.command(*BYE)
    command[-1] = str(path)
    door.run_command(command)
    assert {test["id"] for test in door.verdict["tests"]} == {
        "Alpha.The First alpha",
        "Alpha.The Second alpha",
    }
    door.run(AGAIN)
    assert door.outcomes == {"The First alpha": "flaky", "The Second alpha": "held"}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_one_test_of_a_private_suite_has_its_platform(door: Door, processes: str) -> None:
    door.suite("alpha", PRIVATE)
    door.suite("beta", PRIVATE)
    door.run(*BYE)
    ran = door.run(AGAIN, "--processes", processes)
    assert "2 tests of 2 suites" in ran.stdout
    assert ExecutionResult(door.results / "output.xml").statistics.total.total == 2
    assert sorted(door.outcomes.values()) == ["flaky", "flaky", "held", "held"]
    door.nothing_runs()


def test_a_stopped_attempt_takes_nothing_back(door: Door) -> None:
    door.suite("alpha", HANGING)
    door.run(*BYE)
    running = door.start(AGAIN)
    until(lambda: "A Hanging One alpha" in door.begun())
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=40)
    assert running.returncode == 1
    assert door.outcomes == {"A Red One alpha": "flaky", "A Hanging One alpha": "did not hold"}
    (red,) = [test for test in door.verdict["tests"] if test["outcome"] == "did not hold"]
    assert red["link"].startswith("attempts/1/")
    door.nothing_runs()


def test_an_attempt_whose_front_door_is_killed_tells_both(door: Door) -> None:
    door.suite("alpha", HANGING)
    door.run(*BYE)
    running = door.start(AGAIN)
    until(lambda: "A Hanging One alpha" in door.begun())
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=40)
    door.nothing_runs(30)
    assert door.outcomes == {"A Red One alpha": "flaky", "A Hanging One alpha": "did not hold"}
