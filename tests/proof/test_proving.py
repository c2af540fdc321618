"""Proving a list of defects: resumed where it stopped, several at a time, refused where nothing can be proven."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from assay.command.proof import proving
from assay.command.proof.cache import Cache
from assay.command.proof.proving import Prover, all_tests
from assay.command.proof.shapes import Defect, Observation, Proven, Verdict
from assay.core.errors import AssayError

from tests.proof.test_rules import DEFECT, RED, WITHOUT, platform

OTHER = Defect("auth.other", "auth", ("JWT-09",), "Another.")


class Seer:
    """Sees what it is told to, and remembers what it was asked for."""

    def __init__(self, **seen: Observation) -> None:
        self.seen = {name.replace("_", "."): one for name, one in seen.items()}
        self.without = WITHOUT
        self.asked: list[str] = []
        self.confirmed: list[str] = []

    def __call__(self, service: str, defect: Defect) -> Observation:
        self.asked.append(defect.name)
        return self.seen[defect.name]

    def confirm(self, service: str, tests: Sequence[str]) -> Observation:
        self.confirmed += tests
        if self.without.start:
            return self.without
        return Observation([test for test in self.without.tests if test.id in tests])


def quiet(proven: Proven, done: int, total: int, left: float) -> None:
    assert 0 < done <= total
    assert left >= 0


def prove(
    seer: Seer, folder: Path, *defects: Defect, others: Sequence[Defect] = (), fresh: bool = False
) -> list[Verdict]:
    prover = Prover(seer, seer.confirm, Cache(folder, "service", "suite", "all"), fresh=fresh)
    return [one.judgement.verdict for one in prover.prove(list(defects), others, quiet)]


def test_each_defect_is_seen_once_and_known_the_next_time(tmp_path: Path) -> None:
    seer = Seer(auth_sample=platform(RED), auth_other=platform())
    assert prove(seer, tmp_path, DEFECT, OTHER) == [Verdict.CAUGHT, Verdict.MISSED]
    assert sorted(seer.asked) == ["auth.other", "auth.sample"]
    assert seer.confirmed == ["Suites.Own", "Suites.Smoke"]
    seer.asked.clear()
    seer.confirmed.clear()
    assert prove(seer, tmp_path, DEFECT, OTHER) == [Verdict.CAUGHT, Verdict.MISSED]
    assert (seer.asked, seer.confirmed) == ([], [])
    prove(seer, tmp_path, DEFECT, fresh=True)
    assert (seer.asked, seer.confirmed) == (["auth.sample"], ["Suites.Own", "Suites.Smoke"])


def test_what_is_known_of_others_is_added(tmp_path: Path) -> None:
    seer = Seer(auth_sample=platform(RED), auth_other=platform())
    prove(seer, tmp_path, DEFECT)
    assert prove(seer, tmp_path, OTHER, others=[DEFECT]) == [Verdict.MISSED, Verdict.CAUGHT]


def test_a_test_that_is_red_without_the_defect_proves_nothing_and_is_looked_at_again(tmp_path: Path) -> None:
    seer = Seer(auth_sample=platform(RED))
    seer.without = Observation([RED, *WITHOUT.tests[1:]])
    assert prove(seer, tmp_path, DEFECT) == [Verdict.RED_WITHOUT]
    seer.without = WITHOUT
    assert prove(seer, tmp_path, DEFECT) == [Verdict.CAUGHT]


def test_a_proof_that_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        prove(Seer(auth_sample=platform(RED)), tmp_path, DEFECT, OTHER)
    seer = Seer(auth_other=platform())
    prove(seer, tmp_path, DEFECT, OTHER)
    assert seer.asked == ["auth.other"]


def test_tests_are_seen_without_a_defect_so_many_at_a_time_as_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "PORTION", 1)
    asked: list[list[str]] = []
    seer = Seer(auth_sample=platform(RED))

    def confirm(service: str, tests: Sequence[str]) -> Observation:
        asked.append(list(tests))
        return seer.confirm(service, tests)

    prover = Prover(seer, confirm, Cache(tmp_path, "service", "suite", "all"))
    assert [one.judgement.verdict for one in prover.prove([DEFECT], (), quiet)] == [Verdict.CAUGHT]
    assert asked == [["Suites.Own"], ["Suites.Smoke"]]


def test_tests_that_do_not_end_without_a_defect_judge_none(tmp_path: Path) -> None:
    seer = Seer(auth_sample=platform(RED))
    prover = Prover(
        seer, lambda service, tests: Observation(finished=False), Cache(tmp_path, "service", "suite", "all")
    )
    with pytest.raises(AssayError, match="did not end in time without a defect"):
        prover.prove([DEFECT], (), quiet)


@pytest.mark.parametrize("seen", [Observation(finished=False), Observation(start="killed")])
def test_a_run_that_did_not_end_or_begin_is_not_kept(tmp_path: Path, seen: Observation) -> None:
    seer = Seer(auth_sample=seen)
    prove(seer, tmp_path, DEFECT)
    prove(seer, tmp_path, DEFECT)
    assert seer.asked == ["auth.sample", "auth.sample"]


def test_nothing_is_proven_on_a_platform_that_does_not_work(tmp_path: Path) -> None:
    seer = Seer(auth_sample=Observation(start="no database"))
    seer.without = Observation(start="no database")
    with pytest.raises(AssayError, match="does not start without a defect: no database"):
        prove(seer, tmp_path, DEFECT)


def test_the_all_tests_a_proof_are_listed_once_and_as_they_are_without_harm(tmp_path: Path) -> None:
    prover = Prover(
        seer := Seer(auth_sample=platform(RED), auth_other=platform()),
        seer.confirm,
        Cache(tmp_path, "service", "suite", "all"),
    )
    found = all_tests(prover.prove([DEFECT, OTHER], [], quiet))
    assert len(found) == len(WITHOUT.tests)
    assert not any(test.red for test in found)
