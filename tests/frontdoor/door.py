"""The front door as a child process, with suites and a platform that take no time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "tests" / "supervisor" / "launcher.py"

QUICK = """*** Settings ***
Library    assay.EvidenceListener
Test Tags    area:auth    AUTH-01

*** Test Cases ***
The First {name}
    [Tags]    one
    Should Be Equal    ${{GREETING}}    hello

The Second {name}
    No Operation

*** Variables ***
${{GREETING}}    hello
"""
SLOW = """*** Settings ***
Library    assay.EvidenceListener
Library    assay.PlatformLibrary
Suite Setup    Start A Private Platform
Suite Teardown    Stop The Private Platform
Test Tags    area:auth    AUTH-01    private

*** Test Cases ***
A Quick One {name}
    Log    ${{{{"much " * 20000}}}}

A Slow One {name}
    Evaluate    time.sleep(60)    modules=time

Another One {name}
    No Operation
"""


class Door:
    """A folder with suites, a target, states and results of its own, and the front door to try on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.states = folder / "s"
        self.suites = folder / "suites"
        self.suites.mkdir()
        self.target = folder / "small.yaml"
        self.write_target()
        outer = {
            name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "ROBOT_"))
        }
        self.environment = {
            **outer,
            "ASSAY_STATE": str(self.states),
            "ASSAY_LEFT": str(folder / "left"),
            "LAUNCHES": str(folder / "launches"),
            "MARK": "double",
        }

    def write_target(self, **changes: Any) -> None:
        """The target of a double, with some of it said otherwise."""
        said = {
            "name": "small",
            "launch": {"command": [sys.executable, str(LAUNCHER), "good"]},
            "services": {"auth": {}},
            "offers": ["auth.password"],
            "controls": ["auth.private", "auth.settings"],
        }
        self.target.write_text(json.dumps({**said, **changes}), "utf-8")

    def suite(self, name: str, text: str = QUICK) -> Path:
        """Writes a suite."""
        path = self.suites / f"{name}.robot"
        path.write_text(text.format(name=name), "utf-8")
        return path

    def command(self, *arguments: str) -> list[str]:
        """A run of the front door, as it is after the set-up."""
        return [
            *(sys.executable, "-P", "-m", "assay.command", "run", "--target", str(self.target)),
            *("--results", str(self.results), *arguments, str(self.suites)),
        ]

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """A run from its beginning to its end."""
        return self.run_command(self.command(*arguments), **changes)

    def run_command(self, command: list[str], **changes: str) -> subprocess.CompletedProcess[str]:
        """Any command in this folder."""
        return subprocess.run(
            command,
            env={**self.environment, **changes},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A run that goes on."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def verdict(self) -> dict[str, Any]:
        """What results.json says."""
        found: dict[str, Any] = json.loads((self.results / "results.json").read_text("utf-8"))
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of each test, by its short name."""
        return {test["id"].rpartition(".")[2]: test["outcome"] for test in self.verdict["tests"]}

    def begun(self) -> set[str]:
        """The tests that began."""
        found = set()
        for path in self.states.glob("*/live/*.jsonl"):
            for line in path.read_text("utf-8").splitlines():
                if json.loads(line)["event"] == "begin":
                    found.add(json.loads(line)["id"].rpartition(".")[2])
        return found

    def processes(self, pattern: str = "") -> list[int]:
        """The processes of a run in this folder whose command line fits."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                carries = f"ASSAY_STATE={self.states}".encode() in (place / "environ").read_bytes().split(
                    b"\0"
                )
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if carries and state != "Z" and re.search(pattern, words):
                found.append(int(place.name))
        return found

    def nothing_runs(self, within: float = 15.0) -> None:
        """Waits until no process of the run is left, and no state."""
        until(lambda: not self.processes(), within)
        until(lambda: not [path for path in self.states.glob("*") if path.is_dir()], within)

    def end_all(self) -> None:
        """Whatever a failed test left."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def until(condition: Callable[[], object], within: float = 40.0) -> None:
    """Waits for something to be so."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"it was not so within {within} s"
        time.sleep(0.05)
