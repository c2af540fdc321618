"""What a proof says while it runs."""

from __future__ import annotations

import io

from assay.command.proof.progress import Line
from assay.command.proof.rules import judge
from assay.command.proof.shapes import Proven

from tests.proof.test_rules import DEFECT, RED, WITHOUT, platform

PROVEN = Proven(DEFECT, platform(RED), judge(DEFECT, platform(RED), WITHOUT))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_changes() -> None:
    out = Terminal()
    line = Line(out)
    line(PROVEN, 1, 3, 12.4)
    line(PROVEN, 2, 3, 0)
    line.end()
    assert out.getvalue().split("\r")[1:] == [
        "1 of 3 defects: 1 caught, about 12 s left",
        f"{'2 of 3 defects: 2 caught':<41}\n",
    ]


def test_a_file_gets_a_line_for_each_defect() -> None:
    out = io.StringIO()
    Line(out)(PROVEN, 1, 3, 12.4)
    assert out.getvalue() == "1 of 3: auth.sample: caught (0.0 s), about 12 s left\n"
