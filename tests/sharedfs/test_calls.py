"""System calls of real processes: seen, judged, the last one, failed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS
from assay.core.waiting import until
from assay.evidence.expect import Unmet
from assay.sharedfs import points
from assay.sharedfs.means import lacks
from assay.sharedfs.tracing import Tracing
from assay.SharedFsLibrary import SharedFsLibrary

from tests.sharedfs.conftest import Store

Start = Callable[[str], Store]
traced = pytest.mark.skipif(bool(lacks("trace")), reason=lacks("trace"))
failed = pytest.mark.skipif(bool(lacks("fail-calls")), reason=lacks("fail-calls"))


@traced
def test_the_calls_of_an_action_are_told_in_their_order(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("careful")
    trace = library.system_calls_of(one.pid, str(files), one.put, "first")
    told = [(call.name, *(Path(path).name for path in call.paths)) for call in trace.calls]
    assert told == [
        ("open", "blob.new"),
        ("write", "blob.new"),
        ("fsync", "blob.new"),
        ("rename", "blob.new", "blob"),
        ("look", "files"),
        ("fsync", "files"),
        ("answer",),
    ]
    assert trace.value == "done" and all(call.succeeded for call in trace.calls)
    assert trace.calls[1].size == 5


@traced
def test_what_is_done_elsewhere_is_not_told(library: SharedFsLibrary, store: Start, tmp_path: Path) -> None:
    one = store("careful")
    (tmp_path / "other").mkdir()
    trace = library.system_calls_of(one.pid, str(tmp_path / "other"), one.put, "text")
    assert [call.name for call in trace.calls] == ["answer"]


@traced
def test_several_processes_and_threads_are_one_order(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    both = [store("careful"), store("careful")]

    def put_twice() -> None:
        threads = [threading.Thread(target=one.put, args=["text"]) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    trace = library.system_calls_of([one.pid for one in both], str(files), put_twice)
    assert {call.pid for call in trace.calls} == {one.pid for one in both}
    assert [call.began for call in trace.calls] == sorted(call.began for call in trace.calls)


@traced
@pytest.mark.parametrize("mode", ["careful", "at-once", "two-renames"])
def test_a_careful_writer_is_safe(library: SharedFsLibrary, store: Start, files: Path, mode: str) -> None:
    one = store(mode)
    for text in ("first", "second"):
        trace = library.system_calls_of(one.pid, str(files), one.put, text)
        library.file_and_folder_should_be_synced_before_the_answer(trace)


@traced
@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("no-file-sync", "rename before the file was synced"),
        ("no-folder-sync", "its rename was not synced before the answer"),
        ("answer-first", "written after the answer"),
        ("in-place", "its contents were not synced before the answer"),
        ("remove", "its removal was not synced before the answer"),
    ],
)
def test_a_careless_writer_is_told(
    library: SharedFsLibrary, store: Start, files: Path, mode: str, told: str
) -> None:
    (files / "blob").write_text("before")
    one = store(mode)

    def put_and_see() -> None:
        one.put("text")
        if mode == "answer-first":
            assert until(lambda: (files / "blob").read_text() == "text" or None, 10)

    trace = library.system_calls_of(one.pid, str(files), put_and_see)
    with pytest.raises(Unmet, match=f"blob: {told}") as seen:
        library.file_and_folder_should_be_synced_before_the_answer(trace)
    assert seen.value.failed_rows == [str(files / "blob")]


@traced
def test_files_that_hold_nothing_or_do_not_count_are_left_out(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("lock-only")
    trace = library.system_calls_of(one.pid, str(files), one.put, "text")
    with pytest.raises(Unmet, match="something to be written .*, saw no change"):
        library.file_and_folder_should_be_synced_before_the_answer(trace)
    one = store("two-renames")
    trace = library.system_calls_of(one.pid, str(files), one.put, "text")
    library.file_and_folder_should_be_synced_before_the_answer(trace, "*.lock", "nothing")


@traced
def test_killed_at_each_point_a_pair_is_found_torn_between_its_renames(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("two-renames")
    one.put("old")
    trace = library.system_calls_of(one.pid, str(files), one.put, "old")
    torn = []
    for point in library.crash_points_of(trace):
        for name in ("blob", "meta"):
            (files / name).write_text("old")
        one = store("two-renames")
        struck = library.kill_at(point, one.pid, str(files), one.put, "new")
        assert not one.alive, point
        if len({(files / name).read_text() for name in ("blob", "meta")}) > 1:
            torn.append(str(point))
        assert struck.outcome.succeeded is False
    assert torn[0] == "before open 2 (meta.new)" and torn[-1] == "before rename 2 (meta)"
    assert len(torn) == 4


@traced
def test_before_a_call_it_is_not_made_and_after_it_is(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("careful")
    library.kill_at("before rename 1", one.pid, str(files), one.put, "text")
    assert not (files / "blob").exists() and (files / "blob.new").read_text() == "text"
    one = store("careful")
    struck = library.kill_at("after rename 1", one.pid, str(files), one.put, "again")
    assert (files / "blob").read_text() == "again"
    assert (struck.call.name, struck.outcome.error) == ("rename", "no answer")


@traced
def test_between_the_last_write_and_the_answer(library: SharedFsLibrary, store: Start, files: Path) -> None:
    one = store("careful")
    struck = library.kill_at("before answer", one.pid, str(files), one.put, "text")
    assert (files / "blob").read_text() == "text" and not struck.outcome.succeeded and not one.alive


@traced
def test_where_the_tracer_dies_the_traced_live_on(store: Start, files: Path) -> None:
    one = store("careful")
    tracing = Tracing([one.pid], files)
    tracing.begin()
    assert tracing._process is not None
    tracing._process.kill()
    tracing._process.wait(5)
    assert one.put("text") == "done"
    with pytest.raises(AssayError, match="ended early, so nothing is shown"):
        tracing.end()
    assert tracing.end() == []


@failed
def test_calls_that_a_killed_process_let_fail_succeed_again(store: Start, files: Path) -> None:
    one = store("careful")
    program = (
        "import sys; from assay.SharedFsLibrary import SharedFsLibrary\n"
        "SharedFsLibrary().let_calls_fail('EIO', int(sys.argv[1]), sys.argv[2], 'fsync')\n"
        "print('failing', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(one.pid), str(files)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "failing\n"
        assert one.put("text") == "Input/output error"
        process.kill()
    assert until(lambda: True if one.put("text") == "done" else None, 10)


@traced
def test_one_dies_or_all_do(library: SharedFsLibrary, store: Start, files: Path) -> None:
    one, other = store("careful"), store("careful")
    library.kill_at("before fsync", [one.pid, other.pid], str(files), one.put, "text")
    assert (one.alive, other.alive) == (False, True)
    one = store("careful")
    library.kill_all_at("before fsync", f"{one.pid} {other.pid}", str(files), one.put, "text")
    assert (one.alive, other.alive) == (False, False)


@traced
def test_a_point_that_is_not_met_shows_nothing(library: SharedFsLibrary, store: Start, files: Path) -> None:
    one = store("careful")
    with pytest.raises(AssayError, match="'before rename 2' was not met, .*: 1 calls of rename were made"):
        library.kill_at("before rename 2", one.pid, str(files), one.put, "text")
    assert one.alive and one.put("again") == "done"


@failed
@pytest.mark.parametrize(
    ("point", "error", "told"),
    [
        ("write", "ENOSPC", "No space left on device"),
        ("open", "EMFILE", "Too many open files"),
        ("fsync 2", "EIO", "Input/output error"),
        ("rename", "EDQUOT", "Disk quota exceeded"),
        ("open", "EROFS", "Read-only file system"),
        ("open", "EACCES", "Permission denied"),
    ],
)
def test_a_call_fails_once_and_is_not_made(
    library: SharedFsLibrary, store: Start, files: Path, point: str, error: str, told: str
) -> None:
    one = store("careful")
    struck = library.fail_at(point, error, one.pid, str(files), one.put, "text")
    assert struck.outcome.value == told
    assert (files / "blob").exists() is (point == "fsync 2")
    assert one.put("again") == "done"


@failed
def test_all_calls_fail_until_they_are_let_succeed(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("careful")
    library.let_calls_fail("ENOSPC", one.pid, str(files), "write", "fsync")
    assert [one.put("text") for _ in range(3)] == ["No space left on device"] * 3
    library.let_calls_succeed()
    assert one.put("text") == "done"
    library.let_calls_fail("EIO", one.pid, str(files))
    FAULTS.undo_all()
    assert one.put("text") == "done"


@traced
def test_what_goes_wrong_in_an_action_goes_through(
    library: SharedFsLibrary, store: Start, files: Path
) -> None:
    one = store("careful")

    def fail() -> None:
        raise ValueError("the action's own")

    with pytest.raises(ValueError, match="the action's own"):
        library.system_calls_of(one.pid, str(files), fail)
    assert one.put("text") == "done" and FAULTS.left == 0


@traced
def test_a_process_that_is_not_there_is_told(library: SharedFsLibrary, files: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with pytest.raises(AssayError, match=f"no process .{ended.pid}"):
        library.system_calls_of(ended.pid, str(files), lambda: None)


@traced
@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc")
def test_a_writer_in_another_language(library: SharedFsLibrary, files: Path, tmp_path: Path) -> None:
    program = tmp_path / "writer"
    subprocess.run(["gcc", "-o", program, Path(__file__).with_name("writer.c")], check=True)

    def run(how: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [program, files, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(process: subprocess.Popen[str]) -> str:
        assert process.stdin and process.stdout
        process.stdin.write("text\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    with run("careful") as process:
        trace = library.system_calls_of(process.pid, str(files), say, process)
        library.file_and_folder_should_be_synced_before_the_answer(trace)
        if not lacks("fail-calls"):
            struck = library.fail_at("before fsync 2", "EIO", process.pid, str(files), say, process)
            assert struck.outcome.value == "failed"
        struck = library.kill_at("before rename", process.pid, str(files), say, process)
        assert struck.outcome.value == "" and process.wait(5) == -9
    with run("careless") as process:
        trace = library.system_calls_of(process.pid, str(files), say, process)
        with pytest.raises(Unmet, match="c: rename before the file was synced"):
            library.file_and_folder_should_be_synced_before_the_answer(trace)


def test_points_are_read_as_they_are_written() -> None:
    for written in ("before rename 2", "after fsync 1"):
        assert str(points.point(written)) == written
    assert str(points.point("write")) == "before write 1"
    assert str(points.point("before rename 2 (meta)")) == "before rename 2"
    for wrong, told in (("rename two", "is no point"), ("before renam 1", "did you mean 'rename'")):
        with pytest.raises(AssayError, match=told):
            points.point(wrong)
    with pytest.raises(AssayError, match="no error ENOSPACE"):
        points.error_number("ENOSPACE")


def test_points_are_spread_with_the_first_and_the_last() -> None:
    found = list(range(20))
    assert points.spread(found, 0) == points.spread(found, 20) == found
    assert points.spread(found, 3) == [0, 10, 19] or points.spread(found, 3) == [0, 9, 19]
    assert points.spread(found, 1) == [0]
    few = points.spread([("a", 1), ("a", 2), ("b", 1), ("b", 2)], 2, key=lambda one: one[0])
    assert [name for name, _ in few] == ["a", "b"]
    more = points.spread([("a", 1), ("a", 2), ("b", 1), ("b", 2)], 3, key=lambda one: one[0])
    assert len(set(more)) == 3 and {"a", "b"} == {name for name, _ in more}
