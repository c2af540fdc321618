"""Faults of a file system: made, felt by others, undone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.core.lifetime import FAULTS
from assay.core.undoing import mounted
from assay.sharedfs.means import lacks
from assay.SharedFsLibrary import SharedFsLibrary

from tests.sharedfs.conftest import Store

mounts = pytest.mark.skipif(bool(lacks("mount")), reason=lacks("mount"))
Start = Callable[[str], Store]


@mounts
def test_a_small_disk_is_filled_and_taken_away(library: SharedFsLibrary, store: Start, files: Path) -> None:
    (files / "blob").write_text("kept")
    library.mount_a_small_disk(files, "256k")
    one = store("careful")
    assert (files / "blob").read_text() == "kept" and one.put("small") == "done"
    library.fill_the_disk(files)
    assert one.put("x" * 100) == "No space left on device"
    assert (files / "blob").read_text() == "small"
    library.make_room_on_the_disk(files)
    assert one.put("again") == "done"
    one.end()
    library.take_the_small_disk_away(files)
    assert (files / "blob").read_text() == "kept" and not mounted(str(files))


@mounts
def test_room_can_be_left(library: SharedFsLibrary, files: Path) -> None:
    library.mount_a_small_disk(files, "256k", keep=False)
    library.fill_the_disk(files, leaving=16384)
    (files / "fits").write_bytes(b"x" * 8192)
    with pytest.raises(OSError, match="No space left"):
        (files / "too much").write_bytes(b"x" * 32768)


@mounts
def test_a_lost_mount_is_an_empty_folder(library: SharedFsLibrary, files: Path) -> None:
    (files / "blob").write_text("kept")
    library.mount_a_small_disk(files, keep=False)
    assert os.listdir(files) == []
    library.take_the_small_disk_away(files)
    assert os.listdir(files) == ["blob"]


@mounts
def test_a_read_only_folder_is_felt_and_ends(library: SharedFsLibrary, store: Start, files: Path) -> None:
    one = store("careful")
    library.make_read_only(files)
    assert one.put("text") == "Read-only file system"
    library.make_writable_again(files)
    assert one.put("text") == "done"


@mounts
def test_what_is_undone_out_of_order_and_twice_is_whole(library: SharedFsLibrary, files: Path) -> None:
    library.mount_a_small_disk(files, "256k")
    library.make_read_only(files)
    library.put_everything_back()
    assert not mounted(str(files)) and FAULTS.left == 0
    library.make_writable_again(files)
    library.put_everything_back()


@mounts
def test_a_mount_that_fails_leaves_those_before_it(library: SharedFsLibrary, files: Path) -> None:
    library.mount_a_small_disk(files, "256k")
    (files / "big").write_bytes(b"x" * 100_000)
    with pytest.raises(AssayError, match="does not fit into 64k"):
        library.mount_a_small_disk(files, "64k")
    assert mounted(str(files)) == 1 and (files / "big").exists()
    with pytest.raises(AssayError, match="'much' is no size"):
        library.mount_a_small_disk(files, "much")


def test_a_large_disk_is_not_filled(library: SharedFsLibrary, files: Path) -> None:
    about = os.statvfs(files)
    if about.f_bfree * about.f_frsize <= 1 << 30:
        pytest.skip("the file system of the tests is small")
    with pytest.raises(AssayError, match="too much to fill: mount a small disk"):
        library.fill_the_disk(files)
    assert os.listdir(files) == []


def test_permissions_are_taken_and_given_back(library: SharedFsLibrary, files: Path) -> None:
    files.chmod(0o750)
    library.take_permissions_away(files, mode="500")
    assert files.stat().st_mode & 0o777 == 0o500
    library.give_permissions_back(files)
    assert files.stat().st_mode & 0o777 == 0o750


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is not bound by permissions")
def test_who_is_not_bound_by_permissions_is_told(library: SharedFsLibrary, files: Path) -> None:
    with pytest.raises(AssayError, match="not bound by permissions .* let its calls fail with EACCES"):
        library.take_permissions_away(files, os.getpid())


def test_a_file_is_torn_at_each_sector_and_restored(library: SharedFsLibrary, files: Path) -> None:
    path, whole = files / "blob", bytes(range(256)) * 5
    path.write_bytes(whole)
    assert library.torn_lengths_of(path) == [0, 512, 1024]
    with path.open("rb") as opened:
        for length in library.torn_lengths_of(path):
            library.tear_the_file(path, length)
            assert path.read_bytes() == whole[:length]
            library.restore_the_file(path)
            assert os.pread(opened.fileno(), 5000, 0) == whole
    with pytest.raises(AssayError, match="has 1280 octets, so it cannot be torn at 1280"):
        library.tear_the_file(path, 1280)


def test_torn_twice_it_is_restored_whole_and_a_newer_version_stays(
    library: SharedFsLibrary, files: Path
) -> None:
    path = files / "blob"
    path.write_bytes(b"x" * 2000)
    library.tear_the_file(path, 1024)
    library.tear_the_file(path, 512)
    library.restore_the_file(path)
    assert path.read_bytes() == b"x" * 2000
    library.tear_the_file(path, 512)
    library.replace_the_file(path, b"newer")
    library.restore_the_file(path)
    assert path.read_bytes() == b"newer"


def test_a_replaced_file_is_another_for_whoever_has_it_open(library: SharedFsLibrary, files: Path) -> None:
    path = files / "blob"
    path.write_text("old")
    path.chmod(0o640)
    with path.open("rb") as opened:
        library.replace_the_file(path, b"new")
        assert os.pread(opened.fileno(), 10, 0) == b"old" and os.fstat(opened.fileno()).st_nlink == 0
    assert path.read_text() == "new" and path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(files) == ["blob"]


def test_a_folder_is_away_and_comes_back(library: SharedFsLibrary, files: Path) -> None:
    (files / "blob").write_text("kept")
    library.rename_the_folder_away(files)
    assert not files.exists()
    with pytest.raises(AssayError, match="renamed away already"):
        library.rename_the_folder_away(files)
    files.mkdir()
    (files / "meanwhile").touch()
    library.bring_the_folder_back(files)
    assert (files / "blob").read_text() == "kept"
    [beside] = files.parent.glob("files.made-meanwhile-*")
    assert os.listdir(beside) == ["meanwhile"]


def test_what_a_killed_process_broke_is_put_back(files: Path) -> None:
    path = files / "blob"
    path.write_bytes(b"x" * 2000)
    program = (
        "import sys, os; from pathlib import Path; from assay.SharedFsLibrary import SharedFsLibrary\n"
        "library, path = SharedFsLibrary(), Path(sys.argv[1])\n"
        "library.tear_the_file(path, 512)\n"
        "library.take_permissions_away(path, mode='400')\n"
        "library.rename_the_folder_away(path)\n"
        "if sys.argv[2] == 'mount': library.mount_a_small_disk(path.parent, keep=False)\n"
        "print(os.listdir(path.parent), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path), "" if lacks("mount") else "mount"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == ("['blob.assay-away']" if lacks("mount") else "[]")
        process.kill()
    from assay.core.waiting import until

    def whole() -> bool | None:
        there = path.exists() and path.stat().st_size == 2000 and path.stat().st_mode & 0o777 != 0o400
        return True if there else None

    assert until(whole, 10) and not mounted(str(files))


def test_a_folder_is_set_back_and_put_back(library: SharedFsLibrary, files: Path) -> None:
    (files / "blob").write_text("first")
    (files / "below").mkdir()
    (files / "below" / "link").symlink_to("../blob")
    copy = library.keep_a_copy_of_the_folder(files)
    (files / "blob").write_text("second")
    (files / "newer").touch()
    inode = files.stat().st_ino
    library.set_the_folder_back(files, copy)
    assert sorted(one.name for one in files.iterdir()) == ["below", "blob"]
    assert (files / "blob").read_text() == "first" and (files / "below" / "link").is_symlink()
    library.empty_the_folder(files)
    assert not list(files.iterdir()) and files.stat().st_ino == inode
    library.put_everything_back()
    assert (files / "blob").read_text() == "second" and (files / "newer").exists()
    assert not copy.exists()


def test_a_copy_is_for_its_owner_only(library: SharedFsLibrary, files: Path) -> None:
    files.chmod(0o755)
    copy = library.keep_a_copy_of_the_folder(files)
    assert copy.parent.stat().st_mode & 0o077 == 0
