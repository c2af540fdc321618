"""Quarantine in whole runs: its tests run and decide nothing, and an entry that is not true stops or fails the run."""

from __future__ import annotations

import json

import pytest

from tests.frontdoor.door import Door
from tests.frontdoor.test_refusals import refused

BYE = ("--variable", "GREETING:bye")
ENTRY = {
    "test": "The First alpha",
    "requirement": "AUTH-01",
    "reason": "fails when the greeting is otherwise",
    "owner": "Ada Byron",
    "until": "2999-01-31",
}


@pytest.fixture
def listed(door: Door) -> Door:
    """A target that names a list with one test in quarantine, of the first of two suites."""
    door.suite("alpha")
    door.suite("beta")
    door.write_target(known_failures="list.yaml")
    write(door, ENTRY)
    return door


def write(door: Door, *entries: dict[str, str]) -> None:
    (door.folder / "list.yaml").write_text(json.dumps({"quarantine": entries}, indent=1), "utf-8")


def test_it_runs_and_does_not_fail_the_run(listed: Door) -> None:
    ran = listed.run(*BYE, "--suite", "alpha")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "The First alpha: quarantined: did not hold: bye != hello" in ran.stdout
    assert "1 because the quarantine applies." in ran.stdout
    assert "1 held, 0 did not, 1 not judged or only noted" in ran.stdout
    assert listed.outcomes == {"The First alpha": "quarantined", "The Second alpha": "held"}
    assert '<skipped message="quarantined: ' in (listed.results / "xunit.xml").read_text("utf-8")


def test_what_is_in_quarantine_is_not_run_again_and_stays_so(listed: Door) -> None:
    assert listed.run(*BYE).returncode == 1
    ran = listed.run("--rerun-failed")
    assert "1 test of 1 suite" in ran.stdout
    assert ran.returncode == 1
    assert listed.outcomes == {
        "The First alpha": "quarantined",
        "The Second alpha": "held",
        "The First beta": "flaky",
        "The Second beta": "held",
    }


def test_an_entry_that_has_expired_fails_the_run_in_one_line(listed: Door) -> None:
    write(listed, {**ENTRY, "until": "2020-02-29"})
    ran = listed.run("--suite", "alpha")
    assert ran.returncode == 1
    assert (
        "Does not hold: the quarantine is no longer true: “The First alpha” was in quarantine (owner: Ada Byron) "
        "until 2020-02-29, which has passed."
    ) in ran.stdout


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**ENTRY, "test": "The Frist alpha"}, "list.yaml:3: quarantine: no test is named “The Frist alpha”"),
        ({key: text for key, text in ENTRY.items() if key != "owner"}, "list.yaml:3: an entry lacks owner"),
        ({**ENTRY, "until": "2020-02-30"}, "list.yaml:8: "),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused_before_anything_starts(
    listed: Door, entry: dict[str, str], said: str
) -> None:
    write(listed, ENTRY, entry)
    line = refused(listed.run("--suite", "alpha"))
    assert said.replace(":3:", ":10:").replace(":8:", ":15:") in line
    assert not listed.states.exists()


def test_an_entry_may_name_a_test_that_is_not_selected(listed: Door) -> None:
    write(listed, {**ENTRY, "test": "A Wrong Password Is Refused", "requirement": "AUTH-09"})
    command = listed.command("--suite", "alpha")
    ran = listed.run_command(command)
    assert ran.returncode == 0, ran.stdout + ran.stderr
