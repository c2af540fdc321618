"""Parts of the platform by themselves, where the whole would rarely get them into the state that matters."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import redis

from reference.auth import addresses
from reference.auth.cache import Cache
from reference.auth.database import Database
from reference.auth.mail import ALREADY_REGISTERED, Outbox
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.launcher import children, privilege, template, waiting
from reference.launcher.errors import LaunchError
from reference.launcher.postgres import GivenDatabases


@pytest.mark.parametrize(
    "address",
    ["=?utf-8?q?=41=42?=@corp.test", "=?utf-8?q?a=0d=0ab?=@corp.test", "=?iso-2022-kr?q?=0e=0f?=@corp.test"],
)
def test_an_address_that_a_mail_would_spell_otherwise_is_none(address: str) -> None:
    assert addresses.normalise(address) is None


def test_a_mail_that_cannot_be_written_is_not_sent_and_stops_nothing() -> None:
    outbox = Outbox(cast(Database, None), Settings(), "127.0.0.1:1", cast(SecurityLog, None))
    owed: dict[str, Any] = {"kind": ALREADY_REGISTERED, "email": "=?utf-8?q?a=0d=0ab?=@corp.test"}
    assert outbox._send(cast(Any, owed)) is False


def test_what_a_stopped_process_was_still_running_ends_with_it(tmp_path: Path) -> None:
    def work() -> None:
        subprocess.run(["sleep", "60"], check=False)

    child = children.fork("copying", work, tmp_path / "log")
    assert waiting.until(lambda: bool(children.descendants(child.pid)), 10)
    below = children.descendants(child.pid)
    child.stop(signal.SIGTERM)
    assert not child.alive()
    assert not [pid for pid in below if children.exists(pid)]


class Redis:
    """A Redis that fails on one write, while somebody else is dropping what it remembers."""

    def __init__(self, cache: Cache) -> None:
        self.cache, self.dropped = cache, 0

    def eval(self, *_: object) -> None:
        self.dropped += 1
        if self.dropped == 1:
            self.cache.remember_ended(["session"], 60)
            self.cache._closed_until = 0.0  # the pause is over

    def pipeline(self, transaction: bool) -> Any:
        raise redis.TimeoutError

    def get(self, _: str) -> None:
        return None


def test_a_failure_while_the_cache_is_dropped_has_it_dropped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache("redis://127.0.0.1:1")
    double = Redis(cache)
    monkeypatch.setattr(cache, "_client", double)
    for _ in range(3):
        cache.recall("session")
    assert double.dropped == 3


def test_the_password_of_a_given_server_is_not_told() -> None:
    with pytest.raises(LaunchError) as told:
        GivenDatabases("postgresql://somebody:a-canary@[::1]x/").prepare()
    assert "ASSAY_POSTGRES_URL" in str(told.value) and "a-canary" not in str(told.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand a file over")
def test_a_template_that_is_copied_between_file_systems_keeps_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, wanted = tmp_path / "draft", tmp_path / "wanted"
    (draft / "data").mkdir(parents=True)
    (draft / "data" / "PG_VERSION").touch()
    (wanted / "data").mkdir(parents=True)
    within = os.rename

    def rename(source: Path | str, target: Path | str) -> None:
        if Path(source) == draft:
            raise OSError(errno.EXDEV, "another file system")
        within(source, target)

    monkeypatch.setattr(os, "rename", rename)
    template.put(draft, wanted, privilege.DROPPED)
    assert (wanted / "data" / "PG_VERSION").stat().st_uid == privilege.NOBODY
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wanted"]
