"""What a killed run left on a platform that stays goes away by `./assay clean`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.frontdoor.door import ROOT, Door, until
from tests.http.doubles import Server
from tests.platform.staying import staying

SUITE = """*** Settings ***
Resource      {root}/resources/account.resource
Test Tags     area:auth    AUTH-01

*** Test Cases ***
Somebody Is Made {name}
    ${{account}} =    Account Of The Target    ann
    ${{person}} =    A Person
    Sign Up    ${{person}}
    Log In    ${{person}}
    Log In    ${{account}}
    {then}
"""
SLOW = "Evaluate    time.sleep(60)    modules=time"


@pytest.fixture
def platform(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A platform that stays, and a target that says so."""
    with staying(ann="ann-of-the-target-1") as server:
        door.environment["ANN_PASSWORD"] = "ann-of-the-target-1"
        target = {
            "name": "small",
            "services": {"auth": {"url": server.url}},
            "offers": ["auth.signup", "auth.logout", "auth.refresh"],
            "accounts": {"ann": {"email": "ann@corp.example", "password": {"env": "ANN_PASSWORD"}}},
        }
        door.target.write_text(json.dumps(target), "utf-8")
        yield server


def _state(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.state  # type: ignore[attr-defined]
    return found


def _clean(door: Door, *arguments: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "assay.command", "clean", *arguments],
        env=door.environment,
        cwd=door.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_run_that_ends_by_itself_leaves_what_nothing_removes(door: Door, platform: Server) -> None:
    door.suite("alpha", SUITE.replace("{root}", str(ROOT)).replace("{then}", "No Operation"))
    ran = door.run()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert _state(platform)["sessions"] == []
    listed = (door.results / "left-behind.txt").read_text()
    assert (
        "account user-" in listed and "session" not in listed and "the target lacks auth.deletion" in listed
    )
    assert "Left behind: 1 thing, listed in left-behind.txt; `./assay clean " in ran.stdout


def test_a_killed_run_is_cleaned_and_the_targets_own_accounts_stay(door: Door, platform: Server) -> None:
    for name in ("alpha", "beta"):
        door.suite(name, SUITE.replace("{root}", str(ROOT)).replace("{then}", SLOW))
    running = door.start()
    until(lambda: len(_state(platform)["sessions"]) == 4)
    for pid in door.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # front door, workers and supervisor alike
    said, _ = running.communicate(timeout=20)
    found = re.search(r"run (\w+)", said)
    assert found
    run = found.group(1)
    status, told = _clean(door)
    assert (status, told.splitlines()[0].split("  ")[0]) == (0, run)
    assert "6 left on small" in told
    status, told = _clean(door, run)
    assert status == 1
    assert f"4 things of the run {run} removed, 2 left." in told
    assert told.count("left: account user-") == 2
    assert _state(platform)["sessions"] == []
    assert len(_state(platform)["accounts"]) == 3
    status, told = _clean(door, run)
    assert (status, f"0 things of the run {run} removed, 2 left." in told) == (1, True)
    assert "ann-of-the-target-1" not in told


def test_what_cannot_be_begun_is_one_line(door: Door, platform: Server) -> None:
    assert _clean(door) == (0, "No run left anything that is known here.\n")
    assert _clean(door, "nobodys0") == (
        2,
        "assay: no run 'nobodys0' left anything that is known here; accepted: nothing\n",
    )
    status, told = _clean(door, "nobodys0", "--target", "nowhere.yaml")
    assert (status, told) == (2, "assay: there is no target file nowhere.yaml\n")
