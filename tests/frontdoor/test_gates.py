"""The gates: which tests decide each, and what a run says of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from assay.command.options import UsageError
from assay.command.running import gates, plan, robotoptions
from assay.command.running.plan import Plan, Planned

from tests.frontdoor.door import ROOT, Door

CACHE = {"says": "What is kept", "decided_by": {"suites/cache.robot": "all", "suites/doors.robot": ["Kept"]}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "resources").mkdir()
    (tmp_path / "suites").mkdir()
    for name in ("cache", "doors"):
        (tmp_path / "suites" / f"{name}.robot").touch()
    return tmp_path


def write(root: Path, content: object) -> None:
    (root / gates.FILE).write_text(yaml.safe_dump(content))


def planned(root: Path, *tests: tuple[str, str]) -> Plan:
    return Plan(
        [
            Planned(f"Suites.{suite}.{name}", name, suite, str(root / "suites" / f"{suite}.robot"), 1, [], "")
            for suite, name in tests
        ]
    )


def decided(root: Path, **outcomes: str) -> str:
    write(root, {"cache": CACHE})
    every = planned(root, ("cache", "First"), ("cache", "Second"), ("doors", "Kept"), ("doors", "Other"))
    chosen = gates.chosen(gates.load(root), ["cache"])
    part = gates.select(every, chosen)
    assert [test.name for test in part.tests] == ["First", "Second", "Kept"]
    ids = {test.name: test.id for test in part.tests}
    (found,) = gates.decisions(chosen, part, {ids[name]: outcome for name, outcome in outcomes.items()})
    assert found.is_open == str(found).startswith("open ")
    return str(found)


def test_a_gate_is_open_when_each_deciding_test_held(root: Path) -> None:
    assert decided(root, First="held", Second="held", Kept="held").endswith("3 tests held")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("did not hold", "1 did not hold: “Kept”"),
        ("known failure", "1 did not hold: “Kept”"),
        ("flaky", "1 did not hold: “Kept”"),
        ("quarantined", "1 did not hold: “Kept”"),
        ("broken", "1 did not hold: “Kept”"),
        ("skipped", "1 not built: “Kept”"),
        ("not run", "1 not built: “Kept”"),
    ],
)
def test_whatever_else_became_of_a_deciding_test_leaves_it_closed(
    root: Path, outcome: str, said: str
) -> None:
    found = decided(root, First="held", Second="held", Kept=outcome)
    assert found.startswith("closed   cache")
    assert found.endswith(f"2 of 3 tests held; {said}")


def test_a_test_without_outcome_was_not_built(root: Path) -> None:
    assert decided(root, First="held", Second="did not hold").endswith(
        "1 of 3 tests held; 1 did not hold: “Second”; 1 not built: “Kept”"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "must name gates"),
        ({"cache": {"says": "What is kept"}}, "cache must have `says` and `decided_by`"),
        ({"cache": {**CACHE, "decided_by": {}}}, "cache: decided_by must name suites"),
        (
            {"cache": {**CACHE, "decided_by": {"suites/none.robot": "all"}}},
            "there is no suite suites/none.robot",
        ),
        (
            {"cache": {**CACHE, "decided_by": {"suites/doors.robot": []}}},
            "must have a list of tests, or `all`",
        ),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_in_one_line(root: Path, content: object, said: str) -> None:
    write(root, content)
    with pytest.raises(UsageError, match=said) as refused:
        gates.load(root)
    assert "\n" not in str(refused.value)


def test_a_test_that_is_not_in_its_suite_is_named(root: Path) -> None:
    write(root, {"cache": CACHE})
    with pytest.raises(UsageError, match="cache: .*doors.robot has no test 'Kept'"):
        gates.select(planned(root, ("doors", "Other")), gates.chosen(gates.load(root), ["all"]))


def test_a_name_that_is_no_gate_is_refused_with_those_there_are(root: Path) -> None:
    write(root, {"cache": CACHE})
    with pytest.raises(UsageError, match="did you mean 'cache'.*accepted: cache, all"):
        gates.chosen(gates.load(root), ["cashe"])


def test_the_eleven_tasks_of_the_store_name_tests_that_there_are() -> None:
    known = gates.load(ROOT)
    assert len(known) == 11
    every = plan.build(robotoptions.understand([str(ROOT / "suites" / "store")], ROOT))
    chosen = list(known.values())
    gates.select(every, chosen)
    for gate in chosen:
        assert any(gate.is_decided_by(test) for test in every.tests), gate.name


def test_a_platform_on_which_nothing_is_built_opens_no_gate(tmp_path: Path) -> None:
    door = Door(tmp_path)
    ran = door.run_command(
        [sys.executable, "-P", "-m", "assay.command", "gate", "handshake", "--target", str(door.target)]
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    told = re.match(
        r"closed   handshake     0 of (\d+) tests held; (\d+) not built: ", ran.stdout.splitlines()[-1]
    )
    assert told and told[1] == told[2]
