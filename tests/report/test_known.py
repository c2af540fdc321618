"""Known failures: what they allow, and that a list cannot rot unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from assay import report
from assay.report import known
from assay.report.shapes import Outcome

from tests.report.synthetic import Made

TAGS = ("area:auth", "JWT-01")
ENTRY = {
    "test": "One",
    "requirement": "JWT-01",
    "seen": "answer was 200",
    "accepted_by": "Ada Byron",
    "until": "2999-01-31",
}


@pytest.fixture
def listed(home: Path, made: Made) -> Made:
    made.known_failures = home / "variables" / "known-failures" / "reference.yaml"
    return made


def entries(home: Path, *listed: Mapping[str, object]) -> None:
    folder = home / "variables" / "known-failures"
    folder.mkdir()
    lines = ["known_failures:"]
    for entry in listed:
        lines += [
            f"{'  - ' if not index else '    '}{key}: {value}"
            for index, (key, value) in enumerate(entry.items())
        ]
    (folder / "reference.yaml").write_text("\n".join(lines) + "\n")


def judged(made: Made) -> tuple[str, int, Outcome]:
    found = report.read(made.save())
    return found.known[0].state, found.exit_status, found.tests[0].outcome


def test_a_failure_that_was_accepted_does_not_fail_the_run(home: Path, listed: Made) -> None:
    entries(home, ENTRY)
    listed.add("One", "FAIL", *TAGS, message="Expected 401, but the  Answer was 200.")
    found = report.read(listed.save())
    assert found.verdict.sentence == (
        "Holds: 0 of 1 judged tests found what is promised; 1 known failure accepted for now."
    )
    assert judged(listed) == ("still so", 0, Outcome.ACCEPTED)


def test_one_that_passes_fails_the_run(home: Path, listed: Made) -> None:
    entries(home, ENTRY)
    listed.add("One", "PASS", *TAGS)
    assert judged(listed) == ("passes", 1, Outcome.HELD)
    assert "“One” passes" not in report.read(listed.save()).verdict.sentence
    assert "no longer true: “One” the test passes now" in report.read(listed.save()).verdict.sentence


def test_one_that_has_expired_fails_the_run(home: Path, listed: Made) -> None:
    entries(home, {**ENTRY, "until": "2020-02-29"})
    listed.add("One", "FAIL", *TAGS, message="the answer was 200")
    assert judged(listed) == ("expired", 1, Outcome.BROKE)


def test_another_failure_of_the_same_test_is_not_covered(home: Path, listed: Made) -> None:
    entries(home, ENTRY)
    listed.add("One", "FAIL", *TAGS, message="the answer was 500")
    assert judged(listed) == ("different", 1, Outcome.BROKE)


def test_a_test_that_was_not_judged_leaves_its_entry_alone(home: Path, listed: Made) -> None:
    entries(home, ENTRY)
    listed.add("One", "SKIP", *TAGS, message="the target lacks auth.jwt")
    listed.add("Two", "PASS", *TAGS)
    assert judged(listed) == ("not judged", 0, Outcome.SKIPPED)


def test_an_entry_of_a_test_that_was_not_selected_is_left_alone(home: Path, listed: Made) -> None:
    entries(home, {**ENTRY, "test": "Another"})
    listed.add("One", "PASS", *TAGS)
    assert judged(listed) == ("not judged", 0, Outcome.HELD)


def test_an_entry_must_speak_of_a_requirement_of_its_test(home: Path, listed: Made) -> None:
    entries(home, {**ENTRY, "requirement": "JWT-02"})
    listed.add("One", "FAIL", *TAGS, message="the answer was 200")
    assert judged(listed) == ("wrong", 1, Outcome.BROKE)


def test_a_name_that_two_tests_share_must_be_given_in_full(home: Path, listed: Made) -> None:
    entries(home, ENTRY)
    for suite in ("Suites.Auth.Tokens", "Suites.Auth.Login"):
        listed.add("One", "FAIL", *TAGS, suite=suite, message="the answer was 200")
    assert judged(listed) == ("unclear", 1, Outcome.BROKE)


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (["a", "b"], ("still so", 0, Outcome.ACCEPTED)),
        (["a"], ("passes", 1, Outcome.BROKE)),
        (["a", "b", "c"], ("different", 1, Outcome.BROKE)),
    ],
)
def test_rows_of_a_table_are_accepted_one_by_one(
    home: Path, listed: Made, failed: list[str], expected: tuple[str, int, Outcome]
) -> None:
    entries(home, {**ENTRY, "rows": "[a, b]"})
    listed.add("One", "FAIL", *TAGS, message="the answer was 200", failed_rows=failed, rows=20)
    assert judged(listed) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("known_failures:\n  - test: One\n", ":2: an entry lacks accepted_by, requirement, seen, until"),
        ("known: []\n", ":1: unknown key known; known are known_failures, quarantine"),
        ("known_failures: [\n", ": is not YAML"),
        ("known_failures: []\nmore: 1\n", ":1: unknown key more; known are known_failures, quarantine"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(text)
    with pytest.raises(known.KnownFailuresError) as error:
        known.load(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_a_list_that_cannot_be_read_fails_the_verdict(home: Path, listed: Made) -> None:
    listed.add("One", "PASS", *TAGS)
    found = report.read(listed.save())
    assert found.exit_status == 1
    assert "reference.yaml: cannot be read" in found.verdict.sentence
