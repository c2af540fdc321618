"""One word for what tests and platforms are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from assay.core import digests


def test_another_content_or_name_is_another_word(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    first = digests.digest(digests.files(tmp_path))
    assert digests.digest(digests.files(tmp_path)) == first
    (tmp_path / "a").write_text("two")
    second = digests.digest(digests.files(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digests.digest(digests.files(tmp_path))}) == 3


def test_a_link_to_nothing_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    assert digests.files(tmp_path) == []


def test_defects_and_caches_are_no_part_of_a_platform(tmp_path: Path) -> None:
    launcher = tmp_path / "platform"
    launcher.write_text("#!/bin/sh\n")
    before = digests.of_platform(["platform"], tmp_path)
    for folder in ("defects", "__pycache__"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "new").write_text("x")
    assert digests.of_platform(["platform"], tmp_path) == before
    (tmp_path / "service").write_text("x")
    assert digests.of_platform(["platform"], tmp_path) != before


def test_a_launcher_on_the_path_is_taken_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launcher = tmp_path / "bin" / "launch"
    launcher.parent.mkdir()
    launcher.write_text("#!/bin/sh\n")
    launcher.chmod(0o755)
    monkeypatch.setenv("PATH", str(launcher.parent))
    before = digests.of_platform(["launch"], tmp_path)
    (launcher.parent / "other").write_text("x")
    assert digests.of_platform(["launch"], tmp_path) == before
    launcher.write_text("#!/bin/sh\nexit 1\n")
    assert digests.of_platform(["launch"], tmp_path) != before
