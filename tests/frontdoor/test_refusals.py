"""Bad input: one line, exit status 2, and nothing has been started or made."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from assay.command import options

from tests.frontdoor.door import QUICK, ROOT, Door

SCRIPT = ROOT / "assay"


def refused(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert not ran.stdout
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("assay: ")
    return lines[0]


def script(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The script itself, with a place for environments in which nothing can be made, so that nothing is set up."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, "ASSAY_ENVS": "/proc/none", **changes},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum"], "unknown command 'rum' (did you mean 'run'?)"),
        (
            ["run", "--target", "referense"],
            "unknown target 'referense' (did you mean 'reference'?); accepted: ",
        ),
        (["run", "--target", "no/such.yaml"], "there is no target file no/such.yaml"),
        (["run", "--processes", "many"], "--processes takes a whole number from 1 to 64"),
        (["prove", "--target", "nobody"], "unknown target 'nobody'"),
        (["platform", "sideways"], "invalid choice: 'sideways'"),
        (["platform", "up", "--set", "leeway"], "--set takes NAME=VALUE"),
        (["test", "--sample", "x"], "invalid int value"),
        (["gate", "cache", "--processes", "none"], "--processes takes a whole number from 1 to 64"),
        (["--target", "reference"], "a command comes first"),
        (["run"], "cannot write /proc"),
    ],
)
def test_before_any_set_up(arguments: list[str], said: str) -> None:
    assert said in refused(script(*arguments))


def test_help_needs_no_set_up() -> None:
    for arguments in (["--help"], ["run", "--help"], ["platform", "-h"]):
        ran = script(*arguments)
        assert ran.returncode == 0
        assert "usage: ./assay" in ran.stdout


def test_no_command_shows_the_help() -> None:
    ran = script()
    assert ran.returncode == 2
    assert "commands:" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such-option"], "option --nosuchoption not recognized"),
        (["--include", "nobody"], "contains no tests matching tag 'nobody'"),
        (["--dryrun"], "--dryrun is not for ./assay run"),
        (["--outputdir", "x"], "--results says where the results go"),
        (["no/such.robot"], "there is no suite no/such.robot"),
        (["--results", "/proc/none"], "cannot write the results to /proc/none"),
    ],
)
def test_before_anything_starts(door: Door, arguments: list[str], said: str) -> None:
    door.suite("alpha")
    assert said in refused(door.run(*arguments))
    assert not door.states.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"offerz": []}, "unknown key 'offerz' (did you mean 'offers'?)"),
        ({"offers": ["auth.pasword"]}, "unknown capability among offers 'auth.pasword'"),
        ({"services": {"aut": {}}}, "unknown service 'aut'"),
    ],
)
def test_a_malformed_target(door: Door, changes: dict[str, Any], said: str) -> None:
    door.suite("alpha")
    door.write_target(**changes)
    line = refused(door.run())
    assert said in line
    assert "small.yaml:" in line
    assert not door.states.exists()


def test_tests_that_all_need_what_the_target_lacks(door: Door) -> None:
    door.suite("alpha", QUICK.replace("AUTH-01", "AUTH-01    needs:auth.https"))
    assert "each of the 2 selected tests needs what the target small lacks (auth.https)" in refused(
        door.run()
    )


def test_a_capability_that_nobody_knows(door: Door) -> None:
    door.suite("alpha", QUICK.replace("AUTH-01", "AUTH-01    needs:auth.magic"))
    line = refused(door.run())
    assert "alpha.robot:" in line
    assert "unknown capability 'auth.magic'" in line


def test_results_that_another_run_writes(door: Door) -> None:
    from assay.command.running.folder import ResultsFolder

    door.suite("alpha")
    held = ResultsFolder(door.results)
    assert f"another run (process {os.getpid()}) is writing to" in refused(door.run())
    held.close()
    assert not list(door.results.iterdir())


def test_through_a_link_from_elsewhere_with_spaces(tmp_path: Path) -> None:
    home = tmp_path / "a copy of it"
    home.mkdir()
    for name in ("assay", "libraries", "variables", "requirements.txt", "constraints.txt", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    (home / "assay").unlink()
    (home / "assay").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "link").symlink_to(home / "assay")
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "link"), "run", "--target", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unknown target 'x'" in refused(ran)


def test_an_old_python_is_told_so() -> None:
    source = SCRIPT.read_text("utf-8")
    ast.parse(source, feature_version=(3, 6))
    known: dict[str, Any] = {"__name__": "script", "__file__": str(SCRIPT)}
    exec(compile(source, str(SCRIPT), "exec"), known)  # noqa: S102 - the script has no .py ending to be imported by
    assert known["too_old"]((3, 9)).startswith("Assay needs Python 3.11 or newer, and ")
    assert known["too_old"]((3, 11)) == known["too_old"]((3, 14)) == ""


def test_the_rest_is_for_robot() -> None:
    found = options.understand(["run", "--include", "a", "suites", "--", "--processes", "9"], ROOT)
    assert found.processes == 2
    assert found.rest == ["--include", "a", "suites", "--processes", "9"]
