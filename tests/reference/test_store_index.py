"""The index by itself: what a crash leaves, and what somebody else may have done to it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reference.common import problems
from reference.common.securitylog import SecurityLog
from reference.store import index as index_module
from reference.store.contents import Entries, SchemaKept
from reference.store.counter import Counter
from reference.store.index import Index
from reference.store.journal import Journal
from reference.store.statefile import StateFile
from reference.store.wire import Entry

KEYS = (bytes(32), bytes([1]) * 32)


class Disk:
    """A shared directory and what main keeps beside it."""

    def __init__(self, folder: Path) -> None:
        self.shared, self.state, self.log = folder / "shared", folder / "state", folder / "log"
        self.shared.mkdir()

    def started(self) -> Index:
        made = Index(self.shared, self.state, KEYS, SecurityLog(str(self.log), "store"))
        made.load()
        return made

    def written(self, *keys: str) -> Index:
        """An index into which entities were written one after the other."""
        made = self.started()
        write(made, *keys)
        return made

    @property
    def journal(self) -> Path:
        return max((self.shared / "index").iterdir(), key=lambda path: int(path.suffix[1:]))

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def entry(version: int = 1) -> Entry:
    return Entry(version, f"ab/{version}.sealed", b"d" * 32, "k")


def write(index: Index, *keys: str) -> None:
    async def run() -> None:
        for key in keys:
            await index.commit([Entries("s", {key: entry()})])

    asyncio.run(run())
    index._thread.submit(int).result()  # what is done after an answer has been done


def is_refused(index: Index) -> bool:
    try:
        index.check()
    except problems.Problem as problem:
        assert problem.name == "tampered"
        return True
    return False


def keys_of(index: Index) -> list[str]:
    return [key for key, _ in index.contents.page("s", "", 1000)[0]]


def test_what_was_committed_is_there_after_a_start(disk: Disk) -> None:
    first = disk.written("a", "b")
    asyncio.run(first.commit([SchemaKept("s", b"{}"), Entries("s", {"a": Entry(1)})]))
    again = disk.started()
    assert keys_of(again) == ["b"] and again.contents.schemas == {"s": b"{}"}
    assert again.contents.entry("s", "a") == Entry(1)


def test_no_name_stands_in_the_clear(disk: Disk) -> None:
    disk.written("a-very-plain-name")
    assert b"plain" not in disk.journal.read_bytes()


@pytest.mark.parametrize("lost", [1, 2, 40, 90])
def test_a_record_that_was_never_finished_is_left_out(disk: Disk, lost: int) -> None:
    first = disk.written("a")
    before, number = disk.journal.read_bytes(), (disk.state / "number.json").read_bytes()
    write(first, "b")
    (disk.state / "number.json").write_bytes(number)
    disk.journal.write_bytes(disk.journal.read_bytes()[:-lost])
    again = disk.started()
    assert keys_of(again) == ["a"] and disk.journal.read_bytes() == before
    write(again, "c")
    assert keys_of(disk.started()) == ["a", "c"]


def test_main_may_end_between_the_record_and_its_number(disk: Disk) -> None:
    first = disk.written("a")
    number = (disk.state / "number.json").read_bytes()
    write(first, "b")
    (disk.state / "number.json").write_bytes(number)
    assert keys_of(disk.started()) == ["a", "b"]
    assert keys_of(disk.started()) == ["a", "b"]


def _set_back(disk: Disk, before: bytes) -> None:
    disk.journal.write_bytes(before)


def _removed(disk: Disk, before: bytes) -> None:
    disk.journal.unlink()


def _cut(disk: Disk, before: bytes) -> None:
    disk.journal.write_bytes(disk.journal.read_bytes()[:-1])


def _altered(disk: Disk, before: bytes) -> None:
    content = bytearray(disk.journal.read_bytes())
    content[len(before) // 2] ^= 1
    disk.journal.write_bytes(content)


def _without_number(disk: Disk, before: bytes) -> None:
    (disk.state / "number.json").unlink()


@pytest.mark.parametrize("harm", [_set_back, _removed, _cut, _altered, _without_number])
def test_an_index_that_is_not_what_main_wrote_is_not_served(
    disk: Disk, harm: Callable[[Disk, bytes], None]
) -> None:
    first = disk.written("a")
    before = disk.journal.read_bytes()
    write(first, "b", "c")
    harm(disk, before)
    assert is_refused(disk.started())
    assert "index.tampered" in disk.said()


@pytest.mark.parametrize("harm", [_set_back, _removed, _cut, _altered])
def test_it_is_noticed_while_main_runs_and_heals(disk: Disk, harm: Callable[[Disk, bytes], None]) -> None:
    running = disk.written("a")
    before = disk.journal.read_bytes()
    write(running, "b")
    whole = disk.journal.read_bytes()
    name = disk.journal
    harm(disk, before)
    assert is_refused(running) and is_refused(running)
    name.write_bytes(whole)
    assert not is_refused(running)
    write(running, "c")
    assert keys_of(disk.started()) == ["a", "b", "c"]


def test_a_backup_that_is_put_back_is_the_same_also_after_a_start(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_COMPACT_RECORDS", 1)
    disk.written("a", "b")
    shutil.copytree(disk.shared, disk.shared.with_name("backup"))
    assert keys_of(disk.started()) == ["a", "b"]
    shutil.rmtree(disk.shared)
    shutil.copytree(disk.shared.with_name("backup"), disk.shared)
    again = disk.started()
    assert keys_of(again) == ["a", "b"] and "index.tampered" not in disk.said()
    write(again, "c")
    shutil.rmtree(disk.shared)
    shutil.copytree(disk.shared.with_name("backup"), disk.shared)
    assert is_refused(disk.started())


def test_a_journal_that_grew_becomes_a_snapshot_of_the_same_worth(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_COMPACT_RECORDS", 3)
    disk.written("a", "b", "c", "d")
    grown = disk.journal.stat().st_size
    again = disk.started()
    assert keys_of(again) == ["a", "b", "c", "d"] and disk.journal.stat().st_size < grown
    assert len(list((disk.shared / "index").iterdir())) == 1
    write(again, "e")
    assert keys_of(disk.started()) == ["a", "b", "c", "d", "e"]


def test_a_journal_is_renewed_while_it_grows(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_COMPACT_BYTES", 1)
    keys = [f"k{number:03}" for number in range(60)]
    running = disk.written(*keys[:30])
    first = disk.journal
    shutil.copytree(disk.shared, disk.shared.with_name("backup"))
    write(running, *keys[30:])
    assert disk.journal != first and len(list((disk.shared / "index").iterdir())) == 1
    assert keys_of(running) == keys and keys_of(disk.started()) == keys
    shutil.rmtree(disk.shared)
    shutil.copytree(disk.shared.with_name("backup"), disk.shared)
    assert is_refused(running) and is_refused(disk.started())


@pytest.mark.parametrize(("records", "pause"), [(1, 60.0), (256, 0.0)])
@pytest.mark.parametrize("step", ["_write_whole", "_sync_folder", "settle", "newest", "seal"])
def test_a_renewal_that_fails_loses_nothing(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, step: str, records: int, pause: float
) -> None:
    monkeypatch.setattr(index_module, "_COMPACT_BYTES", 1)
    monkeypatch.setattr(index_module, "_COMPACT_RECORDS", records)
    monkeypatch.setattr(index_module, "_PAUSE_SECONDS", pause)
    running = disk.started()
    renew = Journal.renew

    def failing(*_: object) -> None:
        raise OSError(5, "no disk")

    def renewing(self: Journal, number: int, link: bytes, contents: bytes) -> None:
        with monkeypatch.context() as now:
            now.setattr(Journal, step, failing)
            renew(self, number, link, contents)

    keys = [f"k{number:03}" for number in range(60)]
    monkeypatch.setattr(Journal, "renew", renewing)
    for key in keys[:30]:
        write(running, key)
        assert not is_refused(running) and keys_of(running)[-1] == key
    assert not list((disk.shared / "index").glob("*.part"))
    monkeypatch.setattr(Journal, "renew", renew)
    write(running, *keys[30:])
    assert keys_of(running) == keys and keys_of(disk.started()) == keys
    assert "index.tampered" not in disk.said()


@pytest.mark.parametrize("part", [(Journal, "sync"), (Counter, "keep")])
def test_what_could_not_be_kept_did_not_happen(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, part: tuple[Any, str]
) -> None:
    running = disk.written("a")

    def full(*_: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(*part, full)
        with pytest.raises(problems.Problem, match="storage-full"):
            write(running, "b")
        assert not is_refused(running)
    write(running, "c")
    assert keys_of(running) == keys_of(disk.started()) == ["a", "c"]


def test_changes_that_come_together_are_all_there(disk: Disk) -> None:
    running = disk.started()

    async def together() -> None:
        many = (running.commit([Entries("s", {f"{number:03}": entry()})]) for number in range(50))
        await asyncio.gather(*many)

    asyncio.run(together())
    assert len(keys_of(disk.started())) == 50


def test_a_disk_that_is_away_is_no_tampering(disk: Disk) -> None:
    running = disk.written("a")
    away = disk.shared.with_name("away")
    os.rename(disk.shared, away)
    with pytest.raises(problems.Problem, match="service-unavailable"):
        running.check()
    os.rename(away, disk.shared)
    running.check()
    assert "tampered" not in disk.said()


def test_keys_are_listed_a_page_at_a_time(disk: Disk) -> None:
    index = disk.written("b", "a", "é", "c", "Z")
    first, following = index.contents.page("s", "", 2)
    rest, last = index.contents.page("s", following or "", 10)
    assert [key for key, _ in first + rest] == ["Z", "a", "b", "c", "é"] and last is None


def test_a_number_that_stands_though_it_was_refused_is_taken_back(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = disk.written("a")

    def refused(self: StateFile) -> None:
        raise OSError(5, "the disk is broken")

    with monkeypatch.context() as now, pytest.raises(problems.Problem, match="service-unavailable|internal"):
        now.setattr(StateFile, "_sync_folder", refused)
        write(index, "b")
    again = disk.started()
    assert not is_refused(again) and again.contents.entry("s", "a").alive
    write(again, "c")


def test_a_journal_that_is_read_again_and_again_keeps_one_descriptor(disk: Disk) -> None:
    index = disk.written("a")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        index.load()
    assert len(os.listdir("/proc/self/fd")) <= before
