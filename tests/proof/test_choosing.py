"""Which defects are proven, and how long what was seen of them stays good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assay.command.proof import cache, firsttries
from assay.command.proof.choosing import Launcher, choose, still_open
from assay.command.proof.shapes import Defect, Judgement, Observation, Proven, Seen, Verdict
from assay.core.errors import AssayError

DEFECTS = [
    Defect(f"auth.defect-{index}", "auth", ("JWT-01",), "A defect.", digest="d") for index in range(30)
]
LISTED = [{"name": "auth.one", "service": "auth", "breaks": ["JWT-01"], "says": "One.", "partial": True}]


def launcher(folder: Path, script: str) -> Launcher:
    home = folder / "platform"
    (home / "defects").mkdir(parents=True)
    (home / "defects" / "auth.py").write_text("ONE = 1\n")
    (home / "service.py").write_text("SERVICE = 1\n")
    start = home / "start"
    start.write_text(f"#!/bin/sh\n{script}\n")
    start.chmod(0o755)
    return Launcher(["./platform/start"], folder)


def test_a_sample_is_the_same_for_the_same_commit_and_another_for_another() -> None:
    one = choose(DEFECTS, [], 5, "abc")
    assert one == choose(DEFECTS, [], 5, "abc")
    assert one != choose(DEFECTS, [], 5, "abd")
    assert len(one) == 5


def test_a_sample_larger_than_all_is_all() -> None:
    assert choose(DEFECTS, [], 99, "abc") == DEFECTS


def test_an_unknown_name_is_refused_with_what_was_probably_meant() -> None:
    with pytest.raises(AssayError, match=r"no defect 'auth.defect-x'.*did you mean 'auth\.defect-"):
        choose(DEFECTS, ["auth.defect-x"], None, "")


def test_the_launcher_lists_its_defects(tmp_path: Path) -> None:
    found = launcher(tmp_path, f"echo '{json.dumps(LISTED)}'").defects([])
    assert [(one.name, one.breaks, one.partial, one.blind) for one in found] == [
        ("auth.one", ("JWT-01",), True, False)
    ]
    assert found[0].digest


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "echo no wheel for this machine >&2; exit 3",
            "could not list its defects: no wheel for this machine",
        ),
        ("echo hello", "did not list its defects as JSON"),
    ],
)
def test_a_launcher_that_cannot_is_told_in_one_line(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(AssayError, match=message):
        launcher(tmp_path, script).defects([])


def test_a_launcher_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="cannot be run"):
        Launcher(["./none"], tmp_path).defects([])


def test_the_service_changes_with_its_files_but_not_with_its_defects(tmp_path: Path) -> None:
    one = launcher(tmp_path, "true")
    before = one.service_digest()
    (tmp_path / "platform" / "defects" / "auth.py").write_text("ONE = 2\n")
    assert one.service_digest() == before
    (tmp_path / "platform" / "service.py").write_text("SERVICE = 2\n")
    assert one.service_digest() != before


def test_what_was_seen_is_kept_until_defect_service_or_suite_change(tmp_path: Path) -> None:
    seen = Observation([Seen("A.b", "b", "A", "FAIL", ("JWT-01",), "expectation")], hits=2, seconds=1.5)
    cache.Cache(tmp_path, "service", "suite", "whole").keep(DEFECTS[0], seen)
    assert cache.Cache(tmp_path, "service", "suite", "whole").load(DEFECTS[0]) == seen
    changed = Defect("auth.defect-0", "auth", ("JWT-01",), "A defect.", digest="other")
    assert cache.Cache(tmp_path, "service", "suite", "whole").load(changed) is None
    for about in (("other", "suite", "whole"), ("service", "other", "whole"), ("service", "suite", "quick")):
        assert cache.Cache(tmp_path, *about).load(DEFECTS[0]) is None


def test_what_was_seen_while_somebody_edited_is_not_kept(tmp_path: Path) -> None:
    kept = cache.Cache(tmp_path, "a", "b", "c", lambda: False)
    kept.keep(DEFECTS[0], Observation())
    assert kept.load(DEFECTS[0]) is None


def test_a_damaged_memory_is_no_memory(tmp_path: Path) -> None:
    kept = cache.Cache(tmp_path, "a", "b", "c")
    kept.keep(DEFECTS[0], Observation())
    next(tmp_path.iterdir()).write_text('{"tests": [')
    assert kept.load(DEFECTS[0]) is None


def test_the_first_try_of_a_blind_defect_is_never_changed(tmp_path: Path) -> None:
    def proven(name: str, verdict: Verdict, *, blind: bool) -> Proven:
        return Proven(Defect(name, "auth", (), "", blind=blind), Observation(), Judgement(verdict, ""))

    file = tmp_path / "first.yaml"
    firsttries.remember(
        file, [proven("a", Verdict.MISSED, blind=True), proven("b", Verdict.CAUGHT, blind=False)]
    )
    assert firsttries.load(file) == {"a": "missed"}
    firsttries.remember(
        file, [proven("a", Verdict.CAUGHT, blind=True), proven("c", Verdict.CAUGHT, blind=True)]
    )
    assert firsttries.load(file) == {"a": "missed", "c": "caught"}


def test_a_sample_draws_nothing_that_is_known_to_be_open() -> None:
    names = {defect.name for defect in DEFECTS}
    left_open = sorted(names)[: len(names) // 2]
    assert not {one.name for one in choose(DEFECTS, [], 99, "abc", left_open)} & set(left_open)
    assert choose(DEFECTS, [], None, "abc", left_open) == DEFECTS


def test_what_is_open_is_a_defect_that_there_is() -> None:
    from reference import defects

    assert set(still_open()) <= {one["name"] for one in defects.listing()}
