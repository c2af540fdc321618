"""A run that comes to its own end: what it leaves, what it says, what its exit status means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from robot.api import ExecutionResult

from tests.frontdoor.door import QUICK, Door

LEFT = {
    "acceptance.html",
    "results.json",
    "output.xml",
    "log.html",
    "report.html",
    "xunit.xml",
    "workers.log",
}


def test_two_workers_leave_one_verdict(door: Door) -> None:
    door.suite("alpha")
    door.suite("beta")
    ran = door.run()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Holds: all 4 tests" in ran.stdout
    assert "4 held, 0 did not" in ran.stdout
    assert LEFT <= {path.name for path in door.results.iterdir()}
    assert ExecutionResult(door.results / "output.xml").statistics.total.passed == 4
    door.nothing_runs()
    assert not list(Path(door.folder).glob("*.pabotsuitenames"))


def test_several_paths_of_suites_make_one_run(door: Door) -> None:
    door.suite("alpha")
    elsewhere = door.folder / "beta.robot"
    elsewhere.write_text(QUICK.format(name="beta"), "utf-8")
    ran = door.run(str(elsewhere))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 held, 0 did not, 0 not judged" in ran.stdout


def test_a_broken_promise_is_named_while_the_run_lasts(door: Door) -> None:
    door.suite("alpha")
    ran = door.run("--variable", "GREETING:bye")
    assert ran.returncode == 1
    assert "failed: The First alpha: bye != hello" in ran.stdout
    assert "Does not hold: 1 of 2 tests" in ran.stdout


def test_options_of_robot_pass_before_and_after_the_suites(door: Door) -> None:
    door.suite("alpha")
    door.suite("beta")
    ran = door.run("--include", "one", "--randomize", "all:7", "--processes", "1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert set(door.outcomes) == {"The First alpha", "The First beta"}
    again = subprocess.run(
        [*door.command(), "--", "--test", "The Second*"],
        env=door.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert set(door.outcomes) == {"The Second alpha", "The Second beta"}
    assert (door.results / "previous" / "acceptance.html").exists()


def test_a_suite_that_cannot_be_set_up_is_red(door: Door) -> None:
    door.suite("alpha", QUICK_WITH_BAD_SETUP)
    ran = door.run()
    assert ran.returncode == 1
    assert set(door.outcomes.values()) == {"did not hold"}


QUICK_WITH_BAD_SETUP = """*** Settings ***
Library    assay.EvidenceListener
Suite Setup    Fail    no way in
Test Tags    area:auth    AUTH-01

*** Test Cases ***
The First {name}
    No Operation
"""


@pytest.mark.parametrize("way", ["robot", "pabot"])
def test_plain_robot_and_pabot_say_the_same(door: Door, way: str) -> None:
    door.suite("alpha")
    door.suite("beta")
    changed = ["--variable", "GREETING:bye"]
    door.run(*changed)
    outputs = door.folder / "plain"
    tool = {"robot": ["robot"], "pabot": ["pabot.pabot", "--chunk", "--processes", "2"]}[way]
    if way == "pabot":
        tool += ["--command", sys.executable, "-m", "robot", "--end-command"]
    subprocess.run(
        [sys.executable, "-m", *tool, *changed, "--outputdir", str(outputs), str(door.suites)],
        env={**door.environment, "ASSAY_TARGET": str(door.target)},
        cwd=door.folder,
        capture_output=True,
        check=False,
    )
    ours, theirs = (_statuses(place / "output.xml") for place in (door.results, outputs))
    assert ours == theirs
    assert len(ours) == 4
    door.nothing_runs()


def _statuses(output: Path) -> dict[str, str]:
    return {test.full_name: test.status for test in ExecutionResult(output).suite.all_tests}
