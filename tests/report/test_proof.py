"""What the page says of the last proof."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assay.core import digests, places
from assay.core.target import load
from assay.report import proof

DEFECTS = [
    {"name": "auth.one", "says": "One.", "verdict": "caught", "breaks": ["JWT-01", "JWT-02"]},
    {"name": "auth.two", "says": "Two.", "verdict": "missed", "breaks": ["JWT-01"]},
]


def write(results: Path, **changes: str) -> Path:
    launch = load("reference").launch
    assert launch is not None
    platform = digests.of_platform(launch.command, places.root())
    about = {"target": "reference", "suite": digests.of_suite(), "platform": platform, **changes}
    (results / "proof").mkdir()
    (results / "proof" / "matrix.json").write_text(json.dumps({"defects": DEFECTS, **about}))
    return results


def test_each_requirement_has_its_defects(tmp_path: Path) -> None:
    found = proof.last(write(tmp_path))
    assert found is not None and found.current
    caught = {name: [one.caught for one in entries] for name, entries in found.by_requirement.items()}
    assert caught == {"JWT-01": [True, False], "JWT-02": [True]}


@pytest.mark.parametrize("changed", [{"suite": "other"}, {"platform": "other"}, {"target": "none-such"}])
def test_a_proof_of_other_tests_or_another_platform_is_called_old(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    found = proof.last(write(tmp_path, **changed))
    assert found is not None and not found.current
