"""A run with a fake platform, whose root is a process of the test's own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from assay.core import root, run
from assay.core.run import Run
from assay.core.target import load

FAKE = Path(__file__).parent / "fake_platform.py"


@dataclass
class Held:
    """A run, its root process and where its reports go."""

    run: Run
    root: subprocess.Popen[bytes]
    results: Path
    said: list[str]

    def ask(self, **request: object) -> dict[str, object]:
        return self.run.ask(request)

    def wait_gone(self, seconds: float = 15.0) -> None:
        """Waits until the run's state is gone, which is the last thing that a supervisor does."""
        deadline = time.monotonic() + seconds
        while self.run.folder.exists():
            assert time.monotonic() < deadline, (self.run.folder / "supervisor.log").read_text("utf-8")
            time.sleep(0.02)


def target_file(folder: Path) -> Path:
    """A target whose platform is the fake one."""
    path = folder / "fake.yaml"
    path.write_text(f"name: fake\nlaunch: {{command: [{sys.executable}, {FAKE}]}}\nservices: {{auth: {{}}}}\n", "utf-8")
    return path


def gone(*pids: int) -> bool:
    """Whether none of the processes runs any more."""
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return False
    return True


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the states of runs that is the test's own."""
    folder = Path("/var/tmp") / f"assay-test-{os.getpid()}-{time.monotonic_ns() % 10**9}"
    monkeypatch.setenv("ASSAY_STATE", str(folder))
    monkeypatch.delenv("ASSAY_RUN", raising=False)
    return folder


@pytest.fixture
def held(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A run that has begun."""
    said: list[str] = []
    monkeypatch.setattr(run, "say", said.append)
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    results = tmp_path / "results"
    results.mkdir()
    found = Held(run.begin(load(str(target_file(tmp_path))), results, root.of(sleeper.pid)), sleeper, results, said)
    yield found
    sleeper.kill()
    sleeper.wait()
    found.wait_gone()
    subprocess.run(["rm", "-rf", str(state)], check=True)


Starter = Callable[..., dict[str, object]]
