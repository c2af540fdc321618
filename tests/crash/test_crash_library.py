"""The keywords that kill a service at each step, with doubles of links, platform and calls."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from assay import CrashLibrary as module
from assay.core.errors import AssayError, NoAnswer
from assay.crash.links import Trap
from assay.CrashLibrary import CrashLibrary
from assay.evidence.expect import Unmet

COMMIT, SET = "database: COMMIT of UPDATE a", "session-store: SET"


class World:
    """A service of three writes, the links before it and the platform that it belongs to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = [COMMIT, SET, COMMIT]
        self.trap = Trap()
        self.calls = self.starts = self.tries = 0
        self.is_cut = ""
        self.reached = True
        self.refused_as: str | None = None
        run = SimpleNamespace(control=self._control, platform=SimpleNamespace(private=True))
        monkeypatch.setattr(module, "current", lambda: run)
        monkeypatch.setattr(module, "_http", lambda: self)
        self.library = CrashLibrary()
        self.library._links = self  # type: ignore[assignment]

    def set_trap(self, trap: Trap) -> Trap:
        self.trap = trap
        return trap

    def wait(self, trap: Trap) -> bool:
        return trap.sprung

    def cut(self, name: str) -> None:
        self.is_cut = name

    def mend(self, _name: str) -> None:
        self.is_cut = ""

    def tried(self, name: str) -> int:
        assert name == self.is_cut
        return self.tries

    def let_go(self) -> None:
        self.trap = Trap()

    def call(self, _operation: str, **_fields: Any) -> Any:
        self.calls += 1
        for write in self.writes:
            if self.trap.springs(write) and self.reached:
                self.trap.sprung = True
                raise NoAnswer("it is dead")
        return SimpleNamespace(problem=self.refused_as, status=422 if self.refused_as else 200)

    def service_is_back(self) -> None:
        assert self.starts

    def should_succeed(self, response: Any) -> None:
        if response.problem:
            raise Unmet("a success", response.problem)

    def should_be_refused_as(self, response: Any, problem: str) -> None:
        if response.problem != problem:
            raise Unmet(problem, response.problem)

    def crash_at_each_step(self) -> None:
        for step in self.library.steps_of("auth.signUp", {}):
            self.library.call_with_a_crash(step, "auth.signUp", {})

    def _control(self, _service: str, action: str) -> None:
        self.starts += action == "start"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_every_write_is_a_step_and_every_commit_two(world: World) -> None:
    assert [str(step) for step in world.library.steps_of("auth.signUp", {})] == [
        f"killed before write 1 ({COMMIT})",
        f"killed after write 1 ({COMMIT})",
        f"killed before write 2 ({SET})",
        f"killed before write 3 ({COMMIT})",
        f"killed after write 3 ({COMMIT})",
    ]


def test_at_each_step_the_service_is_started_again_and_asked_once_more(world: World) -> None:
    world.crash_at_each_step()
    assert world.starts == 5
    assert world.calls == 1 + 2 * 5
    world.library.every_step_should_have_healed("auth.signUp")


def test_what_was_answered_is_not_asked_again(world: World) -> None:
    [step, *_] = world.library.steps_of("auth.signUp", {})
    world.writes = []
    world.library.call_with_a_crash(step, "auth.signUp", {})
    assert (world.calls, world.starts) == (2, 0)


def test_what_its_test_asks_again_is_asked_once(world: World) -> None:
    [step, *_] = world.library.steps_of("auth.rotateApiKey", {})
    world.library.call_with_a_crash(step, "auth.rotateApiKey", {}, ask_again=False)
    assert (world.calls, world.starts) == (2, 1)


def test_what_does_not_heal_is_told_with_its_step(world: World) -> None:
    world.crash_at_each_step()
    step = world.library.steps_of("auth.signUp", {})[0]
    world.library.call_with_a_crash(step, "auth.signUp", {})
    world.library.step_has_not_healed(step, "Expected this, saw that.")
    with pytest.raises(Unmet, match="Expected this, saw that") as told:
        world.library.every_step_should_have_healed("auth.signUp")
    assert told.value.failed_rows == [f"killed before write 1 ({COMMIT})"]


def test_what_was_noted_of_one_operation_is_not_told_of_the_next(world: World) -> None:
    [step, *_] = world.library.steps_of("auth.signUp", {})
    world.library.step_has_not_healed(step, "Expected this, saw that.")
    world.crash_at_each_step()
    world.library.every_step_should_have_healed("auth.signUp")


def test_a_repeat_is_refused_as_done_already_and_as_nothing_else(world: World) -> None:
    world.refused_as = "invalid-token"
    module._repeat("auth.signUp", {}, "invalid-token")
    for other in ("wrong-password", None):
        with pytest.raises(Unmet):
            module._repeat("auth.signUp", {}, other)


def test_out_of_order_is_no_answer_and_any_other_refusal_is_a_failure(world: World) -> None:
    world.refused_as = "service-unavailable"
    assert not module._answered("auth.signUp", {})
    world.refused_as = "invalid-request"
    with pytest.raises(Unmet):
        module._answered("auth.signUp", {})


def test_steps_that_are_not_met_again_show_nothing(world: World) -> None:
    world.reached = False
    world.crash_at_each_step()
    with pytest.raises(AssayError, match="5 of 5 steps"):
        world.library.every_step_should_have_healed("auth.signUp")


def test_a_single_step_that_is_never_met_is_named(world: World) -> None:
    [*steps, last] = world.library.steps_of("auth.signUp", {})
    for step in steps:
        world.library.call_with_a_crash(step, "auth.signUp", {})
    world.reached = False
    world.library.call_with_a_crash(last, "auth.signUp", {})
    assert world.library.steps_not_met() == [last]
    with pytest.raises(AssayError, match="1 of 5 steps .* killed after write 3"):
        world.library.every_step_should_have_healed("auth.signUp")


def test_a_step_that_was_missed_can_be_met_later(world: World) -> None:
    world.reached = False
    world.crash_at_each_step()
    world.reached = True
    for step in world.library.steps_not_met():
        world.library.call_with_a_crash(step, "auth.signUp", {})
    assert world.library.steps_not_met() == []
    world.library.every_step_should_have_healed("auth.signUp")


def test_without_steps_nothing_is_shown(world: World) -> None:
    with pytest.raises(AssayError, match="0 of 0 steps"):
        world.library.every_step_should_have_healed("auth.signUp")


def test_an_operation_that_writes_nothing_shows_nothing(world: World) -> None:
    world.writes = []
    with pytest.raises(AssayError, match="writes nothing"):
        world.library.steps_of("auth.signUp", {})


def test_without_links_it_is_told(world: World) -> None:
    world.library._links = None
    with pytest.raises(AssayError, match="there are no links"):
        world.library.steps_of("auth.signUp", {})


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


def test_a_cut_link_is_tried_as_often_as_is_said_or_the_test_fails(world: World) -> None:
    world.library.cut_the_link_to("mail")
    world.tries = 2
    world.library.the_cut_link_should_be_tried("mail", 2, timedelta(0))
    with pytest.raises(Unmet, match="3 tries to reach mail"):
        world.library.the_cut_link_should_be_tried("mail", 3, timedelta(0))


def test_mending_fits_every_teardown(world: World) -> None:
    world.library.cut_the_link_to("mail")
    world.library.mend_the_link_to("mail")
    assert world.is_cut == ""
    world.library._links = None
    world.library.mend_the_link_to("mail")
    with pytest.raises(AssayError, match="there are no links"):
        world.library.cut_the_link_to("mail")
