"""Locks between real processes, and what the kernel shows of them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.core.waiting import until
from assay.evidence.expect import Unmet
from assay.sharedfs import holders, kernel_locks, lock_keywords, matrix
from assay.sharedfs.holders import Holder
from assay.sharedfs.tracing import environment
from assay.SharedFsLibrary import SharedFsLibrary

SOON = timedelta(seconds=5)


@pytest.fixture
def path(files: Path) -> Path:
    (files / "entity.lock").touch()
    return files / "entity.lock"


@pytest.mark.parametrize("kind", ["flock", "posix", "ofd"])
def test_a_lock_is_held_until_it_is_released(
    library: SharedFsLibrary, path: Path, kind: lock_keywords.Kind
) -> None:
    library.lock_should_be_free(path, kind)
    lock = library.somebody_holds_a_lock(path, kind)
    library.lock_should_be_held_by(path, lock.pid, kind=kind)
    with pytest.raises(Unmet, match=rf"the {kind} lock of entity.lock to be free, saw {lock.pid} holds"):
        library.lock_should_be_free(path, kind)
    library.release_the_lock()
    library.lock_should_be_free(path, kind)
    library.release_the_lock()


def test_the_lock_of_a_dead_holder_is_free(library: SharedFsLibrary, path: Path) -> None:
    lock = library.somebody_holds_a_lock(path)
    library.kill_the_lock_holder(lock)
    library.lock_should_be_free(path, within=SOON)
    with pytest.raises(AssayError, match="nobody holds a lock"):
        library.kill_the_lock_holder()


def test_a_lock_that_nobody_or_another_holds_is_told(library: SharedFsLibrary, path: Path) -> None:
    with pytest.raises(Unmet, match="somebody to hold a flock lock of entity.lock, saw no lock"):
        library.lock_should_be_held_by(path)
    lock = library.somebody_holds_a_lock(path)
    with pytest.raises(Unmet, match=f"process 1 to hold .*, saw {lock.pid} holds FLOCK write 0-EOF"):
        library.lock_should_be_held_by(path, 1)


def test_a_shared_lock_is_not_enough(library: SharedFsLibrary, path: Path) -> None:
    one = library.somebody_holds_a_lock(path, how="shared")
    other = library.somebody_holds_a_lock(path, how="shared")
    library.lock_should_be_held_by(path, one.pid)
    library.lock_should_be_free(path, how="shared")
    with pytest.raises(AssayError, match="no exclusive flock lock .* can be held: EAGAIN"):
        library.somebody_holds_a_lock(path)
    assert {one.pid, other.pid} == {lock.pid for lock in library.locks_under(path.parent)}


def test_ranges_are_locked_apart(library: SharedFsLibrary, path: Path) -> None:
    lock = library.somebody_holds_a_lock(path, "posix", range="10+5")
    library.lock_should_be_free(path, "posix", range="15+")
    with pytest.raises(Unmet, match="holds POSIX write 10-14 of entity.lock"):
        library.lock_should_be_free(path, "posix", range="14+1")
    [seen] = library.locks_under(path)
    assert (seen.kind, seen.how, seen.pid, seen.start, seen.end) == ("POSIX", "write", lock.pid, 10, 14)
    with pytest.raises(AssayError, match="'from 10' is no range"):
        library.lock_should_be_free(path, "posix", range="from 10")


def test_who_holds_what_is_told_of_a_tree_and_of_nothing_beside_it(
    library: SharedFsLibrary, path: Path, tmp_path: Path
) -> None:
    (path.parent / "deep").mkdir()
    inner, beside = path.parent / "deep" / "other.lock", tmp_path / "beside.lock"
    locks = [library.somebody_holds_a_lock(one, "ofd") for one in (inner, beside)]
    assert [(lock.kind, lock.pid, lock.path) for lock in library.locks_under(path.parent)] == [
        ("OFDLCK", locks[0].pid, str(inner))
    ]


def test_who_waits_is_told(path: Path) -> None:
    one, other = Holder(), Holder()
    try:
        for holder in (one, other):
            holder.do("open", **{"as": "f"}, path=str(path), mode="rw")
        one.do("flock", **{"as": "f"}, how="exclusive", wait=False)
        other.begin("flock", **{"as": "f"}, how="exclusive", wait=True)
        waits = until(lambda: [lock for lock in kernel_locks.under(path) if lock.waits] or None, 5)
        assert waits and [lock.pid for lock in waits] == [other.pid]
        one.kill()
        assert other.finish() is None
    finally:
        one.end()
        other.end()


def test_holders_end_with_whoever_started_them(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from assay.SharedFsLibrary import SharedFsLibrary\n"
        "lock = SharedFsLibrary().somebody_holds_a_lock(Path(sys.argv[1])); print(lock.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        assert [lock.pid for lock in kernel_locks.under(path)] == [pid]
        process.kill()
    assert until(lambda: True if not kernel_locks.under(path) else None, 5)


def test_locks_behave_as_documented_here(library: SharedFsLibrary, files: Path) -> None:
    library.locks_should_behave_as_documented(files)
    assert os.listdir(files) == []
    assert len(matrix.cases()) == len({case.id for case in matrix.cases()}) == 61


def test_locks_that_behave_otherwise_are_told_by_row(
    library: SharedFsLibrary, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lax = (
        matrix.Case("LOCK-90", "none", "locks do not exclude", ("A flock exclusive", "B flock exclusive")),
    )
    monkeypatch.setattr(matrix, "cases", lambda: lax)
    with pytest.raises(Unmet, match="LOCK-90 .*'B flock exclusive' gave EAGAIN in the place of ok") as told:
        library.locks_should_behave_as_documented(files, "LOCK-90")
    assert told.value.failed_rows == ["LOCK-90"]


def test_rows_are_chosen_by_id_and_by_kind() -> None:
    assert [case.id for case in matrix.chosen(["LOCK-49"])] == ["LOCK-49"]
    assert {step.split()[1] for case in matrix.chosen(["ofd"]) for step in case.steps} >= {"ofd", "open"}
    with pytest.raises(AssayError, match="no row LOCK-99"):
        matrix.chosen(["LOCK-99"])


def test_a_lock_of_this_process_is_seen(library: SharedFsLibrary, path: Path) -> None:
    with path.open("r+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        library.lock_should_be_held_by(path, os.getpid(), kind="posix")


def test_a_step_that_a_holder_does_not_know_is_told() -> None:
    holder = Holder()
    with pytest.raises(AssayError, match=json.dumps("nothing").strip('"')):
        holder.do("close", **{"as": "nothing"})
    holder.kill()
    with pytest.raises(AssayError, match="has ended"):
        holder.do("close-all")
    assert holders.span("10+") == (10, 0)
