"""Quarantine: a test that comes and goes decides nothing for a time, and its entry cannot rot unnoticed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from assay import report
from assay.report import known
from assay.report.shapes import Outcome
from assay.report.xunit import as_xml

from tests.report.synthetic import Made

TAGS = ("area:auth", "JWT-01")
ENTRY = {
    "test": "One",
    "requirement": "JWT-01",
    "reason": "fails about once in fifty runs; the clock is suspected",
    "owner": "Ada Byron",
    "until": "2999-01-31",
}


@pytest.fixture
def listed(home: Path, made: Made) -> Made:
    made.known_failures = home / "variables" / "known-failures" / "reference.yaml"
    made.known_failures.parent.mkdir()
    write(made, ENTRY)
    made.add("Two", "PASS", "area:auth", "JWT-02")
    return made


def write(made: Made, *entries: Mapping[str, object], **more: object) -> None:
    assert made.known_failures
    made.known_failures.write_text(json.dumps({"quarantine": entries, **more}))


@pytest.mark.parametrize(("status", "did"), [("FAIL", "did not hold"), ("PASS", "held")])
def test_whatever_it_does_it_decides_nothing(listed: Made, status: str, did: str) -> None:
    listed.add("One", status, *TAGS, message="the answer was 200" if status == "FAIL" else "")
    found = report.read(listed.save())
    assert {test.name: test.outcome for test in found.tests} == {
        "One": Outcome.QUARANTINED,
        "Two": Outcome.HELD,
    }
    assert found.exit_status == 0
    assert found.verdict.sentence == "Holds: the one test that was judged found what is promised."
    assert found.verdict.unjudged == "Not judged: 1 of 2 tests: 1 because the quarantine applies."
    ((entry, covered),) = found.quarantine
    assert (entry.state, entry.says) == (
        "quarantined",
        f"{did} this time; Ada Byron answers for it until 2999-01-31",
    )
    assert [test.name for test in covered] == ["One"]
    assert found.requirements[0].outcome is Outcome.QUARANTINED


def test_a_run_of_nothing_but_quarantine_decides_nothing(listed: Made) -> None:
    listed.tests.clear()
    listed.add("One", "PASS", *TAGS)
    found = report.read(listed.save())
    assert found.verdict.sentence == "Not decided: none of 1 test could be judged."
    assert found.exit_status == 1


def test_pages_and_machines_are_told(listed: Made) -> None:
    listed.add("One", "FAIL", *TAGS, message="the answer was 200")
    page = report.write(listed.save()).read_text("utf-8")
    section = page.split('<section id="quarantine"')[1].split("</section>")[0]
    for piece in (
        "quarantined",
        "the clock is suspected",
        "Ada Byron",
        "2999-01-31",
        "the answer was 200",
        "--test One",
    ):
        assert piece in section
    said = json.loads((listed.folder / "results" / "results.json").read_text("utf-8"))
    assert said["counts"] == {"held": 1, "quarantined": 1}
    (entry,) = said["quarantine"]
    assert (entry["test"], entry["owner"], entry["until"], entry["state"]) == (
        "One",
        "Ada Byron",
        "2999-01-31",
        "quarantined",
    )
    cases = ElementTree.fromstring(as_xml(report.read(listed.folder)).encode()).iter("testcase")
    found = {case.get("name"): [(child.tag, child.get("message")) for child in case] for case in cases}
    assert found == {
        "One": [("skipped", "quarantined: did not hold: the answer was 200")],
        "Two": [],
    }


def test_one_that_has_expired_fails_the_run(listed: Made) -> None:
    write(listed, {**ENTRY, "until": "2020-02-29"})
    listed.add("One", "PASS", *TAGS)
    found = report.read(listed.save())
    assert found.exit_status == 1
    assert found.verdict.sentence == (
        "Does not hold: the quarantine is no longer true: “One” was in quarantine (owner: Ada Byron) until 2020-02-29, "
        "which has passed."
    )


def test_on_its_last_day_it_is_good(listed: Made) -> None:
    import datetime

    listed.add("One", "FAIL", *TAGS)
    state = listed.save()
    day = datetime.date(2999, 1, 31)
    assert report.model.read(state, today=day).exit_status == 0
    assert report.model.read(state, today=day + datetime.timedelta(1)).exit_status == 1


@pytest.mark.parametrize("status", ["SKIP", "BEGUN"])
def test_a_test_that_was_not_judged_is_not_hidden(listed: Made, status: str) -> None:
    listed.add("One", status, *TAGS, message="the target lacks auth.jwt")
    found = report.read(listed.save())
    assert found.quarantine[0][0].state == "not judged"
    outcome = {test.name: test.outcome for test in found.tests}["One"]
    assert outcome is {"SKIP": Outcome.SKIPPED, "BEGUN": Outcome.BROKEN}[status]
    assert found.exit_status == {"SKIP": 0, "BEGUN": 1}[status]


def test_an_entry_must_speak_of_a_requirement_of_its_test(listed: Made) -> None:
    write(listed, {**ENTRY, "requirement": "JWT-02"})
    listed.add("One", "FAIL", *TAGS)
    found = report.read(listed.save())
    assert (found.quarantine[0][0].state, found.exit_status) == ("wrong", 1)


def test_a_test_is_listed_once(listed: Made) -> None:
    failure = {
        "test": "One",
        "requirement": "JWT-01",
        "seen": "was 200",
        "accepted_by": "Ada",
        "until": "2999-01-31",
    }
    write(listed, ENTRY, known_failures=[failure])
    listed.add("One", "FAIL", *TAGS, message="the answer was 200")
    found = report.read(listed.save())
    assert (found.known[0].state, found.quarantine[0][0].state, found.exit_status) == ("still so", "wrong", 1)
    write(listed, ENTRY, ENTRY)
    assert [one.state for one, _ in report.read(listed.folder).quarantine] == ["quarantined", "wrong"]


@pytest.mark.parametrize("key", list(ENTRY))
def test_an_entry_that_lacks_something_is_refused_by_file_and_line(listed: Made, key: str) -> None:
    path = listed.known_failures
    assert path
    rest = [f"    {name}: {value}" for name, value in ENTRY.items() if name != key]
    path.write_text("quarantine:\n  -\n" + "\n".join(rest))
    with pytest.raises(known.KnownFailuresError, match=f"reference.yaml:3: an entry lacks {key}$"):
        known.load(path)


@pytest.mark.parametrize("day", ["2026-13-01", "'2026-13-01'", "tomorrow"])
def test_a_day_that_no_calendar_has_is_refused(listed: Made, day: str) -> None:
    path = listed.known_failures
    assert path
    path.write_text(
        "quarantine:\n  - " + "\n    ".join(f"{k}: {v}" for k, v in {**ENTRY, "until": day}.items())
    )
    with pytest.raises(known.KnownFailuresError, match=r"reference\.yaml"):
        known.load(path)
