"""Environments: made once, made again when they must be, never by two at a time."""

from __future__ import annotations

import builtins
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assay.command import environment

from tests.frontdoor.door import ROOT, until


class Made:
    """A repository of nothing but pins, and a count of how often its environments were made."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.installs = 0
        self.fails = ""
        (root / "reference").mkdir()
        for name in (*environment._READ, "pyproject.toml"):
            shutil.copy(ROOT / name, root / name)
        monkeypatch.setenv("ASSAY_ENVS", str(root / "envs"))
        monkeypatch.setattr(environment, "_venv", self._venv)
        monkeypatch.setattr(environment, "_install", self._install)

    def ensure(self) -> environment.Environment:
        found = environment.ensure("suite", self.root)
        held = [int(one.name) for one in Path("/proc/self/fd").iterdir() if _points_to(one, "suite.lock")]
        for number in held:
            os.close(number)
        return found

    def _venv(self, folder: Path, output: int, log: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()

    def _install(self, python: Path, kind: str, root: Path, log: Path) -> None:
        self.installs += 1
        if self.fails:
            raise environment.SetupError(self.fails)


def _points_to(link: Path, name: str) -> bool:
    try:
        return link.readlink().name == name
    except OSError:
        return False


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    yield Made(tmp_path, monkeypatch)


def test_once(made: Made) -> None:
    first, second = made.ensure(), made.ensure()
    assert made.installs == 1
    assert first == second
    assert first.python == made.root / "envs" / "suite" / "bin" / "python"


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "reference/requirements.txt"])
def test_again_when_a_pin_changes(made: Made, name: str) -> None:
    made.ensure()
    with (made.root / name).open("a") as file:
        file.write("# changed\n")
    made.ensure()
    assert made.installs == 2


def test_not_again_when_a_tool_is_set_otherwise(made: Made) -> None:
    made.ensure()
    with (made.root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.other]\nx = 1\n")
    made.ensure()
    assert made.installs == 1


def test_again_when_it_was_interrupted(made: Made) -> None:
    made.fails = "pip could not install what the suite needs: no such version"
    with pytest.raises(environment.SetupError, match="no such version"):
        made.ensure()
    made.fails = ""
    made.ensure()
    assert made.installs == 2


def test_another_waits_until_it_is_not_used(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.ensure()
    user = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); print(flush=True); time.sleep(1)",
            str(made.root / "envs" / "suite.lock"),
        ],
        stdout=subprocess.PIPE,
    )
    assert user.stdout
    user.stdout.readline()
    (made.root / "requirements.txt").write_text("changed")
    made.ensure()
    assert user.wait() == 0
    assert "waiting for another ./assay" in capsys.readouterr().err


def test_without_venv_the_package_is_named(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name, name=name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(environment.SetupError, match=r"apt install python3-venv \(or python3\.\d+-venv\)"):
        made.ensure()


def test_pip_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "Collecting x\nERROR: Could not find a version of x\nERROR: No matching distribution for x==9\n\n"
    )
    assert environment._last(log) == "No matching distribution for x==9"


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_ENVS", "/proc/none")
    with pytest.raises(environment.SetupError, match="name a folder for the environments by ASSAY_ENVS"):
        environment.ensure("suite", ROOT)


def test_the_lock_lives_as_long_as_the_command(made: Made) -> None:
    program = (
        "import sys; from pathlib import Path; from assay.command import environment as e; import os\n"
        "e._venv = lambda f, o, l: ((f / 'bin').mkdir(parents=True), (f / 'bin' / 'python').touch())\n"
        "e._install = lambda *a: None\n"
        "e.ensure('suite', Path(sys.argv[1]))\n"
        "os.execv('/bin/sleep', ['sleep', '30'])\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(made.root)], env=dict(os.environ))
    try:
        until(lambda: Path(f"/proc/{child.pid}/comm").read_text().strip() == "sleep")
        with (made.root / "envs" / "suite.lock").open() as lock:
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            child.kill()
            child.wait()
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        child.kill()
        child.wait()


def test_a_second_time_it_costs_next_to_nothing(made: Made) -> None:
    made.ensure()
    began = time.perf_counter()
    made.ensure()
    assert time.perf_counter() - began < 2  # measured: 2 ms; a bound that only a set-up would break


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_pip_installs_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    pip, begun = tmp_path / "python", tmp_path / "begun"
    pip.write_text(f"#!/bin/sh\nsleep 300 &\necho $$ $! > {begun}.draft\nmv {begun}.draft {begun}\nwait\n")
    pip.chmod(0o755)
    work = (
        "from pathlib import Path\nfrom assay.command import environment\n"
        f"with environment._ending_by_signals():\n"
        f"    environment._install(Path({str(pip)!r}), 'suite', Path({str(ROOT)!r}), Path({str(tmp_path / 'log')!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", work], stderr=subprocess.DEVNULL)
    until(begun.exists)
    process.send_signal(number)
    assert process.wait(10) in (128 + number, -number)
    until(lambda: not any(_lives(int(pid)) for pid in begun.read_text().split()))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
