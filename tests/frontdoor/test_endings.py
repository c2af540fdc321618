"""However a run ends, nothing of it goes on, and what it leaves is true of what ran."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.frontdoor.door import SLOW, Door, until

ROBOT = r"^\S+ -m assay\.command\.running\.worker"


@pytest.fixture
def slow(door: Door) -> Iterator[Door]:
    """Two workers, each with a test that would take a minute."""
    door.suite("alpha", SLOW)
    door.suite("beta", SLOW)
    yield door


def started(door: Door) -> subprocess.Popen[str]:
    running = door.start()
    until(lambda: {"A Slow One alpha", "A Slow One beta"} <= door.begun())
    return running


def ended(running: subprocess.Popen[str], within: float = 40) -> str:
    said, _ = running.communicate(timeout=within)
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop(slow: Door, number: signal.Signals) -> None:
    running = started(slow)
    running.send_signal(number)
    said = ended(running)
    assert running.returncode == 1
    assert "stopped" in said
    assert slow.outcomes["A Quick One alpha"] == "held"
    assert slow.outcomes["A Slow One alpha"] == "not run"
    assert slow.outcomes["Another One beta"] == "not run"
    assert slow.verdict["ending"]["how"] == "interrupted"
    slow.nothing_runs()


def test_told_twice(slow: Door) -> None:
    running = started(slow)
    for _ in range(2):
        running.send_signal(signal.SIGINT)
    ended(running)
    assert slow.outcomes["A Quick One beta"] == "held"
    assert slow.outcomes["A Slow One beta"] == "not run"
    slow.nothing_runs()


def test_a_worker_is_killed(slow: Door) -> None:
    running = started(slow)
    robots = slow.processes(ROBOT)
    assert len(robots) == 2
    for pid in robots:
        os.kill(pid, signal.SIGKILL)
    said = ended(running)
    assert running.returncode == 1
    assert "gave no result" in said
    assert slow.outcomes["A Quick One alpha"] == "held"
    assert slow.outcomes["A Slow One alpha"] == "broken"
    assert slow.outcomes["Another One alpha"] == "broken"
    assert (slow.results / "log.html").exists(), "the torn output.xml is mended"
    slow.nothing_runs()


def test_pabot_is_killed(slow: Door) -> None:
    running = started(slow)
    os.kill(slow.processes(r"pabot\.pabot")[0], signal.SIGKILL)
    said = ended(running)
    assert running.returncode == 1
    assert "pabot was killed by SIGKILL" in said
    assert slow.outcomes["A Quick One alpha"] == "held"
    assert slow.outcomes["A Slow One beta"] == "broken"
    slow.nothing_runs()


def test_the_front_door_is_killed(slow: Door) -> None:
    running = started(slow)
    running.kill()
    ended(running)
    slow.nothing_runs(30)
    assert slow.outcomes["A Quick One alpha"] == "held"
    assert slow.outcomes["A Slow One beta"] == "broken"
    assert (slow.results / "acceptance.html").exists()


def test_the_results_disk_is_full(door: Door) -> None:
    door.suite("alpha", SLOW.replace("time.sleep(60)", "time.sleep(4)"))
    door.results.mkdir()
    mount = shutil.which("mount")
    if (
        not mount
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=3300k", "tmpfs", str(door.results)],
            capture_output=True,
            check=False,
        ).returncode
    ):
        pytest.skip("a small file system can be mounted by root only")
    try:
        running = door.start()
        until(lambda: "A Slow One alpha" in door.begun())
        fill(door.results / "filler")
        said = ended(running)
        assert running.returncode == 0, said
        assert door.outcomes["A Slow One alpha"] == "held"
        assert (door.results / "acceptance.html").stat().st_size > 50_000
        elsewhere = said.partition("they are in ")[2].split(".\n")[0]
        assert (Path(elsewhere) / "log.html").exists(), said
        shutil.rmtree(elsewhere)
        door.nothing_runs()
    finally:
        subprocess.run(["umount", str(door.results)], check=True)


def fill(path: Path) -> None:
    """Writes until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 1024, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
