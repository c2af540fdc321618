"""Parts of the platform by themselves, where the whole would rarely get them into the state that matters."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
import redis

from reference.auth import addresses
from reference.auth.cache import Cache
from reference.auth.database import Database
from reference.auth.keys import KeyRing
from reference.auth.mail import ALREADY_REGISTERED, PASSWORD_CHANGED, PASSWORD_SET_ANEW, Outbox
from reference.auth.routes import second_factor
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.common import problems
from reference.launcher import certificates, children, platform, privilege, template, waiting
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


def test_what_a_killed_launcher_leaves_has_no_private_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "working_place", lambda folder: folder / "data")
    tls = tmp_path / "tls"
    certificates.make(tls)
    assert [one for one in tls.iterdir() if b"PRIVATE KEY" in one.read_bytes()]
    platform.sweep(tmp_path)
    assert not [one for one in tls.iterdir() if b"PRIVATE KEY" in one.read_bytes()]


class _Full:
    """A database that keeps nothing: it fails as a transaction is to be committed."""

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        connection = Mock()
        connection.execute.return_value.first.return_value = None
        yield connection
        raise problems.unavailable()


def test_a_key_that_was_not_kept_is_not_told() -> None:
    log = Mock()
    ring = KeyRing(cast(Database, _Full()), Settings(), b"s" * 32, log)
    with pytest.raises(problems.Problem, match="service-unavailable"):
        ring.prepare()
    log.success.assert_not_called()


@pytest.mark.parametrize("finish", [second_factor.finish_log_in, second_factor.finish_log_in_by_cookie])
def test_a_log_in_of_who_was_shut_out_just_then_is_not_finished(
    finish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Mock()
    service.second_factor.finish.return_value = ("user", Mock())
    service.accounts.get.return_value = None
    service.accounts.require.side_effect = problems.Problem("invalid-verification-token")
    monkeypatch.setattr("reference.auth.endpoints.parts", lambda request: service)
    body = second_factor.FinishRequest(challenge_token="a", code="123456")
    with pytest.raises(problems.Problem, match="invalid-challenge") as refused:
        finish(Mock(), body)
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"


def test_a_mail_about_a_reset_tells_of_the_keys_that_it_revoked() -> None:
    outbox = Outbox(cast(Database, None), Settings(), "127.0.0.1:1", cast(SecurityLog, None))
    told = {
        kind: outbox.compose(cast(Any, {"kind": kind, "email": "a@corp.test"}))
        for kind in (PASSWORD_SET_ANEW, PASSWORD_CHANGED)
    }
    texts = {kind: mail.get_content() for kind, mail in told.items() if mail is not None}
    assert "API key" in texts[PASSWORD_SET_ANEW]
    assert "API key" not in texts[PASSWORD_CHANGED]
