"""What is made on a platform that is not Assay's own is removed in reverse order, or listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from assay.core import target
from assay.core.errors import AssayError, NoAnswer
from assay.core.platform import Platform
from assay.core.run import Run
from assay.platform import removal
from assay.supervisor import ending
from robot.api.types import Secret

TARGET = """\
name: staging
services: {auth: {url: "https://auth.staging.example"}}
offers: [auth.sessions]
"""


@dataclass
class Answer:
    status: int


@dataclass
class Calls:
    """Stands for the keyword that calls operations; answers what each id is to be answered."""

    answers: Mapping[str, int | Exception] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def __call__(self, operation: str, fields: Mapping[str, Any]) -> Answer:
        name = str(fields["session_id"])
        self.made.append(name)
        answer = self.answers.get(name, 204)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "staging.yaml").write_text(TARGET, "utf-8")
    said = target.load(str(tmp_path / "staging.yaml"))
    found = Run("k3f9a2bc", tmp_path, said, tmp_path / "results", [Platform(said)])
    found.results.mkdir()
    monkeypatch.setattr(removal, "current", lambda: found)
    return found


def _remember(registry: removal.Registry, *names: str, suite: str = "A Suite") -> None:
    for name in names:
        registry.remember(
            suite, "auth.endSession", {"session_id": name, "token": Secret("a-token-of-somebody")}
        )


def _left(run: Run) -> list[str]:
    ending._list_left(run.folder, run.results)
    listed = run.results / "left-behind.txt"
    return listed.read_text().splitlines() if listed.exists() else []


def test_the_last_is_removed_first_and_each_suite_removes_its_own(run: Run) -> None:
    calls = Calls()
    registry = removal.Registry(calls)
    _remember(registry, "one", "two")
    _remember(registry, "other", suite="Another Suite")
    registry.suite_ends("A Suite")
    assert calls.made == ["two", "one"]
    registry.suite_ends("Another Suite")
    assert calls.made == ["two", "one", "other"]
    assert _left(run) == []


def test_what_could_not_be_removed_is_listed_and_keeps_nothing_else(run: Run) -> None:
    calls = Calls({"one": 500, "two": NoAnswer("auth did not answer"), "gone": 404})
    registry = removal.Registry(calls)
    _remember(registry, "zero", "one", "two", "gone")
    registry.suite_ends("A Suite")
    assert calls.made == ["gone", "two", "one", "zero"]
    assert _left(run) == [
        "auth.endSession session_id=one token=<secret> (made by A Suite): it was answered 500",
        "auth.endSession session_id=two token=<secret> (made by A Suite): auth did not answer",
    ]


def test_what_a_killed_worker_made_is_listed(run: Run) -> None:
    _remember(removal.Registry(Calls()), "one")
    assert _left(run)[0].endswith("the run ended before it could be removed")
    assert "a-token-of-somebody" not in (run.folder / "made.jsonl").read_text()
    assert (run.folder / "made.jsonl").stat().st_mode & 0o077 == 0


def test_an_unknown_operation_is_told_at_once(run: Run) -> None:
    with pytest.raises(AssayError, match="unknown operation 'auth.endSesion'"):
        removal.Registry(Calls()).remember("A Suite", "auth.endSesion", {})


def test_a_platform_of_assays_own_goes_away_whole(run: Run) -> None:
    run.target = target.load("reference")
    registry = removal.Registry(Calls())
    registry.remember("A Suite", "auth.endSession", {"session_id": json.dumps(1)})
    assert registry.made == []
    assert not (run.folder / "made.jsonl").exists()
