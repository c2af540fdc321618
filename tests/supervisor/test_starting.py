"""Platforms that start, and those that do not."""

from __future__ import annotations

import time

import pytest

from tests.supervisor.surroundings import Surroundings


def test_a_shared_platform_is_started_once(around: Surroundings) -> None:
    root = around.root()
    first, second = root.do("shared"), root.do("start", shared=True, services=["auth"])
    assert second["ready"] == first
    assert first["services"] == {"auth": {"url": "http://127.0.0.1:9"}}
    assert [launch["services"] for launch in around.launches] == [["auth"]]


def test_private_platforms_have_settings_and_folders_of_their_own(around: Surroundings) -> None:
    root = around.root(settings={"leeway": 1}, profile="https")
    root.do("private", settings={"session_limit": 2})
    root.do("private", settings={})
    first, second = around.launches
    assert first["settings"] == {"leeway": 1, "session_limit": 2}
    assert second["settings"] == {"leeway": 1}
    assert (first["profile"], first["for"], first["run"]) == ("https", "a suite", root.id)
    assert first["folder"] != second["folder"]
    assert set(root.do("status")["platforms"]) == {"private-1", "private-2"}


def test_defects_are_given_to_every_platform_and_their_hits_counted(around: Surroundings) -> None:
    root = around.root(
        environment={"ASSAY_DEFECTS": "auth.one,auth.two", "ASSAY_DEFECTS_FROM": "/tmp/more.py"}
    )
    root.do("shared")
    root.do("private")
    assert [launch["defects"] for launch in around.launches] == [["auth.one", "auth.two"]] * 2
    assert around.launches[0]["defects_from"] == ["/tmp/more.py"]
    root.leave()
    around.nothing_runs()
    assert (around.results / "defect-hits.json").read_text() == '{"auth.one": 6, "auth.two": 6}'


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("dies", "the platform did not start: no room for a platform here"),
        ("crashes", "the platform did not start: RuntimeError: a bug in the launcher"),
        ("garbage", "the launcher wrote a ready.json that is not JSON: Expecting property name"),
        ("empty", 'the launcher wrote a ready.json without "services"'),
        ("homeless", 'in which the service auth has no "url"'),
    ],
)
def test_a_platform_that_does_not_start_is_told_in_one_line(
    around: Surroundings, way: str, said: str
) -> None:
    root = around.root(way)
    told = root.refused("shared")
    assert said in told
    assert "\n" not in told
    assert "no room" not in (around.folder / "console").read_text()  # not said twice
    began = time.monotonic()
    assert root.refused("shared") == told
    assert time.monotonic() - began < 0.5
    assert len(around.launches) == 1  # who asks next is told at once


def test_a_launcher_that_hangs_is_ended(around: Surroundings) -> None:
    root = around.root("hangs-deaf", start_within=0.5, stop_within=0.3)
    assert root.refused("shared") == "the platform was not ready within 0.5 s"
    assert not [line for line in around.running() if "launcher.py" in line or "sleep" in line]


def test_what_a_launcher_says_while_it_starts_reaches_the_console_once(around: Surroundings) -> None:
    root = around.root("talks")
    root.do("shared")
    root.do("shared")
    assert (around.folder / "console").read_text() == "making its environment\n"


def test_the_exit_code_of_the_launcher_comes_with_its_line(around: Surroundings) -> None:
    assert around.root("dies").do("shared")["exit_code"] == 3


def test_four_who_ask_at_once_get_one_platform(around: Surroundings) -> None:
    root = around.root()
    workers = [around.worker(root) for _ in range(3)]
    for one in (root, *workers):
        one.write("shared")
    assert len({str(one.read()) for one in (root, *workers)}) == 1
    assert len(around.launches) == 1


def test_the_state_of_a_run_is_for_its_owner_alone(around: Surroundings) -> None:
    root = around.root()
    root.do("shared")
    private = [
        root.folder / "run.json",
        root.folder / "supervisor.sock",
        *root.folder.glob("platforms/*/request.json"),
    ]
    assert len(private) == 3
    assert [path for path in private if path.stat().st_mode & 0o077] == []


def test_what_is_not_there_is_named(around: Surroundings) -> None:
    root = around.root()
    asked = {"platform": "nobody", "service": "auth", "action": "stop"}
    assert root.refused("control", **asked) == "there is no platform 'nobody' in this run"
    assert root.refused("dance").startswith("unknown request 'dance'; accepted: ")
    assert root.refused("stop").startswith("the request is malformed")


def test_services_are_controlled(around: Surroundings) -> None:
    root = around.root("refuses")
    root.do("private")
    assert root.do("control", platform="private-1", service="auth", action="start")["ok"]
    assert (
        root.refused("control", platform="private-1", service="auth", action="stop")
        == "stop auth: it does not stop"
    )


def test_where_a_clock_is_set_reaches_the_launcher(around: Surroundings) -> None:
    root = around.root("clock")
    root.do("private")
    asked = {"platform": "private-1", "service": "auth", "action": "set-clock"}
    assert root.do("control", **asked, ahead=90.5)["ok"]
    assert root.refused("control", **asked) == "set-clock auth: it was asked for None"


def test_the_supervisor_costs_little(around: Surroundings) -> None:
    """Budget 50 ms on two idle cores; the bound here is for a busy machine and catches only what is out of all measure."""
    root = around.root()
    root.do("private")
    began = time.monotonic()
    for _ in range(20):
        root.do("status")
    assert (time.monotonic() - began) / 20 < 0.1
