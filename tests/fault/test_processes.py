"""Processes paused, killed, limited: felt, and let go whatever happens."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assay import FaultLibrary as module
from assay.core import processes
from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS
from assay.core.waiting import until
from assay.evidence.expect import Unmet
from assay.FaultLibrary import FaultLibrary

from tests.fault.conftest import Echo, connect, say

Victim = subprocess.Popen[str]


def state(pid: int) -> str:
    found = processes.look(pid)
    return found.state if found else ""


def test_a_paused_process_goes_on(library: FaultLibrary, victim: Victim) -> None:
    for _ in range(2):
        library.pause_process(victim.pid)
        assert state(victim.pid) == "T"
        library.resume_process()
        assert say(victim) == "opened"


def test_what_is_left_paused_goes_on_at_the_end(library: FaultLibrary, victim: Victim) -> None:
    library.pause_process(victim.pid)
    FAULTS.undo_all()
    assert say(victim) == "opened" and FAULTS.left == 0
    library.pause_process(victim.pid)
    library.take_every_fault_away()
    assert say(victim) == "opened"


def test_what_a_killed_process_paused_and_limited_goes_on(victim: Victim) -> None:
    before = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
    program = (
        "import sys; from assay.FaultLibrary import FaultLibrary\n"
        "library, pid = FaultLibrary(), int(sys.argv[1])\n"
        "library.exhaust_descriptors_of_process(pid); library.pause_process(pid)\n"
        "print('done', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(victim.pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "done\n"
        assert state(victim.pid) == "T"
        process.kill()
    assert until(lambda: True if state(victim.pid) != "T" else None, 10)
    assert until(lambda: resource.prlimit(victim.pid, resource.RLIMIT_NOFILE) == before or None, 10)
    assert say(victim) == "opened"


def test_descriptors_run_out_and_come_back(library: FaultLibrary, victim: Victim) -> None:
    library.exhaust_descriptors_of_process(victim.pid, leaving=2)
    assert [say(victim) for _ in range(3)] == ["opened", "opened", "Too many open files"]
    library.lift_the_limits(victim.pid)
    assert say(victim) == "opened"


def test_limits_are_set_by_name(library: FaultLibrary, victim: Victim) -> None:
    library.limit_process(victim.pid, "file-size", 4096)
    assert resource.prlimit(victim.pid, resource.RLIMIT_FSIZE)[0] == 4096
    library.lift_the_limits()
    assert resource.prlimit(victim.pid, resource.RLIMIT_FSIZE)[0] != 4096
    with pytest.raises(AssayError, match="there is no limit patience"):
        library.limit_process(victim.pid, "patience", 1)


def test_a_killed_process_has_ended_and_a_living_one_is_told(library: FaultLibrary, victim: Victim) -> None:
    with pytest.raises(
        Unmet, match=rf"\[{victim.pid}\] to have ended within 0.05 s, saw \[{victim.pid}\] alive"
    ):
        library.process_should_end(victim.pid, within=timedelta(milliseconds=50))
    library.kill_process(victim.pid)
    library.process_should_end(victim.pid)
    with pytest.raises(AssayError, match=f"there is no process {victim.pid}"):
        library.pause_process(victim.pid)


class Platform:
    """Stands for a run with a private platform."""

    def __init__(self, private: bool = True, links: dict[str, dict[str, str]] | None = None) -> None:
        self.done: list[Any] = []
        self.platform = SimpleNamespace(private=private, ready={"links": links or {}})
        self.platform_if_started: Any = self.platform
        self.target = SimpleNamespace(name="ours")

    def control(self, service: str, what: str, links: Any = None) -> None:
        self.done.append((what, service, links) if links else (what, service))


def test_services_are_brought_back_as_the_test_ends(
    library: FaultLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Platform()
    monkeypatch.setattr(module, "current", lambda: run)
    library.pause_the_service("store")
    library.kill_the_service("auth")
    library.restart_the_service("auth")
    FAULTS.undo_all()
    assert run.done == [
        ("pause", "store"),
        ("kill", "auth"),
        ("restart", "auth"),
        ("start", "auth"),
        ("resume", "store"),
    ]
    library.kill_the_service("auth")
    run.platform_if_started = None
    FAULTS.undo_all()
    assert run.done[-1] == ("kill", "auth")


def test_a_shared_platform_is_left_alone(library: FaultLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Platform(private=False)
    monkeypatch.setattr(module, "current", lambda: run)
    with pytest.raises(AssayError, match="kill store is refused: others use this platform"):
        library.kill_the_service("store")
    with pytest.raises(AssayError, match="proxies are put before a private platform only"):
        library.put_proxies_before_the_service("store")
    assert run.done == [] and FAULTS.left == 0


def test_each_link_of_a_service_gets_a_proxy(
    library: FaultLibrary, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Platform(links={"store": {"database": echo.address, "mail": echo.address}})
    monkeypatch.setattr(module, "current", lambda: run)
    addresses = library.put_proxies_before_the_service("store")
    assert run.done == [("link", "store", addresses), ("restart", "store")]
    with connect(addresses["mail"]) as connection:
        connection.sendall(b"a")
        assert connection.recv(1) == b"a"
    library.proxy_should_have_been_used("mail")
    assert library.counters_of("database")["connections"] == 0
    run.platform.ready = {}
    with pytest.raises(AssayError, match="ours does not say what store is linked to"):
        library.put_proxies_before_the_service("store")


def test_a_fault_that_cannot_be_undone_does_not_stop_the_others(
    library: FaultLibrary, victim: Victim
) -> None:
    library.pause_process(victim.pid)

    def fail() -> None:
        raise AssayError("it does not want to")

    FAULTS.promise_call(fail)
    with pytest.raises(AssayError, match="not everything could be put back: AssayError: it does not want to"):
        library.take_every_fault_away()
    assert say(victim) == "opened"
