"""The keyword that kills a service at each step, with doubles of links, platform and calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from assay import CrashLibrary as module
from assay.core.errors import AssayError, NoAnswer
from assay.crash.links import Trap
from assay.CrashLibrary import CrashLibrary
from assay.evidence.expect import Unmet

WRITES = ["database: COMMIT of UPDATE a", "session-store: SET", "database: COMMIT of UPDATE a"]


class World:
    """A service of three writes, what it keeps, and the links before it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[str] = []
        self.trap = Trap()
        self.calls = self.starts = 0
        self.reached = True
        self.refused_as = ""
        run = SimpleNamespace(control=self._control, platform=SimpleNamespace(private=True))
        monkeypatch.setattr(module, "current", lambda: run)
        monkeypatch.setattr(module, "_http", lambda: self)
        monkeypatch.setattr(module, "_keyword", self._keyword)
        self.library = CrashLibrary()
        self.library._links = self  # type: ignore[assignment]

    def set_trap(self, trap: Trap) -> Trap:
        self.trap = trap
        return trap

    def wait(self, trap: Trap) -> bool:
        return trap.sprung

    def let_go(self) -> None:
        self.trap = Trap()

    def call(self, _operation: str, **_fields: Any) -> Any:
        self.calls += 1
        if self.refused_as:
            return SimpleNamespace(problem=self.refused_as, status=422)
        for write in WRITES:
            springs = self.trap.springs(write) and self.reached
            if not springs or self.trap.after:
                self.written.append(write)
            if springs:
                self.trap.sprung = True
                raise NoAnswer("it is dead")
        return SimpleNamespace(problem=None, status=200)

    def should_succeed(self, response: Any) -> None:
        if response.problem:
            raise Unmet("a success", response.problem)

    def should_be_refused_as(self, response: Any, problem: str) -> None:
        if response.problem != problem:
            raise Unmet(problem, response.problem)

    def _control(self, _service: str, action: str) -> None:
        self.starts += action == "start"

    def _keyword(self, name: str, *_arguments: Any) -> Any:
        if name == "Prepared":
            self.written.clear()
            return {"fields": {}}
        if self.written[-len(WRITES) :] != WRITES:
            raise Unmet("all of it", self.written)
        return None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def heal(world: World, done_already: str = "") -> None:
    world.library.a_crash_at_each_step_should_heal("auth.signUp", "Prepared", "Healed", done_already)


def test_every_write_is_a_step_and_every_commit_two(world: World) -> None:
    heal(world)
    assert world.starts == 5
    assert world.calls == 1 + 2 * 5


def test_what_does_not_heal_is_told_with_its_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_repeat", lambda *_: None)
    with pytest.raises(Unmet) as told:
        heal(world)
    assert told.value.failed_rows[:2] == [
        "killed before write 1 (database: COMMIT of UPDATE a)",
        "killed after write 1 (database: COMMIT of UPDATE a)",
    ]


def test_a_repeat_is_refused_as_done_already_and_as_nothing_else(world: World) -> None:
    world.refused_as = "invalid-token"
    module._repeat("auth.signUp", {}, "invalid-token")
    for other in ("wrong-password", ""):
        with pytest.raises(Unmet):
            module._repeat("auth.signUp", {}, other)


def test_steps_that_are_not_met_again_show_nothing(world: World) -> None:
    world.reached = False
    with pytest.raises(AssayError, match="5 of 5 steps"):
        heal(world)


def test_an_operation_that_writes_nothing_shows_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.WRITES", [])
    with pytest.raises(Unmet, match="write something"):
        heal(world)


def test_without_links_it_is_told(world: World) -> None:
    world.library._links = None
    with pytest.raises(AssayError, match="there are no links"):
        heal(world)


def test_links_are_put_before_a_private_platform_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SimpleNamespace(platform=SimpleNamespace(private=False))
    monkeypatch.setattr(module, "current", lambda: shared)
    with pytest.raises(AssayError, match="private platform only"):
        world.library.put_links_before_the_service()


def test_a_launcher_that_tells_no_links_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = SimpleNamespace(private=True, ready={})
    run = SimpleNamespace(platform=platform, target=SimpleNamespace(name="ours"))
    monkeypatch.setattr(module, "current", lambda: run)
    with pytest.raises(AssayError, match="ours does not say what auth is linked to"):
        world.library.put_links_before_the_service()
