"""However a run ends, nothing of it is left running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from assay.core import processes

from tests.supervisor.surroundings import Surroundings


def _until(condition: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


@pytest.mark.parametrize("way", ["good", "careless", "hides", "deaf"])
@pytest.mark.parametrize("ending", ["leave", "kill"])
def test_when_the_root_ends_everything_ends(around: Surroundings, way: str, ending: str) -> None:
    root = around.root(way)
    root.do("shared")
    root.do("private")
    assert len(around.running()) >= 5
    getattr(root, ending)()
    around.nothing_runs(25)


def test_a_suite_does_not_wait_until_its_platform_has_ended(around: Surroundings) -> None:
    root = around.root("deaf")
    root.do("shared")
    root.do("private")
    begun = time.monotonic()
    assert root.do("stop private") == {}
    assert time.monotonic() - begun < 1.5  # a deaf launcher is given longer than that before it is killed
    _until(lambda: len(root.do("status")["platforms"]) == 1, 25)
    root.leave()
    around.nothing_runs(25)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_however_the_root_is_told_to_end(around: Surroundings, number: signal.Signals) -> None:
    root = around.root()
    root.do("shared")
    root.process.send_signal(number)
    root.process.wait(5)
    around.nothing_runs()
    assert (around.results / "acceptance.html").exists()


def test_logs_of_services_are_kept_without_secrets(around: Surroundings) -> None:
    stale = around.results / "services" / "private-7-of-the-run-before"
    stale.mkdir(parents=True)
    root = around.root()
    root.do("shared")
    root.do("private")
    root.leave()
    around.nothing_runs()
    assert not stale.exists()
    logs = [
        around.results / "services" / "auth.log",
        around.results / "services" / "private-1-a-suite" / "auth.log",
    ]
    for log in logs:
        text = log.read_text()
        assert text.startswith("started\n")
        assert "hunter2" not in text


def test_a_page_is_written_when_nobody_else_can(around: Surroundings) -> None:
    root = around.root()
    root.kill()
    around.nothing_runs()
    assert (around.results / "acceptance.html").exists()


def test_a_page_that_is_written_is_left_alone(around: Surroundings) -> None:
    root = around.root()
    (root.folder / "report-written").touch()
    root.kill()
    around.nothing_runs()
    assert not (around.results / "acceptance.html").exists()


def test_results_that_cannot_be_written_keep_nothing_from_ending(around: Surroundings) -> None:
    around.results.rmdir()
    around.results.write_text("not a folder")
    root = around.root()
    root.do("shared")
    root.kill()
    around.nothing_runs()
    elsewhere = Path(f"/var/tmp/assay-{os.getuid()}-report-{root.id}")
    assert (elsewhere / "acceptance.html").exists()
    shutil.rmtree(elsewhere)


def test_asked_to_finish_it_ends_while_the_root_lives(around: Surroundings) -> None:
    root = around.root()
    root.do("shared")
    assert root.do("finish") == {"ok": True}
    around.nothing_runs()
    assert root.process.poll() is None


def test_a_killed_launcher_takes_its_services_along(around: Surroundings) -> None:
    root = around.root("hides")
    ready = root.do("shared")
    launcher, service = ready["processes"]["launcher"][0], ready["processes"]["auth"][0]
    os.kill(launcher, signal.SIGKILL)
    _until(lambda: not (found := processes.look(launcher)) or not found.alive)
    root.do("start", shared=True, services=["auth"])
    root.leave()
    around.nothing_runs()
    assert processes.look(service) is None


def test_a_platform_whose_launcher_died_is_told_of(around: Surroundings) -> None:
    root = around.root()
    ready = root.do("shared")
    os.kill(ready["processes"]["launcher"][0], signal.SIGKILL)
    service = ready["processes"]["auth"][0]
    _until(lambda: not (found := processes.look(service)) or not found.alive)
    assert root.refused("start", shared=True) == (
        "the platform shared ended by itself (was killed by signal 9)"
    )


def test_a_killed_supervisor_leaves_no_services(around: Surroundings) -> None:
    root = around.root()
    root.do("shared")
    root.kill_supervisor()
    _until(lambda: not around.running())
    assert "the supervisor of this run" in root.refused("status")
    root.kill()
    _old(around)
    other = around.root()  # the next run removes what the killed one could not
    _until(lambda: around.runs() == [other.folder.name])


def test_the_next_run_ends_what_a_killed_supervisor_could_not(around: Surroundings) -> None:
    root = around.root("deaf")
    root.do("shared")
    root.kill_supervisor()
    root.kill()
    time.sleep(0.2)
    assert around.running() != []
    _old(around)
    other = around.root()
    _until(lambda: around.runs() == [other.folder.name])
    assert not [line for line in around.running() if "deaf" in line]


def test_a_private_platform_ends_with_the_process_that_asked_for_it(around: Surroundings) -> None:
    root = around.root()
    worker = around.worker(root)
    worker.do("private")
    assert list(root.do("status")["platforms"]) == ["private-1"]
    worker.kill()
    _until(lambda: root.do("status")["platforms"] == {})


def test_workers_end_with_a_killed_root(around: Surroundings) -> None:
    root = around.root()
    worker = around.worker(root)
    root.kill()
    around.nothing_runs()
    assert worker.process.wait(5) == -signal.SIGKILL


def test_what_carries_the_run_ends_with_it_even_if_it_never_spoke(around: Surroundings) -> None:
    root = around.root()
    silent = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)"],
        env={**around.environment, "ASSAY_RUN": str(root.folder)},
    )
    _until(lambda: processes.carries(silent.pid, "MARK", around.mark))
    root.kill()
    around.nothing_runs()
    assert silent.wait(5) == -signal.SIGKILL


def test_remains_without_a_description_are_swept(around: Surroundings) -> None:
    remains = around.states / "remains"
    remains.mkdir(parents=True)
    os.utime(remains, (1, 1))
    root = around.root()
    _until(lambda: around.runs() == [root.folder.name])


def test_a_worker_replaces_a_killed_supervisor(around: Surroundings) -> None:
    root = around.root()
    root.do("shared")
    root.kill_supervisor()
    worker = around.worker(root)
    assert worker.do("shared")["services"] == {"auth": {"url": "http://127.0.0.1:9"}}


def _old(around: Surroundings) -> None:
    for told in around.states.glob("*/run.json"):
        os.utime(told, (0, 0))
