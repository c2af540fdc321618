"""Proving a list of defects: resumed where it stopped, several at a time, refused where nothing can be proven."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.command.proof.cache import Cache
from assay.command.proof.proving import Prover
from assay.command.proof.shapes import Defect, Observation, Proven, Verdict
from assay.core.errors import AssayError

from tests.proof.test_rules import DEFECT, RED, WITHOUT, platform

OTHER = Defect("auth.other", "auth", ("JWT-09",), "Another.")


class Seer:
    """Sees what it is told to, and remembers what it was asked for."""

    def __init__(self, **seen: Observation) -> None:
        self.seen = {"none": WITHOUT, **{name.replace("_", "."): one for name, one in seen.items()}}
        self.asked: list[str] = []

    def __call__(self, service: str, defect: Defect | None) -> Observation:
        name = defect.name if defect else "none"
        self.asked.append(name)
        return self.seen[name]


def quiet(proven: Proven, done: int, total: int, left: float) -> None:
    assert 0 < done <= total
    assert left >= 0


def prove(seer: Seer, folder: Path, *defects: Defect, fresh: bool = False) -> list[Verdict]:
    prover = Prover(seer, Cache(folder, "service", "suite", "whole"), fresh=fresh)
    found = prover.prove(list(defects), prover.without(["auth"]), quiet)
    return [one.judgement.verdict for one in found]


def test_each_defect_is_seen_once_and_known_the_next_time(tmp_path: Path) -> None:
    seer = Seer(auth_sample=platform(RED), auth_other=platform())
    assert prove(seer, tmp_path, DEFECT, OTHER) == [Verdict.CAUGHT, Verdict.MISSED]
    assert sorted(seer.asked) == ["auth.other", "auth.sample", "none"]
    seer.asked.clear()
    assert prove(seer, tmp_path, DEFECT, OTHER) == [Verdict.CAUGHT, Verdict.MISSED]
    assert seer.asked == []
    prove(seer, tmp_path, DEFECT, fresh=True)
    assert sorted(seer.asked) == ["auth.sample", "none"]


def test_a_proof_that_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        prove(Seer(auth_sample=platform(RED)), tmp_path, DEFECT, OTHER)
    seer = Seer(auth_other=platform())
    prove(seer, tmp_path, DEFECT, OTHER)
    assert seer.asked == ["auth.other"]


def test_a_run_that_did_not_end_is_not_kept(tmp_path: Path) -> None:
    seer = Seer(auth_sample=Observation(finished=False))
    prove(seer, tmp_path, DEFECT)
    prove(seer, tmp_path, DEFECT)
    assert seer.asked.count("auth.sample") == 2


@pytest.mark.parametrize("seen", [Observation(start="no database"), Observation()])
def test_nothing_is_proven_on_a_platform_that_does_not_work(tmp_path: Path, seen: Observation) -> None:
    seer = Seer()
    seer.seen["none"] = seen
    with pytest.raises(AssayError, match="without a defect"):
        prove(seer, tmp_path, DEFECT)
