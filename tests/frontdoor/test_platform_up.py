"""The target file of a platform that is up: what a run needs to reach it, and nothing that it cannot use."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from assay.command import platform
from assay.core import places, target

HIDDEN = "a-password"
READY: dict[str, Any] = {
    "services": {
        "store": {
            "url": "http://127.0.0.1:1",
            "grpc": "127.0.0.1:2",
            "workers": ["127.0.0.1:3"],
            "service_certificates": {"certificate": "ca.pem", "key": "ca.key", "name": "{service}.x"},
        }
    },
    "observes": {
        "security_log": {"store": "/logs/store.jsonl"},
        "files": {"store": "/shared"},
        "databases": {"auth": f"postgresql://observer:{HIDDEN}@127.0.0.1:4/auth"},
        "redis": {"url": f"redis://:{HIDDEN}@127.0.0.1:5/0"},
    },
    "accounts": {},
    "secrets": {"admin_key": "the-administrator's-1"},
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> target.Target:
    monkeypatch.setattr(places, "states", lambda: tmp_path)
    path = platform._write_target(target.load("reference"), READY, "http")
    return target.load(str(path))


def test_a_run_reaches_what_is_up_by_every_door(written: target.Target) -> None:
    store = written.services["store"]
    assert (store["url"], store["grpc"], store["workers"]) == (
        "http://127.0.0.1:1",
        "127.0.0.1:2",
        ["127.0.0.1:3"],
    )
    assert store["layout"] == "reference"
    assert set(written.services) == {"store"}


def test_it_claims_nothing_of_services_that_are_not_up_nor_what_nobody_controls(
    written: target.Target,
) -> None:
    assert {name.partition(".")[0] for name in written.capabilities} == {"store"}
    assert not written.data["controls"]
    assert {"store.files", "store.security-log"} == set(written.data["observes"])


def test_secrets_are_in_files_for_their_owner_and_named_by_variables(
    written: target.Target, tmp_path: Path
) -> None:
    text = written.path.read_text("utf-8")
    assert HIDDEN not in text
    assert "administrator's-1" not in text
    assert yaml.safe_load(text)["secrets"] == {"admin_key": {"env": "ASSAY_UP_ADMIN_KEY"}}
    secret = tmp_path / "up-admin_key"
    assert secret.read_text("utf-8") == "the-administrator's-1"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
