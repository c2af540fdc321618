"""The kind of a failure, as Robot's own order of events lets the listener see it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SUITE = """\
*** Settings ***
Library    assay.EvidenceListener
Library    ${LIBRARY}

*** Test Cases ***
Deep In Keywords With Steps After It
    Outer
    Log    never

Caught And Then Another
    TRY
        Inner
    EXCEPT    *    type=GLOB
        Log    caught
    END
    Fail    other

Before A Teardown That Passes
    Outer
    [Teardown]    Well

Before A Row That Holds
    [Template]    Row
    Outer
    Well

In A Set-Up Before A Teardown That Passes
    [Setup]    Outer
    Log    never
    [Teardown]    Well

In A Teardown Alone
    Well
    [Teardown]    Outer

*** Keywords ***
Row
    [Arguments]    ${keyword}
    Run Keyword    ${keyword}

Well
    Log    well

Outer
    Inner
    RETURN    never

Inner
    Broken Promise
    RETURN    never
"""
LIBRARY = """\
from assay.evidence.expect import Unmet

def broken_promise():
    raise Unmet("401", "200", "getMe")
"""


def test_a_broken_promise_is_an_expectation_wherever_it_is_deep_in_keywords_and_none_where_it_is_caught(
    tmp_path: Path,
) -> None:
    suite, library = tmp_path / "suite.robot", tmp_path / "breaking.py"
    suite.write_text(SUITE, "utf-8")
    library.write_text(LIBRARY, "utf-8")
    command = [
        sys.executable,
        "-m",
        "robot",
        "--outputdir",
        str(tmp_path),
        "--variable",
        f"LIBRARY:{library}",
    ]
    environment = {**os.environ, "ASSAY_RUN": str(tmp_path)}
    subprocess.run([*command, str(suite)], env=environment, capture_output=True, check=False, timeout=60)
    lines = next((tmp_path / "live").iterdir()).read_text("utf-8").splitlines()
    ended = [entry for entry in map(json.loads, lines) if entry["event"] == "test"]
    assert [(one["kind"], one["expected"], one["seen"]) for one in ended] == [
        ("expectation", "401", "200"),
        ("error", None, None),
        ("expectation", "401", "200"),
        ("expectation", "401", "200"),
        ("setup", None, None),
        ("teardown", None, None),
    ]
