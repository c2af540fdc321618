"""What the listener tells of tests: why they failed, what was skipped, what was refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

LIBRARY = """
from assay.core.errors import NoAnswer
from assay.evidence import live
from assay.evidence.expect import Unmet, expect
from assay.evidence.redact import conceal
import time

conceal("a-named-secret-1", "password")

def unmet():
    expect(False, "status 200", 401, "auth.getMe")
def unmet_rows():
    raise Unmet("all", "one", failed_rows=["row a"])
def unanswered():
    raise NoAnswer("auth at http://a.test did not answer within 5 s: GET /x")
def broken():
    raise KeyError("x")
def slow():
    time.sleep(5)
def counted():
    live.count_exchange(0.5); live.count_exchange(0.25); live.count_rows(7)
"""

SUITE = """
*** Settings ***
Library    assay.EvidenceListener
Library    assay.EvidenceListener    AS    Again
Library    Failing.py
Library    Collections

*** Test Cases ***
Holds
    [Tags]    JWT-01
    Counted
Unmet In The Body
    Unmet
Unmet Deeper
    Wrapped
Rows
    Unmet Rows
Builtin Should
    Should Be Equal    a    b
Collections Should
    Lists Should Be Equal    ${{[1]}}    ${{[2]}}
Plain Fail
    Fail    because
Error
    Broken
Unknown Keyword
    Nothing Of That Name
Unknown Variable
    Log    ${NOTHING}
No Answer
    Unanswered
Timeout
    [Timeout]    0.2 s
    Slow
Setup
    [Setup]    Unmet
    No Operation
Teardown
    No Operation
    [Teardown]    Unmet
Body And Teardown
    Unmet
    [Teardown]    Broken
Expected Failure Then Error
    Run Keyword And Expect Error    *    Unmet
    Broken
Caught Then Holds
    TRY
        Unmet
    EXCEPT    *    type=GLOB
        No Operation
    END
Not A Conversion Error
    Should Be Equal As Numbers    a    b
Name With a-named-secret-1
    No Operation
Embedded
    Log In With "a-named-secret-1"
Named Argument Is Fine
    Log    a-named-secret-1
Group Is Fine
    GROUP    a-named-secret-1
        No Operation
    END

*** Keywords ***
Wrapped
    Unmet
Log In With "${word}"
    No Operation
"""

SETUP = """
*** Settings ***
Library    assay.EvidenceListener
Library    Failing.py
Suite Setup    Unmet

*** Test Cases ***
Never Runs
    No Operation
"""

KINDS = {
    "Holds": None,
    "Unmet In The Body": "expectation",
    "Unmet Deeper": "expectation",
    "Rows": "expectation",
    "Builtin Should": "expectation",
    "Collections Should": "expectation",
    "Plain Fail": "error",
    "Error": "error",
    "Unknown Keyword": "error",
    "Unknown Variable": "error",
    "No Answer": "no-answer",
    "Timeout": "timeout",
    "Setup": "setup",
    "Teardown": "teardown",
    "Body And Teardown": "expectation",
    "Expected Failure Then Error": "error",
    "Caught Then Holds": None,
    "Not A Conversion Error": "error",
    "Embedded": "error",
    "Named Argument Is Fine": None,
    "Group Is Fine": None,
    "Never Runs": "setup",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The live results of the suites above, by the tests' names."""
    folder = tmp_path_factory.mktemp("listener")
    (folder / "Failing.py").write_text(LIBRARY, encoding="utf-8")
    (folder / "one.robot").write_text(SUITE, encoding="utf-8")
    (folder / "two.robot").write_text(SETUP, encoding="utf-8")
    state = folder / "state"
    state.mkdir()
    finished = subprocess.run(
        [sys.executable, "-m", "robot", "--pythonpath", ".", "--outputdir", "out", "one.robot", "two.robot"],
        cwd=folder, env={**os.environ, "ASSAY_RUN": str(state)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "a-named-secret-1" not in finished.stdout
    assert "Calling" not in finished.stderr, finished.stderr
    (file,) = (state / "live").glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    begun = [line["id"] for line in lines if line["event"] == "begin"]
    ended = [line for line in lines if line["event"] == "test"]
    assert begun == [line["id"] for line in ended]
    return {line["name"]: line for line in ended}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_of_a_failure_is_told(told: dict[str, dict[str, Any]], name: str) -> None:
    record = told[name]
    assert record["kind"] == KINDS[name], record["message"]
    assert (record["status"] == "PASS") == (KINDS[name] is None)


def test_what_was_expected_and_seen_is_told(told: dict[str, dict[str, Any]]) -> None:
    record = told["Unmet In The Body"]
    assert (record["expected"], record["seen"], record["where"]) == ("status 200", "401", "auth.getMe")
    assert record["message"] == "Expected status 200, saw 401 (auth.getMe)."
    assert told["Rows"]["failed_rows"] == ["row a"]


def test_exchanges_and_rows_are_counted(told: dict[str, dict[str, Any]]) -> None:
    record = told["Holds"]
    assert (record["exchanges"], record["exchange_seconds"], record["rows"]) == (2, 0.75, 7)
    assert record["tags"] == ["JWT-01"]
    assert record["line"] > 0 and record["source"].endswith("one.robot")
    assert told["Unmet In The Body"]["exchanges"] == 0


def test_a_secret_in_a_name_is_refused(told: dict[str, dict[str, Any]]) -> None:
    (named,) = (record for name, record in told.items() if name.startswith("Name With"))
    assert named["status"] == "FAIL"
    assert "a-named-secret-1" not in json.dumps(named)
    assert "A secret stands in the name" in named["message"]
    assert "A secret stands in the name" in told["Embedded"]["message"]
