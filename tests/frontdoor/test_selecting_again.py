"""Which tests of the last run are chosen to be run again, without running any."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from assay.command.options import UsageError
from assay.command.running import again
from assay.command.running.plan import Plan, Planned
from assay.core.target import Target

from tests.report.synthetic import Made

MUST, SHOULD = ("area:auth", "JWT-01"), ("area:auth", "JWT-03")
TOKENS = """
area: auth
title: Tokens
requirements:
  - {id: JWT-01, says: A token without a signature is refused., level: MUST, risk: Anyone is anyone., source: RFC 8725}
  - {id: JWT-03, says: A refusal says what to do next., level: SHOULD, risk: People are lost., source: RFC 6750}
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """A run with one test of each kind, among them one in quarantine and one known failure."""
    from assay.report import catalogue

    home = tmp_path / "home"
    (home / "resources" / "catalogue").mkdir(parents=True)
    (home / "resources" / "catalogue" / "tokens.yaml").write_text(TOKENS)
    monkeypatch.setenv("ASSAY_HOME", str(home))
    catalogue.load.cache_clear()
    made = Made(
        tmp_path / "results" / "run", ending={"how": "finished"}, known_failures=tmp_path / "list.yaml"
    )
    made.add("Held", "PASS", *MUST)
    made.add("Broke", "FAIL", *MUST)
    made.add("Warned", "FAIL", *SHOULD)
    made.add("Died", "BEGUN", *MUST)
    made.add("Not Begun", None, *MUST)
    made.add("Skipped", "SKIP", *MUST, message="the target lacks auth.x")
    made.add("Known", "FAIL", *MUST, message="as ever")
    made.add("Comes And Goes", "FAIL", *MUST)
    common = {"requirement": "JWT-01", "until": "2999-01-31"}
    lists = {
        "known_failures": [{**common, "test": "Known", "seen": "as ever", "accepted_by": "Ada"}],
        "quarantine": [{**common, "test": "Comes And Goes", "reason": "not known yet", "owner": "Ada"}],
    }
    (tmp_path / "list.yaml").write_text(json.dumps(lists))
    yield made
    catalogue.load.cache_clear()


def select(made: Made) -> tuple[list[str], str]:
    made.save()
    results = made.folder.parent
    target = Target("reference", made.folder / "reference.yaml", {})
    about = json.loads((made.folder / "run.json").read_text())
    (made.folder / "run.json").write_text(json.dumps({**about, "target_path": str(target.path)}))
    tests = [
        Planned(
            f"Other.{one['id']}", one["name"], "Other", one["source"], one["line"] + 3, list(one["tags"]), ""
        )
        for one in made.tests
    ]
    found, line = again.select(Plan(tests), results, target)
    return [test.name for test in found.tests], line


def test_what_failed_or_broke_and_is_not_accounted_for(made: Made) -> None:
    found, line = select(made)
    assert found == ["Broke", "Warned", "Died", "Not Begun"]
    assert line == (
        "4 of the 4 that failed or broke in the last run against reference (21 November 2026, 07:00 UTC); "
        "what the others did then stands"
    )


def test_of_a_stopped_run_what_failed_and_not_what_was_not_reached(made: Made) -> None:
    made.ending = {"how": "interrupted"}
    assert select(made)[0] == ["Broke", "Warned"]


def test_after_an_attempt_that_never_began_the_one_before_counts(made: Made) -> None:
    expected = select(made)
    results = made.folder.parent
    (results / "attempts" / "10").mkdir(parents=True)
    shutil.copytree(results / "run", results / "attempts" / "9" / "run")
    (results / "attempts" / "9" / "run" / "run.json").write_text(json.dumps({"target": "another"}))
    shutil.move(results / "run", results / "attempts" / "10" / "run")
    target = Target("reference", made.folder / "reference.yaml", {})
    planned = Plan([Planned("x", "Broke", "S", "/suites/tokens.robot", 1, [], "")])
    assert again.select(planned, results, target)[0].tests == planned.tests
    assert expected[0][0] == "Broke"


def test_tests_of_the_same_name_elsewhere_are_others(made: Made) -> None:
    select(made)
    target = Target("reference", made.folder / "reference.yaml", {})
    planned = Plan([Planned("x", "Broke", "S", "/suites/other.robot", 1, [], "")])
    with pytest.raises(
        UsageError, match="nothing to run again: 4 tests failed or broke in .*, and none of them is"
    ):
        again.select(planned, made.folder.parent, target)
