"""An output.xml that breaks off anywhere can be read again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from assay.command.running.merging import mended
from robot.api import ExecutionResult

SUITE = """*** Settings ***
Documentation    Characters that XML must hide: < > & " '

*** Test Cases ***
A Test With "Quotes" > And < More
    [Tags]    a    b
    Log    <b>a > b</b>    html=True
    FOR    ${x}    IN    1    2
        IF    ${x} > 1    Log    "${x}"
    END
    TRY
        Fail    x > y
    EXCEPT    x > y
        No Operation
    END
    VAR    ${y}    ${1}
    WHILE    ${y} < 2
        VAR    ${y}    ${y + 1}
    END

Another Test
    Run Keyword And Ignore Error    Fail    "
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("merging")
    (folder / "a.robot").write_text(SUITE)
    command = [sys.executable, "-m", "robot", "--outputdir", str(folder), "--log", "NONE", "--report", "NONE"]
    subprocess.run([*command, str(folder / "a.robot")], capture_output=True, check=True)
    return (folder / "output.xml").read_bytes()


def test_a_whole_one_stays_as_it_is(output: bytes) -> None:
    assert mended(output) is output


def test_wherever_it_breaks_off(output: bytes, tmp_path: Path) -> None:
    first = output.index(b"<suite") + 200
    torn = tmp_path / "output.xml"
    for end in range(first, len(output) - 8, 13):
        torn.write_bytes(mended(output[:end]))
        assert ExecutionResult(torn).suite.name == "A", f"cut at {end}: {output[end - 80 : end]!r}"


def test_the_test_that_was_cut_off_failed(output: bytes, tmp_path: Path) -> None:
    torn = tmp_path / "output.xml"
    torn.write_bytes(mended(output[: output.index(b'name="Another Test"') + 400]))
    tests = {test.name: test for test in ExecutionResult(torn).suite.all_tests}
    assert tests['A Test With "Quotes" > And < More'].passed
    assert tests["Another Test"].message == "The process that ran it ended here."
