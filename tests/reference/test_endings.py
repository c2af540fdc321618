"""However a platform ends, nothing of it goes on running and nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reference.launched import Launched, alive, begin, family, launch, survivors


def end_of_input(platform: Launched) -> None:
    assert platform.process.stdin
    platform.process.stdin.close()


def terminated(platform: Launched) -> None:
    platform.process.terminate()


def interrupted(platform: Launched) -> None:
    os.killpg(platform.process.pid, signal.SIGINT)


def killed(platform: Launched) -> None:
    platform.process.kill()


def inner_killed(platform: Launched) -> None:
    inner = [pid for pid in family(platform.process.pid) if _parent(pid) == platform.process.pid]
    for pid in inner:
        os.kill(pid, signal.SIGKILL)


def killed_while_postgres_is_paused(platform: Launched) -> None:
    assert platform.control("database", "pause")["ok"]
    inner_killed(platform)


def killed_while_everything_is_paused(platform: Launched) -> None:
    for service in ("auth", "database", "session-store", "mail"):
        assert platform.control(service, "pause")["ok"]
    platform.process.kill()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize(
    ("end", "orderly"),
    [
        (end_of_input, True),
        (terminated, True),
        (interrupted, True),
        (killed, False),
        (inner_killed, False),
        (killed_while_postgres_is_paused, False),
        (killed_while_everything_is_paused, False),
    ],
)
def test_nothing_is_left(tmp_path: Path, end: Callable[[Launched], None], orderly: bool) -> None:
    with launch(tmp_path) as platform:
        platform.call("GET", "/health/ready")
        data = _data_of(platform.ready["processes"]["database"][0])
        segment = (data / "postmaster.pid").read_text().splitlines()[6].split()[1]
        assert segment in _segments()
        everyone = family(platform.process.pid)
        assert len(everyone) > 6
        end(platform)
        started = time.monotonic()
        status = platform.process.wait(10)
        assert survivors(everyone) == set()
        assert time.monotonic() - started < 6
        assert (status == 0) is orderly
        assert not data.parent.exists()
        assert segment not in _segments()


def _data_of(postgres: int) -> Path:
    words = Path(f"/proc/{postgres}/cmdline").read_text().split("\0")
    return Path(words[words.index("-D") + 1])


def _segments() -> set[str]:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {line.split()[1] for line in lines}


def test_told_to_stop_while_starting_it_stops(tmp_path: Path) -> None:
    process = begin(tmp_path)
    time.sleep(0.4)
    everyone = family(process.pid)
    process.terminate()
    process.communicate(timeout=15)
    assert survivors(everyone) == set()
    assert not (tmp_path / "ready.json").exists() and not (tmp_path / "data").exists()


def test_a_service_that_dies_takes_nothing_with_it(tmp_path: Path) -> None:
    with launch(tmp_path) as platform:
        os.kill(platform.ready["processes"]["session-store"][0], signal.SIGKILL)
        address = platform.signed_up()
        platform.log_in(address)
        assert platform.call("GET", "/health/ready").body["checks"] == {
            "database": "up",
            "session-store": "down",
        }
        assert alive(platform.process.pid)
        assert platform.control("session-store", "start")["ok"]
        assert platform.call("GET", "/health/ready").status == 200
