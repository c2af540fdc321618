"""docs/tutorial.md as a new user meets it: its files are written, its commands typed in order, in a repository of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from assay.command import environment

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_COPIED = shutil.ignore_patterns(".git", ".assay", "results", "__pycache__", ".*_cache")


@dataclass(frozen=True)
class Step:
    """A block of the page: `sh` is typed, `text` is shown by that, `robotframework` is a file, its name in the first line."""

    kind: str
    text: str


def steps(page: str) -> list[Step]:
    return [Step(*match) for match in BLOCK.findall(page)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, with environments that look as if its own first run had made them."""
    folder = tmp_path_factory.mktemp("tutorial")
    for outer in (folder, folder.parent, folder.parent.parent):
        outer.chmod(0o711)
    clone = Path(shutil.copytree(ROOT, folder / "assay", ignore=NOT_COPIED, symlinks=True))
    (clone / "results").mkdir()
    environment.ensure("suite", ROOT)
    own, made = environment.place(clone), environment.place(ROOT)
    for kind in ("suite", "reference"):
        if (made / kind).is_dir():
            shutil.copytree(made / kind, own / kind, symlinks=True, copy_function=_linked)
    (place,) = (own / "suite").glob("lib/python*/site-packages/__editable__.assay-*.pth")
    _write(place, f"{clone / 'libraries'}\n")
    _write(own / "suite" / "stamp", environment.stamp("suite", clone, own / "suite"))
    return clone


def _linked(source: str, place: str) -> str:
    try:
        os.link(source, place)
    except OSError:
        shutil.copy2(source, place)
    return place


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # it is a link to that of the environment that it was made from
    path.write_text(text, "ascii")


def typed(clone: Path, command: str) -> str:
    """What a terminal shows of one block of commands."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "ROBOT_"))}
    done = subprocess.run(
        ["bash", "-c", command], cwd=clone, env={**kept, "PYTHONPATH": ""}, timeout=300, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.stdout


def missing(told: str, shown: str) -> list[str]:
    """The lines of a `text` block that are not among what was shown, in their order; `…` stands for anything."""
    lines = iter(shown.splitlines())
    lacking = []
    for line in told.splitlines():
        rule = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        if not any(rule.fullmatch(seen) or rule.fullmatch(seen.strip()) for seen in lines):
            lacking.append(line)
    return lacking


def test_everything_in_it_happens_as_it_says(clone: Path) -> None:
    shown = ""
    found = steps(TUTORIAL.read_text("utf-8"))
    for step in found:
        if step.kind == "robotframework":
            name, _, text = step.text.partition("\n")
            file = clone / name.removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        elif step.kind == "sh":
            shown = typed(clone, step.text)
        else:
            assert not missing(step.text, shown), shown
    assert [step.kind for step in found].count("sh") >= 5
    assert {"log.html", "acceptance.html"} <= {path.name for path in (clone / "results").iterdir()}


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    page = TUTORIAL.read_text("utf-8")
    assert {step.kind for step in steps(page)} == {"sh", "text", "robotframework"}
    assert page.count("```") == 2 * len(steps(page))


def test_a_line_that_is_not_shown_is_noticed() -> None:
    assert missing("Holds: all … tests\nstatus 0", "Holds: all 3 tests\nstatus 1") == ["status 0"]
    assert missing("b\na", "a\nb") == ["a"]
    assert not missing("Holds: all … tests\nstatus 0", "x\nHolds: all 3 tests\nstatus 0\n")
