"""Random operations on a store, each compared with a model; what disagrees is made as short as time allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assay.store import model
from assay.store.model import Expected, Model, Step

KEYS = "ab"  # few, so that what is done to one meets what was done to it before
_APART, _DISTURBANCES = 4, 8  # a disturbance comes where something was done that it could lose
_OFTEN = {
    model.WRITE: 2,
    model.WRITE_CURRENT: 2,
    model.READ: 2,
    model.DELETE: 2,
    model.RESTART: 2,
    model.KILL: 2,
}


@dataclass(frozen=True)
class Seen:
    """What was answered: accepted with the versions that were told, a document, listed keys, or the name of a problem."""

    problem: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    document: Any = None
    listed: Sequence[tuple[str, int]] | None = None

    def fits(self, expected: Expected) -> bool:
        """Whether it is what the model says."""
        if (self.problem, self.document) != (expected.problem, expected.document):
            return False
        if expected.listed is not None:
            return list(self.listed or ()) == list(expected.listed)
        return self.versions.keys() <= expected.versions.keys() and all(
            number >= expected.versions[key] if key in expected.anew else number == expected.versions[key]
            for key, number in self.versions.items()
        )


class World(Protocol):
    """A store under test, by its doors: empty at `begin`, after which steps are done with it."""

    doors: Sequence[str]

    def begin(self) -> None:
        """Makes a place where no entity is."""

    def do(self, step: Step, document: Any, version: int | None) -> Seen:
        """Does a step, with the document that it writes and the version that it asks for."""


class Disagreement(AssertionError):
    """The store answered otherwise than its model."""

    def __init__(self, steps: Sequence[Step], last: Step, expected: Expected, seen: Seen) -> None:
        super().__init__(f"{last}: expected {expected}, saw {told(seen)}")
        self.steps, self.last, self.expected, self.seen = list(steps), last, expected, seen


@dataclass(frozen=True)
class Choice:
    """What may be drawn: doors at which several entities are written and listed, what can be restarted, and the kinds of steps."""

    several: Sequence[str]
    listing: Sequence[str]
    parts: Sequence[str]
    kinds: Sequence[str]


class Agreement:
    """A store and its model, side by side."""

    def __init__(self, world: World) -> None:
        self._world, self._doors = world, world.doors
        self.model, self.steps = Model(), list[Step]()
        world.begin()

    def do(self, step: Step) -> None:
        """Does a step with both; one that means nothing now is left out. Raises Disagreement.

        After a step that disturbs, every key is read too, at one door after the other.
        """
        if not self.model.is_possible(step):
            return
        self.steps.append(step)
        self._compare(step)
        for key in KEYS if step.kind in model.DISTURBING else "":
            self._compare(Step(model.READ, (key,), self._doors[len(self.steps) % len(self._doors)]))

    def _compare(self, step: Step) -> None:
        document, version = self.model.document(step), self.model.expected_version(step)
        expected = self.model.take(step)
        seen = self._world.do(step, document, version)
        if not seen.fits(expected):
            raise Disagreement(self.steps, step, expected, seen)
        self.model.learn({key: seen.versions[key] for key in expected.anew if key in seen.versions})


def replay(world: World, steps: Sequence[Step]) -> int:
    """Does just these steps, and returns how many. Raises Disagreement."""
    agreement = Agreement(world)
    for step in steps:
        agreement.do(step)
    return len(agreement.steps)


@dataclass(frozen=True)
class Extent:
    """How many sequences of how many steps at most are done; after so many seconds none is begun but the first."""

    sequences: int = 12
    steps: int = 50
    seconds: float = 120


def explore(world: World, choice: Choice, seed: int, extent: Extent, shrinking: float) -> int:
    """Draws sequences of steps by a seed and does them; returns how many steps were done.

    Raises a Disagreement with as few steps as could be found in so many seconds of `shrinking`.
    """
    from hypothesis import HealthCheck, Phase, reporting, settings
    from hypothesis import seed as seeded
    from hypothesis.errors import Flaky
    from hypothesis.stateful import run_state_machine_as_test

    drawn = _Drawn(world, time.monotonic() + extent.seconds)
    how = settings(
        max_examples=extent.sequences,
        stateful_step_count=extent.steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # what Hypothesis makes simpler has as many steps
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    try:
        with reporting.with_reporter(lambda told: None):
            run_state_machine_as_test(seeded(seed)(_machine(drawn, choice)), settings=how)
    except (Disagreement, Flaky):
        if drawn.first is None:
            raise
        raise shortened(world, drawn.first, shrinking) from None
    return drawn.done


def shortened(world: World, found: Disagreement, seconds: float) -> Disagreement:
    """Leaves out stretches of steps, long ones first, as long as the rest still disagrees and there is time."""
    deadline = time.monotonic() + seconds
    size = max(1, len(found.steps) // 2)
    while time.monotonic() < deadline:
        place, count = 0, len(found.steps)
        while place < len(found.steps) and time.monotonic() < deadline:
            try:
                replay(world, [*found.steps[:place], *found.steps[place + size :]])
                place += size
            except Disagreement as shorter:
                found = shorter
        if size == 1 and len(found.steps) == count:
            break
        size = max(1, size // 2)
    return found


class _Drawn:
    """What was drawn so far, and the first sequence that disagreed."""

    def __init__(self, world: World, deadline: float) -> None:
        self.world, self.done, self._deadline = world, 0, deadline
        self.first: Disagreement | None = None

    def step(self, agreement: Agreement, step: Step) -> None:
        if self.first is not None and agreement.steps != self.first.steps[: len(agreement.steps)]:
            return  # one is enough; Hypothesis does that once more, to be sure of it
        if not agreement.steps and self.done and time.monotonic() > self._deadline:
            return
        self.done += 1
        try:
            agreement.do(step)
        except Disagreement as found:
            self.first = self.first or found
            raise


def _machine(drawn: _Drawn, choice: Choice) -> Any:
    from hypothesis.stateful import RuleBasedStateMachine, rule

    class Machine(RuleBasedStateMachine):
        """Steps as they are drawn. There is one rule, for Hypothesis would leave some of several out of a whole sequence."""

        def __init__(self) -> None:
            super().__init__()
            self.agreement = Agreement(drawn.world)

        @rule(step=_steps(choice, drawn.world.doors))
        def take(self, step: Step) -> None:
            if step.kind not in model.DISTURBING or _may_disturb(self.agreement.steps):
                drawn.step(self.agreement, step)

    return Machine


def _may_disturb(steps: Sequence[Step]) -> bool:
    disturbed = [place for place, one in enumerate(steps, 1) if one.kind in model.DISTURBING]
    return len(disturbed) < _DISTURBANCES and len(steps) - max(disturbed, default=0) >= _APART


def _steps(choice: Choice, doors: Sequence[str]) -> Any:
    """Any step that may be drawn; what changes an entity of a key most often."""
    from hypothesis import strategies

    kinds = strategies.sampled_from([one for kind in choice.kinds for one in [kind] * _OFTEN.get(kind, 1)])
    keys = strategies.permutations(KEYS)

    @strategies.composite
    def drawn(draw: Callable[[Any], Any]) -> Step:
        def one(of: Sequence[str]) -> str:
            return str(draw(strategies.sampled_from(list(of))))

        kind = draw(kinds)
        if kind == model.ROTATE:
            return Step(kind)
        if kind in model.DISTURBING:
            return Step(kind, part=one(choice.parts))
        if kind == model.LIST:
            return Step(kind, door=one(choice.listing))
        if kind == model.WRITE_BOTH:
            return Step(kind, tuple(draw(keys)[:2]), one(choice.several))
        return Step(kind, (draw(keys)[0],), one(doors))

    return drawn()


def told(seen: Seen) -> str:
    return str(Expected(seen.problem, seen.versions, frozenset(), seen.document, seen.listed))
