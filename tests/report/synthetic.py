"""Makes state folders as a run leaves them, of any size and with any ending, without running anything."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORDS = ["token", "session", "log-in", "refresh", "signature", "key", "account", "mail", "health", "answer"]


@dataclass
class Made:
    """A state folder in the making: `add` tests, then `save`."""

    folder: Path
    target: str = "reference"
    known_failures: Path | None = None
    tests: list[dict[str, Any]] = field(default_factory=list)
    planned: bool = True
    ending: dict[str, str] | None = None

    def add(
        self,
        name: str,
        status: str | None = "PASS",
        *tags: str,
        suite: str = "Suites.Auth.Tokens",
        **more: Any,
    ) -> None:
        """Adds a test; status None was never begun, "BEGUN" was begun and has no result."""
        number = len(self.tests)
        test = {
            "id": f"{suite}.{name}",
            "name": name,
            "suite": suite,
            "source": f"/suites/{suite.rpartition('.')[2].lower()}.robot",
            "line": 10 + number,
            "doc": "",
            "tags": list(tags) or ["area:auth"],
            "status": status,
            "started": f"2026-11-21T07:{number // 60 % 60:02}:{number % 60:02}+00:00",
            "seconds": 0.05,
            "exchange_seconds": 0.03,
            "exchanges": 2,
            "rows": 0,
            "kind": None,
            "message": "",
        }
        self.tests.append({**test, **more})

    def save(self) -> Path:
        """Writes the folder and returns it."""
        live = self.folder / "live"
        live.mkdir(parents=True, exist_ok=True)
        results = self.folder / "results"
        results.mkdir(exist_ok=True)
        about = {"id": "20261121-0700-abcd", "target": self.target, "results": str(results)}
        if self.known_failures:
            about["known_failures"] = str(self.known_failures)
        about["started"] = "2026-11-21T07:00:00+00:00"
        (self.folder / "run.json").write_text(json.dumps(about))
        if self.planned:
            plan = [
                {key: test[key] for key in ("id", "name", "suite", "source", "line", "tags")}
                for test in self.tests
            ]
            (self.folder / "plan.json").write_text(json.dumps(plan))
        if self.ending:
            (self.folder / "ending.json").write_text(json.dumps(self.ending))
        for worker in (0, 1):
            lines = [line for test in self.tests[worker::2] for line in _lines(test)]
            (live / f"{100 + worker}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self.folder


def _lines(test: dict[str, Any]) -> list[dict[str, Any]]:
    if test["status"] is None:
        return []
    begin = {"event": "begin", "id": test["id"], "at": test["started"]}
    return [begin] if test["status"] == "BEGUN" else [begin, {"event": "test", **test}]


def many(folder: Path, number: int, requirements: list[str], *, red: float = 0.04, seed: int = 1) -> Path:
    """A run of `number` tests over some requirements, of which a share is red, skipped or broken."""
    dice = random.Random(seed)
    made = Made(folder, ending={"how": "finished"})
    for index in range(number):
        requirement = requirements[index % len(requirements)]
        name = f"A {dice.choice(WORDS).capitalize()} With A Wrong {dice.choice(WORDS).capitalize()} Is Refused {index}"
        tags = ("area:auth", requirement, "promise:CH-3", *(["promise:CH-8"] if index % 9 == 0 else []))
        chance = dice.random()
        if chance < red:
            made.add(
                name, "FAIL", *tags, kind=dice.choice(["expectation", "expectation", "no-answer", "setup"]),
                message="Expected 401 invalid-token, but the answer was 200 with <b>a body</b>.",
                expected="a refusal: 401 with the problem invalid-token",
                seen="200 with the body {\"id\": \"7f0c\", \"email\": \"someone@example.test\"}",
                where="getMe, GET http://127.0.0.1:41234/auth/me, third exchange", seconds=dice.random(),
            )  # fmt: skip
        elif chance < red + 0.05:
            made.add(name, "SKIP", *tags, message="the target lacks auth.https")
        elif chance < red + 0.07:
            made.add(name, "BEGUN", *tags)
        else:
            made.add(name, "PASS", *tags, seconds=dice.random() / 3, rows=dice.choice([0, 0, 0, 24, 140]))
    return made.save()
