"""Sorts tests by area, requirement and promise, and says what became of each."""

from __future__ import annotations

from collections import defaultdict

from assay.report.shapes import Area, Catalogue, Caught, Group, Judged, Outcome, Proof, Requirement, Test

_ORDER = (
    Outcome.BROKE,
    Outcome.FLAKY,
    Outcome.BROKEN,
    Outcome.WARNS,
    Outcome.ACCEPTED,
    Outcome.QUARANTINED,
    Outcome.NOT_RUN,
)


def outcome_of(tests: list[Test], later: str = "") -> Outcome:
    """The outcome of what these tests decide together: the worst seen, held when at least one held."""
    if not tests:
        return Outcome.LATER if later else Outcome.ABSENT
    seen = {test.outcome for test in tests}
    for outcome in _ORDER:
        if outcome in seen:
            return outcome
    return Outcome.HELD if Outcome.HELD in seen else Outcome.SKIPPED


def areas(tests: list[Test], book: Catalogue, proof: Proof | None) -> list[Area]:
    """The areas that this run or the catalogue knows, in the order of the catalogue's list of areas."""
    by_requirement: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        for one in test.requirements:
            by_requirement[one].append(test)
    names = [
        *book.areas,
        *(one.area for one in book.requirements.values()),
        *(a for t in tests for a in t.areas),
    ]
    found = [_area(name, tests, by_requirement, book, proof) for name in dict.fromkeys(names)]
    strays = [test for test in tests if not test.areas]
    if strays:
        found.append(Area("other", "Without an area", [], strays, strays, outcome_of(strays)))
    return [area for area in found if area.tests or area.groups]


def _area(
    name: str, tests: list[Test], by_requirement: dict[str, list[Test]], book: Catalogue, proof: Proof | None
) -> Area:
    own = [test for test in tests if name in test.areas]
    groups: dict[str, list[Judged]] = {}
    for requirement in book.requirements.values():
        if requirement.area == name:
            title = f"{requirement.title}: {requirement.group}" if requirement.group else requirement.title
            groups.setdefault(title, []).append(_judged(requirement, by_requirement[requirement.id], proof))
    others = [test for test in own if not any(one in book.requirements for one in test.requirements)]
    listed = [Group(title, entries) for title, entries in groups.items()]
    title = book.areas.get(name, name.capitalize())
    return Area(name, title, listed, own, others, outcome_of(own))


def _judged(requirement: Requirement, tests: list[Test], proof: Proof | None) -> Judged:
    caught: tuple[Caught, ...] = proof.by_requirement.get(requirement.id, ()) if proof else ()
    outcome = outcome_of(tests, requirement.later)
    return Judged(
        id=requirement.id,
        says=requirement.says,
        outcome=outcome,
        tests=tests,
        note=_note(outcome, tests, requirement.later),
        requirement=requirement,
        proof=caught,
    )


def judged_promises(tests: list[Test], book: Catalogue) -> list[Judged]:
    """Every promise with the tests that keep it; one without tests is later, one with tests is kept so far."""
    by_mark: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        for mark in test.promises:
            by_mark[mark].append(test)
    return [
        Judged(
            id=promise.id,
            says=promise.says,
            outcome=outcome_of(by_mark[promise.id], promise.step),
            tests=by_mark[promise.id],
            note=_promise_note(bool(by_mark[promise.id]), promise.step),
            part=promise.part,
        )
        for promise in book.promises.values()
    ]


def _promise_note(tested: bool, step: str) -> str:
    if not step:
        return ""
    return f"in part; whole with {step}" if tested else f"comes with {step}"


def _note(outcome: Outcome, tests: list[Test], later: str) -> str:
    if outcome is Outcome.LATER:
        return f"Comes with {later}."
    if outcome is Outcome.ABSENT:
        return "None of its tests was selected."
    missing = sum(not test.outcome.judged for test in tests)
    if missing and outcome is Outcome.HELD:
        return f"{missing} of its {len(tests)} tests could not be judged."
    if outcome is Outcome.SKIPPED:
        return f"Not judged: {tests[0].why}."
    return f"The rest comes with {later}." if later else ""
