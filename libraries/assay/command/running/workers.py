"""The workers of a run: pabot and its robots, or one robot, in a process session of their own.

Ctrl-C on the terminal does not reach them; the front door decides what does. Every one of them carries a mark in its
environment, by which those are found that a killed pabot leaves behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from assay.command.running import lanes
from assay.command.running.plan import Plan
from assay.command.running.robotoptions import RobotOptions
from assay.command.running.selection import DROPPED
from assay.core.waiting import until

MARK = "ASSAY_WORKER_OF"
PARTS = "pabot_results"
_MODIFIER = "assay.command.running.selection.OnlyPlanned"


class Workers:
    """The processes that run the tests."""

    def __init__(
        self,
        plan: Plan,
        options: RobotOptions,
        processes: int,
        state: Path,
        root: Path,
        remembered: Mapping[str, float],
        extra: Mapping[str, str],
    ) -> None:
        self.folder = state / "robot"
        self.folder.mkdir(mode=0o700)
        self.log = state / "workers.log"
        self._mark = f"{MARK}={state}".encode()
        self.parallel = processes > 1 and plan.files > 1
        surroundings = {**os.environ, **extra, MARK: str(state), "PYTHONSAFEPATH": "1"}
        surroundings.pop("ROBOT_OPTIONS", None)
        robot = [sys.executable, "-m", "assay.command.running.worker", str(root)]
        if self.parallel:
            # Run from the state folder: pabot leaves a file of suite names where it stands.
            ordering = state / "lanes.txt"
            lanes.write(ordering, lanes.split(plan.tests, remembered, processes))
            command = [sys.executable, "-m", "pabot.pabot", "--processes", str(processes)]
            command += ["--ordering", str(ordering), "static"]
            command += ["--no-pabotlib", "--no-rebot", "--command", *robot, "--end-command"]
        else:
            command = robot
        command += [
            "--prerunmodifier",
            f"{_MODIFIER}:{state / 'plan.json'}",
            *options.without(DROPPED if self.parallel else ()),
            "--outputdir",
            str(self.folder),
            "--log",
            "NONE",
            "--report",
            "NONE",
        ]
        if not self.parallel:
            command += ["--consolecolors", "off"]
        with self.log.open("wb") as output:
            self._child = subprocess.Popen(
                [*command, *options.suites],
                cwd=state,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def status(self) -> int | None:
        """The exit status of the leading process; None while it runs."""
        return self._child.poll()

    @property
    def outputs(self) -> list[Path]:
        """The output.xml of each worker."""
        if self.parallel:
            return sorted((self.folder / PARTS).glob("**/output.xml"))
        return sorted(self.folder.glob("output.xml"))

    def died(self) -> str:
        """What the exit status says beyond tests, in one sentence; empty when the workers did their work."""
        status = self.status
        if status is None:
            return ""
        who = "pabot" if self.parallel else "robot"
        if status < 0:
            return f"{who} was killed by {signal.Signals(-status).name}"
        said = {252: "refused its data or options", 255: "failed unexpectedly"}
        if status in said or (status == 253 and not self.parallel):
            return f"{who} {said.get(status, 'was stopped')}: {self._last_words()}"
        return ""

    def interrupt(self) -> None:
        """Asks every robot to end: the test that runs is cut off, teardowns still run."""
        for process in self._processes():
            if self._is_robot(process):
                _send(process, signal.SIGINT)

    def end(self, seconds: float) -> bool:
        """Waits for all workers to end; True when they did."""
        ended = until(
            lambda: True if self._child.poll() is not None and not self._processes() else None, seconds
        )
        return bool(ended)

    def kill(self) -> None:
        """Ends at once whatever worker is left, found by its mark; also those whose parent is gone."""

        def gone() -> bool | None:
            left = self._processes()
            for process in left:
                _send(process, signal.SIGKILL)
            self._child.poll()
            return None if left else True

        until(gone, 2.0)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(5)

    def _processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                marked = self._mark in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
                if marked and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (OSError, psutil.Error):
                continue
        return found

    def _is_robot(self, process: psutil.Process) -> bool:
        try:
            return "assay.command.running.worker" in process.cmdline() and not (
                self.parallel and process.pid == self._child.pid
            )
        except psutil.Error:
            return False

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return "its log cannot be read"
        said = [line.strip() for line in lines if "ERROR" in line] or [
            line.strip() for line in lines if line.strip()
        ]
        return said[-1][:300] if said else "it said nothing"


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        process.send_signal(number)
