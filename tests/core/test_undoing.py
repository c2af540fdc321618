"""Ways back: the last first, of one owner, and by a guard where the process is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from assay.core.undoing import Undoing, mounted
from assay.core.waiting import until


def test_the_last_is_undone_first_and_each_once(tmp_path: Path) -> None:
    undoing, seen = Undoing(), list[str]()
    for name in ("one", "two", "three"):
        undoing.promise_call(lambda name=name: seen.append(name), owner=name[0])  # type: ignore[misc]
    assert undoing.undo_all("t") == [] and seen == ["three", "two"]
    assert undoing.undo_all() == [] and seen == ["three", "two", "one"]
    assert undoing.undo_all() == [] and undoing.left == 0


def test_what_cannot_be_undone_is_told_and_the_others_are(tmp_path: Path) -> None:
    undoing = Undoing()
    path = tmp_path / "file"
    path.touch(0o600)
    undoing.promise("mode", str(path), 0o640)
    undoing.promise("mode", str(tmp_path / "nothing"), 0o600)
    [wrong] = undoing.undo_all()
    assert wrong.startswith("FileNotFoundError") and path.stat().st_mode & 0o777 == 0o640


def test_what_is_forgotten_is_not_undone(tmp_path: Path) -> None:
    undoing = Undoing()
    path = tmp_path / "file"
    path.touch()
    undoing.forget(undoing.promise("remove", str(path)))
    assert undoing.undo_all() == [] and path.exists()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "os._exit(3)", "1 / 0"])
def test_a_guard_undoes_what_is_left_the_last_first(tmp_path: Path, end: str) -> None:
    """The renames lead back only in the reverse order; what was undone before is not undone again."""
    program = (
        "import os, sys; from assay.core.undoing import Undoing\n"
        "undoing, folder = Undoing(), sys.argv[1]\n"
        "gone = undoing.promise('remove', f'{folder}/stays'); undoing.undo(gone); open(f'{folder}/stays', 'w').close()\n"
        "undoing.promise('rename', f'{folder}/b', f'{folder}/a'); os.rename(f'{folder}/a', f'{folder}/b')\n"
        "undoing.promise('rename', f'{folder}/c', f'{folder}/b'); os.rename(f'{folder}/b', f'{folder}/c')\n"
        f"{end}"
    )
    (tmp_path / "a").write_text("kept")
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, check=False)
    assert until(lambda: True if (tmp_path / "a").exists() else None, 10)
    assert sorted(os.listdir(tmp_path)) == ["a", "stays"]


def test_a_guard_that_died_is_replaced_and_told_all(tmp_path: Path) -> None:
    undoing = Undoing()
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.touch()
    undoing.promise("remove", str(paths[0]))
    first = undoing._guard
    assert first is not None
    first.kill()
    first.wait()
    undoing.promise("remove", str(paths[1]))
    second = undoing._guard
    assert second is not None and second.stdin is not None
    second.stdin.close()
    assert until(lambda: True if not any(path.exists() for path in paths) else None, 10)
    second.wait(5)


def test_a_process_of_the_same_number_is_left_alone() -> None:
    undoing = Undoing()
    undoing.promise("signal", os.getpid(), 1, 9)
    assert undoing.undo_all() == []


def test_mounts_are_counted() -> None:
    assert mounted("/proc") >= 1 and mounted("/nothing/here") == 0
