"""Random operations on stores in memory: a right one agrees with its model, a wrong one is found and its sequence made short."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.store import model, randomly
from assay.store.model import Step
from assay.store.randomly import Choice, Disagreement, Extent, Seen

KINDS = [*model.AT_A_DOOR, *model.DISTURBING]
CHOICE = Choice(["rest"], ["rest", "worker-1"], ["store", "store-worker-1"], KINDS)
EXTENT = Extent()


class Memory:
    """A store in memory, with one fault or none."""

    doors: Sequence[str] = ("rest", "worker-1")

    def __init__(self, fault: str = "") -> None:
        self.fault, self.done = fault, list[str]()

    def begin(self) -> None:
        self.alive: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.last: dict[str, Any] = {}
        self.deleted: dict[str, Any] = {}

    def do(self, step: Step, document: Any, version: int | None) -> Seen:
        self.done.append(str(step))
        if step.kind in model.DISTURBING:
            return self.disturb(step)
        if step.kind == model.LIST:
            return Seen(listed=[(key, self.versions[key]) for key in sorted(self.alive)])
        if step.kind == model.WRITE_BAD:
            return Seen("schema-violation")
        if version is not None and version != self.versions[step.key]:
            return Seen("stale-version")
        if step.kind in (model.READ, *model.DELETING) and step.key not in self.alive:
            return Seen("not-found")
        if step.kind in model.DELETING:
            self.last = {step.key: self.alive.pop(step.key)}
            self.deleted |= self.last
            return Seen()
        if step.kind != model.READ:
            self.write(step, document)
        told = {key: self.versions[key] for key in step.keys}
        return Seen(versions=told, document=self.alive[step.key] if step.kind == model.READ else None)

    def write(self, step: Step, document: Any) -> None:
        self.last = {}
        for key in step.keys:
            ahead = 5 if self.fault == "versions jump after a deletion" and key in self.deleted else 1
            self.versions[key] = self.versions.get(key, 0) + ahead
            self.deleted.pop(key, None)
            if not (self.fault == "worker-1 writes nothing" and step.door == "worker-1"):
                self.alive[key] = document

    def disturb(self, step: Step) -> Seen:
        if self.fault == "deletions are undone" and step.part == "store":
            self.alive |= self.deleted
        if self.fault == "the last deletion is undone" and step.part == "store":
            self.alive |= self.last
        if self.fault == "versions of what was deleted are forgotten" and step.part == "store":
            self.versions = {key: self.versions[key] for key in self.alive}
        if self.fault == "a rotation is refused" and step.kind == model.ROTATE:
            return Seen("conflict")
        return Seen()


def explored(fault: str, seed: int = 1) -> Disagreement:
    with pytest.raises(Disagreement) as raised:
        randomly.explore(Memory(fault), CHOICE, seed, EXTENT, shrinking=5)
    return raised.value


def test_a_right_store_agrees() -> None:
    assert randomly.explore(Memory(), CHOICE, seed=1, extent=EXTENT, shrinking=5) > 200


def test_a_version_may_jump_after_a_deletion_but_not_otherwise() -> None:
    memory = Memory("versions jump after a deletion")
    assert randomly.explore(memory, CHOICE, seed=1, extent=EXTENT, shrinking=5) > 200


@pytest.mark.parametrize(
    ("fault", "most"),
    [
        ("deletions are undone", 4),
        ("the last deletion is undone", 3),
        ("versions of what was deleted are forgotten", 4),
        ("worker-1 writes nothing", 3),
        ("a rotation is refused", 1),
    ],
)
def test_a_wrong_store_is_found_in_few_steps_that_do_it_again(fault: str, most: int) -> None:
    found = explored(fault)
    assert len(found.steps) <= most
    text = "; ".join(map(str, found.steps))
    with pytest.raises(Disagreement):
        randomly.replay(Memory(fault), model.read(text))
    assert randomly.replay(Memory(), model.read(text)) == len(found.steps)


@pytest.mark.parametrize(
    "fault", ["the last deletion is undone", "versions of what was deleted are forgotten"]
)
def test_what_only_a_restart_at_the_right_moment_shows_is_found_by_every_seed(fault: str) -> None:
    for seed in range(20):
        with pytest.raises(Disagreement):
            randomly.explore(Memory(fault), CHOICE, seed, EXTENT, shrinking=0)


def test_between_two_disturbances_something_is_done_that_the_second_could_lose() -> None:
    memory = Memory()
    randomly.explore(memory, CHOICE, seed=1, extent=EXTENT, shrinking=1)
    disturbed = [
        0,
        *(number for number, one in enumerate(memory.done, 1) if one.split()[0] in model.DISTURBING),
    ]
    assert len(disturbed) > 20
    assert min(after - before for before, after in pairwise(disturbed)) > 4


def test_a_slow_store_is_given_no_more_sequences_when_the_time_is_over() -> None:
    memory = Memory()
    whole = randomly.explore(Memory(), CHOICE, 1, Extent(10, 40), shrinking=1)
    assert 0 < randomly.explore(memory, CHOICE, 1, Extent(10, 40, seconds=0), shrinking=1) < whole / 4


def test_one_seed_draws_the_same_operations() -> None:
    first, second, other = Memory(), Memory(), Memory()
    for memory, seed in ((first, 7), (second, 7), (other, 8)):
        randomly.explore(memory, CHOICE, seed, Extent(5, 20), shrinking=1)
    assert first.done == second.done
    assert first.done != other.done


def test_what_a_target_lacks_is_not_drawn() -> None:
    memory = Memory()
    only = Choice([], [], ["store"], [model.WRITE, model.READ])
    randomly.explore(memory, only, seed=1, extent=Extent(5, 20), shrinking=1)
    assert {one.split()[0] for one in memory.done} == {"write", "read"}
    assert not [one for one in memory.done if "both" in one or "bad" in one]


def test_steps_are_read_as_they_are_told() -> None:
    steps = [
        Step(model.WRITE_BOTH, ("a", "b"), "rest"),
        Step(model.WRITE_CURRENT, ("a",), "worker-1"),
        Step(model.LIST, door="grpc"),
        Step(model.DELETE_STALE, ("b",), "grpc"),
        Step(model.ROTATE),
        Step(model.KILL, part="store-worker-1"),
    ]
    assert model.read("; ".join(map(str, steps))) == steps


def test_what_is_no_step_is_told_in_one_line() -> None:
    with pytest.raises(AssayError, match="'jump a at rest' is no step; right would be"):
        model.read("jump a at rest")


def test_who_asks_for_a_version_must_know_one() -> None:
    assert randomly.replay(Memory(), model.read("write if current a at rest; write if stale a at rest")) == 0
