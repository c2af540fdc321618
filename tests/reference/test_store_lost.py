"""A store whose keys are gone: it is not taken for one that was never begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference.store import mainworker
from reference.store.vault import LostKeys, Vault


def unopened(folder: Path) -> Vault:
    (folder / "master").write_bytes(b"m" * 32)
    return Vault(folder / "master", folder / "state")


def test_a_directory_that_cannot_be_seen_may_be_that_of_a_store(tmp_path: Path) -> None:
    assert mainworker.is_begun(tmp_path / "away")
    assert not mainworker.is_begun(tmp_path)
    (tmp_path / "index").mkdir()
    assert not mainworker.is_begun(tmp_path)
    (tmp_path / "index" / "journal.0").touch()
    assert mainworker.is_begun(tmp_path)


def test_whether_a_store_was_begun_is_asked_only_where_there_are_no_keys(tmp_path: Path) -> None:
    with pytest.raises(LostKeys):
        unopened(tmp_path).open(lambda: True)
    assert not (tmp_path / "state" / "vault.json").exists()
    unopened(tmp_path).open(lambda: False)
    unopened(tmp_path).open(lambda: pytest.fail("asked"))
