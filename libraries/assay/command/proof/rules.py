"""The rules of proof: when a defect counts as caught, and what it is otherwise.

Caught means: the platform became ready, the smoke suite stayed green, a test tagged with the broken requirement failed on
its expectation, and the same test passes with the defect off. Anything else says something about the defect or the tests
that somebody has to look at, so each case has a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.command.proof.shapes import Counted, Defect, Judgement, Observation, Seen, Verdict

COARSE_SHARE = 0.05


def judge(defect: Defect, seen: Observation, without: Observation) -> Judgement:
    """What the tests made of a defect.

    `seen` is the platform with the defect, `without` the same tests with the defect off. Where too few of the area's
    tests were run to count, only the smoke suite shows that a defect is too coarse.
    """
    if seen.start:
        return Judgement(Verdict.NO_START, seen.start)
    passes = {test.id for test in without.tests if test.status == "PASS"}
    red = [test for test in seen.tests if test.red]
    new = [test for test in red if test.id in passes]
    own = [test for test in red if set(defect.breaks) & set(test.tags)]
    smoke = tuple(test.id for test in new if test.smoke)
    named = tuple(test.id for test in red)

    def found(verdict: Verdict, why: str, caught_by: Sequence[str] = ()) -> Judgement:
        return Judgement(verdict, why, tuple(caught_by), smoke, named)

    if not seen.finished:
        return found(Verdict.UNFINISHED, "its tests did not end in time")
    if seen.failed:
        return found(
            Verdict.BROKEN, f"its own code failed {seen.failed} times, so it does not do what it says"
        )
    if seen.hits == 0:
        return found(Verdict.INERT, "no test ever reached the place that it changes")
    if smoke:
        return found(Verdict.COARSE, f"the smoke suite is red: {_names(new, smoke)}")
    if seen.counted is not Counted.NONE and (coarse := _coarse(defect, seen, new)):
        return found(Verdict.COARSE, coarse)
    caught = [test.id for test in own if test.kind == "expectation" and test.id in passes]
    if caught:
        return found(Verdict.CAUGHT, f"{_names(own, caught)} failed on what it expects", caught)
    return found(*_not_caught(defect, seen, new, own))


def _not_caught(defect: Defect, seen: Observation, new: list[Seen], own: list[Seen]) -> tuple[Verdict, str]:
    broken = ", ".join(defect.breaks)
    fresh = [test for test in own if test in new]
    if fresh:
        kinds = ", ".join(sorted({test.kind or "error" for test in fresh}))
        return (
            Verdict.NOT_ON_EXPECTATION,
            f"{fresh[0].name} failed, but not on what it expects ({kinds}): {_short(fresh[0].message)}",
        )
    if own:
        return Verdict.RED_WITHOUT, f"{own[0].name} fails with the defect off as well"
    if new:
        return Verdict.ELSEWHERE, f"only {new[0].name} failed, which does not speak of {broken}"
    if not any(set(defect.breaks) & set(test.tags) for test in seen.tests):
        return Verdict.MISSED, f"no test speaks of {broken}"
    return Verdict.MISSED, f"every test of {broken} stayed green"


def _coarse(defect: Defect, seen: Observation, new: list[Seen]) -> str:
    """In an area of a few tests one red test is more than the share; so at least two are asked for.

    Where the others are only drawn, those of them that are red stand for as many more as there are tests that were not drawn.
    """
    area = f"area:{defect.service}"
    ran = [test for test in seen.tests if area in test.tags and test.status != "SKIP"]
    red = [test for test in ran if test in new]
    if len(red) < 2:
        return ""
    if seen.counted is Counted.ALL:
        return _share(len(red), len(ran), "")
    own = [test for test in ran if set(defect.breaks) & set(test.tags)]
    strangers = [test for test in red if test not in own]
    weight = (seen.area - len(own)) / max(1, len(ran) - len(own))
    return _share(len(red) - len(strangers) + round(len(strangers) * weight), seen.area, "about ")


def _share(red: int, of: int, how: str) -> str:
    if red <= COARSE_SHARE * of:
        return ""
    return (
        f"{how}{red} of {of} tests of its area are red ({100 * red / of:.0f}%, more than {COARSE_SHARE:.0%})"
    )


def _names(tests: list[Seen], ids: Sequence[str]) -> str:
    names = [test.name for test in tests if test.id in ids]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:160]}…"
