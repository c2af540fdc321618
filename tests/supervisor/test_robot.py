"""Plain robot and pabot: one platform for all, and nothing left however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from assay.core import processes

from tests.supervisor.surroundings import Surroundings

SHARED = """\
*** Settings ***
Library    assay.PlatformLibrary

*** Test Cases ***
{name} Uses The Shared Platform
    ${{account}} =    Account Of The Target
    Should Be Equal    ${{account}}[email]    admin@assay.test
    {then}
"""
PRIVATE = """\
*** Settings ***
Library         assay.PlatformLibrary
Suite Setup     Start A Private Platform    access_token_lifetime=${{2}}

*** Test Cases ***
{name} Uses A Platform Of Its Own
    ${{seconds}} =    Platform Setting    access_token_lifetime
    Should Be Equal    ${{seconds}}    ${{2}}
    {then}

{name} Uses Another In A Test
    Start A Private Platform    access_token_lifetime=${{3}}
    ${{seconds}} =    Platform Setting    access_token_lifetime
    Should Be Equal    ${{seconds}}    ${{3}}

{name} Is Back At The Suite's
    ${{seconds}} =    Platform Setting    access_token_lifetime
    Should Be Equal    ${{seconds}}    ${{2}}
    Control    auth    restart

*** Keywords ***
Control
    [Arguments]    ${{service}}    ${{action}}
    Restart Service    ${{service}}
"""
WAIT = "Sleep    60s"


def _suites(around: Surroundings, *names: str, text: str = SHARED, then: str = "No Operation") -> Path:
    folder = around.folder / "suites"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.robot").write_text(text.format(name=name, then=then))
    return folder


def _command(around: Surroundings, suites: Path, *runner: str) -> list[str]:
    target = around.target()
    return [sys.executable, *runner, "--variable", f"TARGET:{target}", "-d", str(around.results), str(suites)]


def _run(around: Surroundings, command: list[str]) -> str:
    done = subprocess.run(
        command, env=around.environment, capture_output=True, text=True, check=False, cwd="/tmp"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _wait_for_launch(around: Surroundings, number: int = 1) -> None:
    deadline = time.monotonic() + 30
    while len(list(around.states.glob("*/platforms/*/ready.json"))) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_robot_has_a_platform_and_leaves_nothing(around: Surroundings) -> None:
    _run(around, _command(around, _suites(around, "One", "Two"), "-m", "robot"))
    around.nothing_runs()
    assert len(around.launches) == 1
    assert (around.results / "acceptance.html").exists()


def test_pabot_has_one_platform_for_all(around: Surroundings) -> None:
    suites = _suites(around, "One", "Two", "Three", "Four")
    worker = ("--command", sys.executable, "-m", "robot", "--end-command")
    command = _command(
        around, suites, "-m", "pabot.pabot", "--chunk", "--processes", "2", "--no-pabotlib", *worker
    )
    _run(around, command)
    around.nothing_runs()
    assert len(around.launches) == 1
    assert (around.results / "acceptance.html").exists()


def test_private_platforms_end_with_what_began_them(around: Surroundings) -> None:
    _run(around, _command(around, _suites(around, "One", text=PRIVATE), "-m", "robot"))
    around.nothing_runs()
    assert [launch["settings"]["access_token_lifetime"] for launch in around.launches] == [2, 3]


def test_killed_robot_leaves_nothing(around: Surroundings) -> None:
    suites = _suites(around, "One", then=WAIT)
    root = subprocess.Popen(
        _command(around, suites, "-m", "robot"), env=around.environment, stdout=subprocess.DEVNULL, cwd="/tmp"
    )
    _wait_for_launch(around)
    root.kill()
    root.wait()
    around.nothing_runs()
    assert (around.results / "acceptance.html").exists()


def test_killed_pabot_leaves_nothing_not_even_workers(around: Surroundings) -> None:
    suites = _suites(around, "One", "Two", then=WAIT)
    worker = ("--command", sys.executable, "-m", "robot", "--end-command")
    command = _command(around, suites, "-m", "pabot.pabot", "--processes", "2", "--no-pabotlib", *worker)
    root = subprocess.Popen(command, env=around.environment, stdout=subprocess.DEVNULL, cwd="/tmp")
    _wait_for_launch(around)
    _wait_for_workers(around, 2)
    root.kill()
    root.wait()
    around.nothing_runs(20)


def test_a_killed_worker_takes_its_private_platform_along(around: Surroundings) -> None:
    suites = _suites(around, "One", text=PRIVATE, then=WAIT)
    _suites(around, "Two", then="Sleep    2s")
    worker = ("--command", sys.executable, "-m", "robot", "--end-command")
    command = _command(around, suites, "-m", "pabot.pabot", "--processes", "2", "--no-pabotlib", *worker)
    root = subprocess.Popen(command, env=around.environment, stdout=subprocess.DEVNULL, cwd="/tmp")
    _wait_for_launch(around, 2)
    for pid in _workers(around):
        if "One" in Path(processes.words(pid)[-1]).read_text():
            os.kill(pid, signal.SIGKILL)
    root.wait(60)
    around.nothing_runs()


def _workers(around: Surroundings) -> list[int]:
    found = []
    for process in processes.everyone():
        words = " ".join(processes.words(process.pid))
        if (
            processes.carries(process.pid, "MARK", around.mark)
            and "robot " in words
            and "pabot.pabot" not in words
        ):
            found.append(process.pid)
    return found


def _wait_for_workers(around: Surroundings, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(_workers(around)) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
