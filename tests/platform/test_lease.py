"""The target's own accounts are lent to one test at a time, and never kept by whoever died."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from assay import PlatformLibrary
from assay.core import ledger, run, target
from assay.core.errors import AssayError
from assay.core.ledger import GIVEN, Ledger
from assay.core.platform import Platform
from assay.platform import lease
from assay.platform.lease import Lease

TARGET = """\
name: staging
services: {auth: {url: "https://auth.corp.example", client_certificate: {certificate: own.pem, key: own.key}}}
client_certificate: {certificate: all.pem, password: {env: KEY_PASSWORD}}
offers: [auth.password-change]
accounts: {ann: {email: ann@corp.example, password: {env: ANN_PASSWORD}}}
mail_address: qa+{name}@corp.example
"""
HOLDER = """\
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(lease, "PATIENCE", 0.2)
    monkeypatch.setattr(lease, "current", lambda: SimpleNamespace(folder=tmp_path))
    yield tmp_path


def test_another_test_waits_until_the_first_has_ended() -> None:
    first, second = Lease(), Lease()
    first.take("a test")
    first.take("a test")
    with pytest.raises(AssayError, match=r"the target's accounts were in use by another test for 0\.2 s"):
        second.take("another test")
    first.end("somebody else's test")
    with pytest.raises(AssayError, match="in use"):
        second.take("another test")
    first.end("a test")
    second.take("another test")
    second.end("another test")


def test_a_suite_keeps_them_while_its_tests_come_and_go() -> None:
    first, second = Lease(), Lease()
    first.take("a suite")
    first.take("a suite.a test")
    first.end("a suite.a test")
    with pytest.raises(AssayError, match="in use"):
        second.take("another test")
    first.end("a suite")
    second.take("another test")
    second.end("another test")


def test_who_was_killed_keeps_nothing(folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / "accounts.lock")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    waiting = Lease()
    with pytest.raises(AssayError, match="in use"):
        waiting.take("a test")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    waiting.take("a test")
    waiting.end("a test")


@pytest.fixture
def staging(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setenv("ASSAY_LEFT", str(folder / "left"))
    monkeypatch.setenv("ANN_PASSWORD", "ann-of-the-target-1")
    monkeypatch.setenv("KEY_PASSWORD", "of-the-key-1")
    for name in ("own.pem", "own.key", "all.pem"):
        (folder / name).touch()
    monkeypatch.setattr("assay.core.reach.context", lambda way: None)  # the files are empty
    (folder / "staging.yaml").write_text(TARGET, "utf-8")
    said = target.load(str(folder / "staging.yaml"))
    book = Ledger("k3f9a2bc", {}, {"ann@corp.example": "ann"}, said.capabilities)
    made = SimpleNamespace(target=said, platform=Platform(said), ledger=book, id="k3f9a2bc", folder=folder)
    monkeypatch.setattr(run, "current", lambda: made)
    monkeypatch.setattr(PlatformLibrary, "current", lambda: made)
    return made


def test_an_account_whose_password_is_another_now_is_not_lent(staging: SimpleNamespace) -> None:
    library = PlatformLibrary.PlatformLibrary()
    assert library.account_of_the_target("ann")["email"] == "ann@corp.example"
    number = staging.ledger.add(GIVEN, "ann@corp.example", {"email": "ann@corp.example"}, "A Suite")
    assert (
        library.account_of_the_target("ann")["email"] == "ann@corp.example"
    )  # the test that changed it goes on
    staging.ledger.stays(number, "it was answered 500")
    with pytest.raises(AssayError, match="account ann could not be put back: it was answered 500"):
        library.account_of_the_target("ann")
    ledger.close("k3f9a2bc")


def test_fresh_addresses_are_as_the_target_says(staging: SimpleNamespace) -> None:
    first, second = (PlatformLibrary.PlatformLibrary().fresh_email() for _ in range(2))
    assert first != second
    for address in (first, second):
        assert address.startswith("qa+user-k3f9a2bc-")
        assert address.endswith("@corp.example")
        assert "{" not in address


def test_a_service_has_its_own_client_certificate_or_the_targets(staging: SimpleNamespace) -> None:
    own, other = (staging.target.client_certificate(name) for name in ("auth", "store"))
    assert [Path(own.certificate).name, Path(own.key).name, own.password] == ["own.pem", "own.key", ""]
    assert [Path(other.certificate).name, other.key, other.password] == ["all.pem", None, "of-the-key-1"]
    way = staging.platform.way("auth")
    assert way.certificate == own
    assert staging.platform.way_to("https://mail.corp.example").certificate is None
