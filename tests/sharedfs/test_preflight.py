"""What a folder honours, and what a machine allows."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.evidence.expect import Unmet
from assay.sharedfs import filesystem, means, preflight
from assay.SharedFsLibrary import SharedFsLibrary
from robot.api import SkipExecution


def test_a_local_folder_honours_what_a_store_relies_on(library: SharedFsLibrary, files: Path) -> None:
    honoured = library.preflight(files)
    assert {"flock", "posix-locks", "ofd-locks", "atomic-rename", "exclusive-creation", "file-sync"} <= set(
        honoured
    )
    library.directory_should_honour(files, "locks", "syncs", "atomic-rename", "hard-links")
    assert os.listdir(files) == []


def test_what_a_folder_lacks_fails_or_skips(
    library: SharedFsLibrary, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lax(folder: Path) -> str:
        raise preflight.Lacking("two processes hold it at once")

    def refused(folder: Path) -> str:
        return os.readlink(folder / "nothing")

    monkeypatch.setitem(preflight.CHECKS, "flock", ("flock excludes", lax))
    monkeypatch.setitem(preflight.CHECKS, "hard-links", ("a file has two names", refused))
    assert {"flock", "hard-links"}.isdisjoint(library.preflight(files))
    with pytest.raises(Unmet, match="that honours locks, saw flock: two processes hold it at once"):
        library.directory_should_honour(files, "locks")
    with pytest.raises(SkipExecution, match="lacks hard-links: ENOENT"):
        library.directory_should_honour(files, "hard-links", otherwise="skip")


def test_locks_that_do_not_exclude_are_found_out(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "take", lambda *_: "")
    [seen] = preflight.look(files, ["flock"])
    assert seen.lacking == "two processes hold it at once"


def test_a_rename_that_leaves_the_name_missing_is_found_out(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(new: Path, path: Path) -> None:
        path.unlink()
        time.sleep(0.005)
        os.rename(new, path)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(preflight, "_RENAMES", 60)
    [seen] = preflight.look(files, ["atomic-rename"])
    assert seen.lacking == "a reader finds the name missing"


def test_names_that_are_not_known_are_told(library: SharedFsLibrary, files: Path) -> None:
    with pytest.raises(AssayError, match="did you mean 'locks'"):
        library.directory_should_honour(files, "lock")
    with pytest.raises(AssayError, match="no folder that can be written"):
        library.preflight(files / "nothing")


def test_the_file_system_of_a_folder_is_told(files: Path) -> None:
    assert filesystem.of(Path("/proc")).kind == "proc"
    assert filesystem.of(files).mounted_at in ("/", *map(str, files.parents))
    assert not filesystem.of(files).networked


def test_within_a_chroot_the_file_system_may_be_unknown(files: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("71 33 0:5 / /proc rw,nosuid - proc proc rw\n")
    assert filesystem.of(Path("/proc"), mounts).kind == "proc"
    assert filesystem.of(files, mounts).kind == "unknown" and not filesystem.of(files, mounts).networked


def test_means_are_told_with_why_they_lack(library: SharedFsLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(library.means_of_the_machine()) == {"trace", "fail-calls", "mount", "see-locks", "limit"}
    monkeypatch.setitem(means.MEANS, "mount", ("mounted", lambda: "mounting wants root"))
    means.lacks.cache_clear()
    try:
        with pytest.raises(SkipExecution, match=r"lacks mount \(mounting wants root\)"):
            library.require_means("see-locks", "mount")
        with pytest.raises(AssayError, match="lacks the means 'mount'"):
            means.require(["mount"])
        library.require_means("see-locks")
    finally:
        means.lacks.cache_clear()
    with pytest.raises(AssayError, match="no means mounting"):
        library.require_means("mounting")
