"""How often the security log tells of something."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from assay import AuditLibrary as module
from assay.AuditLibrary import AuditLibrary
from assay.evidence.expect import Unmet

AT_ONCE = timedelta(0)
FLOOD = {
    "time": "2026-11-21T07:30:00.123Z",
    "service": "auth",
    "event": "request.limited",
    "outcome": "failure",
    "reason": "address",
    "address": "192.0.2.1",
    "request_id": None,
}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "security.jsonl"
    platform = SimpleNamespace(observed=lambda _kind: {"auth": str(path)})
    monkeypatch.setattr(module, "current", lambda: SimpleNamespace(platform=platform))
    monkeypatch.setattr(module, "_QUIET", 0.0)
    return path


def tell(log: Path, times: int, **other: object) -> None:
    log.write_text("".join(json.dumps({**FLOOD, **other}) + "\n" for _ in range(times)))


def floods(count: int) -> int:
    told = AuditLibrary().exactly_so_many_security_events_should_tell(
        count, "request.limited", AT_ONCE, address="192.0.2.1"
    )
    return len(told)


def test_so_many_events_are_neither_more_nor_less(log: Path) -> None:
    tell(log, 2)
    assert floods(2) == 2
    with pytest.raises(Unmet, match="with address=192.0.2.1 3 times"):
        floods(3)
    with pytest.raises(Unmet, match="with address=192.0.2.1 once"):
        floods(1)


def test_what_is_told_of_others_does_not_count(log: Path) -> None:
    tell(log, 2, address="192.0.2.2")
    with pytest.raises(Unmet, match="no event|others"):
        floods(2)


def test_one_event_is_one(log: Path) -> None:
    tell(log, 1)
    found = AuditLibrary().exactly_one_security_event_should_tell("request.limited", AT_ONCE)
    assert found == FLOOD
    tell(log, 2)
    with pytest.raises(Unmet, match="once"):
        AuditLibrary().exactly_one_security_event_should_tell("request.limited", AT_ONCE)


def test_every_one_has_the_promised_form(log: Path) -> None:
    odd = {**FLOOD, "outcome": "perhaps"}
    log.write_text(f"{json.dumps(FLOOD)}\n{json.dumps(odd)}\n")
    with pytest.raises(Unmet, match="in the form of its schema"):
        floods(2)
