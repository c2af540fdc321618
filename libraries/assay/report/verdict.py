"""What a run says, in one sentence that needs no further knowledge, and as an exit status."""

from __future__ import annotations

from collections import Counter, defaultdict

from assay.report.shapes import Ending, KnownVerdict, Outcome, Quarantined, Reason, Test, Verdict

HOLDS, BROKE, OPEN = "Holds", "Does not hold", "Not decided"
_NAMED = 3
_LACKS = "the target lacks "
_NOTHING = "nothing that must hold was found broken"


def of(
    tests: list[Test], known: list[KnownVerdict], reasons: list[Reason], ending: Ending, problems: list[str]
) -> Verdict:
    """The verdict over all tests: `problems` are lines that make it fail whatever the tests say."""
    count = {outcome: sum(test.outcome is outcome for test in tests) for outcome in Outcome}
    judged = sum(number for outcome, number in count.items() if outcome.judged)
    untrue = [one for one in known if not one.true]
    missing = count[Outcome.BROKEN] + count[Outcome.NOT_RUN]
    if not tests:
        return Verdict(OPEN, f"{OPEN}: no test was selected.", "", 2)
    if count[Outcome.BROKE] or count[Outcome.FLAKY] or untrue or problems:
        headline = BROKE
        parts = [*_broke(judged, tests), *_flaky(judged, tests), *_untrue(untrue), *problems]
    elif not judged:
        headline, parts = OPEN, [f"none of {_tests(len(tests))} could be judged"]
    elif missing or not ending.whole:
        headline = OPEN
        stopped = ending.how == "interrupted" or bool(count[Outcome.NOT_RUN])
        parts = [
            f"{_held(count[Outcome.HELD], judged)}, but {_cut(missing, len(tests), stopped, ending.detail)}"
        ]
    else:
        only_warns = count[Outcome.WARNS] == judged
        headline, parts = HOLDS, [_NOTHING if only_warns else _held(count[Outcome.HELD], judged)]
    if count[Outcome.WARNS]:
        parts.append(
            f"{_number(count[Outcome.WARNS], 'recommendation')} not followed, which warns but does not fail"
        )
    if count[Outcome.ACCEPTED]:
        parts.append(f"{_number(count[Outcome.ACCEPTED], 'known failure')} accepted for now")
    sentence = f"{headline}: {'; '.join(part for part in parts if part)}."
    return Verdict(headline, sentence, unjudged(reasons, len(tests)), 0 if headline == HOLDS else 1)


def reasons(tests: list[Test]) -> list[Reason]:
    """Why tests were not judged, the most frequent reason first."""
    found: dict[tuple[Outcome, str], list[Test]] = defaultdict(list)
    for test in tests:
        if not test.outcome.judged:
            found[test.outcome, test.why].append(test)
    listed = [Reason(len(group), outcome, why, tuple(group)) for (outcome, why), group in found.items()]
    return sorted(listed, key=lambda reason: (-reason.count, reason.why))


def unjudged(reasons: list[Reason], total: int) -> str:
    """One sentence: how many tests judged nothing, and why."""
    missing = sum(reason.count for reason in reasons)
    if not missing:
        return f"All {total} selected tests were judged." if total > 1 else ""
    gathered = _gathered(reasons)
    named = [f"{count} because {why}" for why, count in gathered[:_NAMED]]
    rest = sum(count for _, count in gathered[_NAMED:])
    if rest:
        named.append(f"{rest} for other reasons")
    return f"Not judged: {missing} of {_tests(total)}: {_list(named)}."


def _gathered(reasons: list[Reason]) -> list[tuple[str, int]]:
    """The reasons with their counts; what the target lacks is one reason, however many things that are."""
    lacking = [reason for reason in reasons if reason.why.startswith(_LACKS)]
    others = [(reason.why, reason.count) for reason in reasons if reason not in lacking]
    if not lacking:
        return others
    counts: Counter[str] = Counter()
    for reason in lacking:
        for name in reason.why.removeprefix(_LACKS).split(", "):
            counts[name] += reason.count
    names = [name for name, _ in counts.most_common()]
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    gathered = (f"{_LACKS}{_list([*names[:_NAMED], *more])}", sum(reason.count for reason in lacking))
    return sorted([gathered, *others], key=lambda one: -one[1])


def _broke(judged: int, tests: list[Test]) -> list[str]:
    """What broke, told apart from tests that failed before they came to their expectation."""
    broke = [test for test in tests if test.outcome is Outcome.BROKE]
    failed = [test for test in broke if test.kind not in ("expectation", "no-answer", "timeout", "")]
    said = []
    if found := [test for test in broke if test not in failed]:
        said.append(f"{len(found)} of {_tests(judged)} found a promise broken{_against(found)}")
    if failed:
        said.append(f"{_tests(len(failed))} could not be carried out{_against(failed)}")
    return said


def _flaky(judged: int, tests: list[Test]) -> list[str]:
    flaky = [test for test in tests if test.outcome is Outcome.FLAKY]
    if not flaky:
        return []
    how = (
        "is flaky: it failed, and held when it was run again"
        if len(flaky) == 1
        else "are flaky: they failed, and held when they were run again"
    )
    return [f"{len(flaky)} of {_tests(judged)} {how}{_against(flaky)}"]


def _against(tests: list[Test]) -> str:
    ids = sorted({one for test in tests for one in test.requirements})
    if not ids:
        return ""
    if len(ids) <= _NAMED:
        return f" ({', '.join(ids)})"
    return f" ({', '.join(ids[:_NAMED])} and {len(ids) - _NAMED} more requirements)"


def _untrue(untrue: list[KnownVerdict]) -> list[str]:
    if not untrue:
        return []
    first = untrue[0]
    more = f", and {len(untrue) - 1} more" if len(untrue) > 1 else ""
    which = "quarantine" if isinstance(first.entry, Quarantined) else "list of known failures"
    return [f"the {which} is no longer true: “{first.entry.test}” {first.says}{more}"]


def _held(held: int, judged: int) -> str:
    if held == judged == 1:
        return "the one test that was judged found what is promised"
    share = f"all {held} tests that were judged" if held == judged else f"{held} of {judged} judged tests"
    return f"{share} found what is promised"


def _cut(missing: int, total: int, stopped: bool, detail: str) -> str:
    if missing:
        how = "the run was stopped" if stopped else "part of the run died"
        return f"{how}: {missing} of {_tests(total)} gave no result"
    return detail or "the run was cut off"


def _tests(number: int) -> str:
    return _number(number, "test")


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _list(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
