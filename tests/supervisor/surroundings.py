"""What the tests of the supervisor share: a target of a double, a root process, and a look at what is left running."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from assay.core import processes

HERE = Path(__file__).parent
LAUNCHER = HERE / "launcher.py"


class Surroundings:
    """A place for one test: states, results, a target per way of misbehaving, and a mark on every process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"mark-{secrets.token_hex(8)}"
        self.results = folder / "results"
        self.results.mkdir()
        self.launches_file = folder / "launches"
        self.states = folder / "s"
        own = {"MARK": self.mark, "LAUNCHES": str(self.launches_file), "ASSAY_STATE": str(self.states)}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
        self.environment = {**outer, **own}
        self.roots: list[Root] = []

    def target(self, way: str = "good", **launch: Any) -> Path:
        """A target file whose launcher behaves in that way."""
        path = self.folder / f"{way}.yaml"
        told = {
            "name": way,
            "launch": {"command": [sys.executable, str(LAUNCHER), way], "stop_within": 2, **launch},
            "services": {"auth": {}},
            "offers": ["auth.password"],
            "controls": ["auth.private", "auth.settings"],
        }
        path.write_text(json.dumps(told))
        return path

    def root(self, way: str = "good", environment: dict[str, str] | None = None, **launch: Any) -> Root:
        """A root process that has begun a run against such a target."""
        self.roots.append(Root(self, self.target(way, **launch), environment or {}))
        return self.roots[-1]

    def worker(self, root: Root) -> Root:
        """Another process of the same run."""
        self.roots.append(Root(self, root.folder, {"ASSAY_RUN": str(root.folder)}))
        return self.roots[-1]

    @property
    def launches(self) -> list[dict[str, Any]]:
        """What each launcher was asked for."""
        if not self.launches_file.exists():
            return []
        return [json.loads(line) for line in self.launches_file.read_text().splitlines()]

    def running(self) -> list[str]:
        """The command lines of what carries the mark and is alive, root processes apart."""
        apart = {root.process.pid for root in self.roots}
        found = []
        for process in processes.everyone():
            words = processes.words(process.pid)
            marked = processes.carries(process.pid, "MARK", self.mark) or self.mark in words
            if marked and process.alive and process.pid not in apart:
                found.append(" ".join(words))
        return found

    def nothing_runs(self, within: float = 10.0) -> None:
        """Waits until nothing of the run is left, neither processes nor state."""
        deadline = time.monotonic() + within
        while (left := self.running() or self.runs()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left

    def runs(self) -> list[str]:
        """The runs whose state is there."""
        return sorted(path.name for path in self.states.glob("*") if path.is_dir())


class Root:
    """A root process, spoken to in lines."""

    def __init__(self, surroundings: Surroundings, target: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "root_process.py"), str(target), str(surroundings.results)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(surroundings.folder / "console").open("ab"),
            env={**surroundings.environment, **environment},
            text=True,
        )
        told = self.read()
        self.folder, self.id = Path(told["folder"]), told["id"]

    def do(self, what: str, **rest: Any) -> dict[str, Any]:
        """Has the root process do something and returns what came of it."""
        self.write(what, **rest)
        return self.read()

    def write(self, what: str, **rest: Any) -> None:
        """The first half of `do`."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": what, **rest}) + "\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """The second half of `do`."""
        assert self.process.stdout
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def refused(self, what: str, **rest: Any) -> str:
        """Has it do something that cannot be done and returns the line that says why."""
        return str(self.do(what, **rest)["error"])

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def leave(self) -> None:
        """Lets it end in good order."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)

    def supervisor(self) -> int:
        """The process of its supervisor."""
        for process in processes.everyone():
            words = processes.words(process.pid)
            if "assay.supervisor" in words and str(self.folder) in words and process.alive:
                return process.pid
        raise AssertionError("there is no supervisor")

    def kill_supervisor(self) -> None:
        """kill -9."""
        os.kill(self.supervisor(), signal.SIGKILL)
