"""The supervisor stops what it started however the run ends, and says in one line why a platform does not start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay.core.errors import PlatformError
from tests.supervisor.conftest import Held, gone


def started(held: Held, **settings: object) -> tuple[str, dict[str, Any], list[int]]:
    """A private platform: its name, what it said, its processes."""
    answer: Any = held.ask(do="start", services=["auth"], settings=settings)
    processes = answer["ready"]["processes"]
    return answer["platform"], answer["ready"], [*processes["auth"], *processes["launcher"]]


def test_a_platform_gets_what_was_asked_for(held: Held) -> None:
    name, ready, pids = started(held, access_token_lifetime=2)
    assert name == "private-1"
    assert ready["asked"]["settings"] == {"access_token_lifetime": 2}
    assert (ready["asked"]["services"], ready["asked"]["profile"]) == (["auth"], "http")
    assert not gone(*pids)


def test_one_shared_platform_for_all_who_ask(held: Held) -> None:
    answers: list[Any] = []
    asking = [threading.Thread(target=lambda: answers.append(held.ask(do="start", shared=True))) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(answers) == 4
    assert len({str(answer) for answer in answers}) == 1


def test_a_stopped_platform_is_gone_and_its_logs_are_kept(held: Held) -> None:
    name, _, pids = started(held)
    held.ask(do="stop", platform=name)
    assert gone(*pids)
    with pytest.raises(PlatformError, match="there is no platform 'private-1' in this run"):
        held.ask(do="control", platform=name, service="auth", action="stop")
    held.root.kill()
    held.root.wait()
    held.wait_gone()
    assert (held.results / "services" / "private-1" / "auth.log").read_text() == "auth was here\n"


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_root_ends(held: Held, ending: signal.Signals) -> None:
    *_, first = started(held)
    *_, second = started(held)
    held.root.send_signal(ending)
    held.root.wait()
    held.wait_gone()
    assert gone(*first, *second)
    assert (held.results / "acceptance.html").exists()


def test_a_platform_that_will_not_end_is_ended(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    name, _, pids = started(held, how="stubborn")
    began = time.monotonic()
    held.ask(do="stop", platform=name)
    assert gone(*pids)
    assert time.monotonic() - began < 20


def test_nothing_is_left_when_the_launcher_is_killed(held: Held) -> None:
    name, _, (service, launcher) = started(held)
    os.kill(launcher, signal.SIGKILL)
    with pytest.raises(PlatformError, match="is not running|is gone|ended"):
        held.ask(do="control", platform=name, service="auth", action="stop")
    held.ask(do="stop", platform=name)
    assert gone(service, launcher)


def test_the_launcher_ends_when_the_supervisor_is_killed(held: Held) -> None:
    *_, pids = started(held)
    (supervisor,) = [p for p in psutil.process_iter() if p.cmdline()[-1:] == [str(held.run.folder)]]
    supervisor.kill()
    deadline = time.monotonic() + 10
    while not gone(*pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    subprocess.run(["rm", "-rf", str(held.run.folder)], check=True)


def test_a_worker_that_outlived_a_killed_root_is_ended(held: Held) -> None:
    surroundings = {**os.environ, "ASSAY_RUN": str(held.run.folder)}
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], env=surroundings)
    time.sleep(0.1)  # its environment is its own only after the exec
    held.root.kill()
    held.root.wait()
    held.wait_gone()
    assert worker.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("dies", "the platform did not start: the database is on fire"),
        ("garbage", "the launcher wrote a ready.json that is not JSON"),
    ],
)
def test_why_a_platform_does_not_start_is_said_in_one_line(held: Held, how: str, says: str) -> None:
    with pytest.raises(PlatformError) as caught:
        started(held, how=how)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    started(held)  # and the run goes on


def test_the_exit_code_of_the_launcher_comes_with_its_line(held: Held) -> None:
    with pytest.raises(PlatformError) as caught:
        started(held, how="dies")
    assert caught.value.exit_code == 3


def test_a_platform_that_never_gets_ready_is_given_up(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.supervisor import launched

    monkeypatch.setattr(launched, "_START_SECONDS", 0.5)
    platform = launched.Launched("slow", held.run.target.launch.command, held.run.folder / "slow", os.environ)  # type: ignore[union-attr]
    with pytest.raises(PlatformError, match=r"was not ready within 0 s|was not ready within 1 s"):
        platform.start({"settings": {"how": "hangs"}, "defects": []}, lambda _: None)


def test_what_a_launcher_says_while_it_starts_reaches_the_console(held: Held) -> None:
    started(held, how="says")
    assert held.said == ["making something once"]


def test_controls_are_answered(held: Held) -> None:
    name, *_ = started(held, how="talks")
    held.ask(do="control", platform=name, service="auth", action="restart")
    with pytest.raises(PlatformError, match="restart postgres: there is no service postgres"):
        held.ask(do="control", platform=name, service="postgres", action="restart")


def test_a_malformed_request_is_refused(held: Held) -> None:
    with pytest.raises(PlatformError, match="unknown request 'dance'"):
        held.ask(do="dance")
    with pytest.raises(PlatformError, match="the request is malformed"):
        held.ask(do="stop")


def test_the_state_of_a_run_is_for_its_owner_alone(held: Held) -> None:
    started(held)
    for path in [held.run.folder / "run.json", *held.run.folder.glob("platforms/*/request.json"), held.run.folder / "supervisor.sock"]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_remains_of_a_run_that_nobody_could_end_are_swept(held: Held, state: Path) -> None:
    remains = state / "remains"
    remains.mkdir()
    (remains / "run.json").write_text('{"root": {"pid": 999999, "created": 1}}', "utf-8")
    os.utime(remains / "run.json", (1, 1))
    from assay.supervisor import ending

    ending.sweep(state, held.run.folder)
    assert not remains.exists()
    assert held.run.folder.exists()


def test_hits_of_defects_are_summed_over_platforms(held: Held) -> None:
    from assay.supervisor.keeping import _listed

    os.environ["ASSAY_DEFECTS"] = "auth.one,auth.two"
    try:
        assert _listed("ASSAY_DEFECTS") == ["auth.one", "auth.two"]
    finally:
        del os.environ["ASSAY_DEFECTS"]
