"""The page of the matrix, made of data as the command leaves it."""

from __future__ import annotations

import re

from assay.command.proof.matrix import matrix
from assay.command.proof.rules import judge
from assay.command.proof.shapes import Defect, Proven, Seen
from assay.report.matrix import page

from tests.proof.test_rules import DEFECT, RED, WITHOUT, platform


def proven(defect: Defect, *tests: Seen, hits: int = 3) -> Proven:
    observation = platform(*tests, hits=hits)
    return Proven(defect, observation, judge(defect, observation, WITHOUT))


def test_the_page_tells_what_was_noticed_and_what_was_not() -> None:
    evil = Defect("auth.evil", "auth", ("JWT-09",), "<script>alert(1)</script>")
    text = page(
        matrix(
            [proven(DEFECT, RED), proven(evil)],
            [],
            WITHOUT.tests,
            {},
            {"made": "2026-11-21T08:00:00+00:00", "version": ""},
        )
    )
    assert "1 of 2 noticed" in text
    assert "<script>alert" not in text
    assert text.count(">noticed it<") == 1
    assert "./assay prove --only auth.sample" in text
    assert "JWT-09" in text.split('id="unproven"')[1].split("</section>")[0]
    assert set(re.findall(r'href="([^#"][^"]*)"', text)) == {"matrix.json"}


def test_a_proof_of_nothing_is_a_page_too() -> None:
    text = page(matrix([], [DEFECT], WITHOUT.tests, {}, {"made": "", "version": ""}))
    assert "1 more fault not tried yet" in text
