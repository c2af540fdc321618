"""What is remembered of a run for the next one."""

from __future__ import annotations

import json
from pathlib import Path

from assay.command.running.following import Following, set_up


def test_a_suite_is_remembered_by_what_it_took_beyond_its_tests(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    entries: list[dict[str, object]] = [
        {"event": "test", "id": "A.1", "suite": "A", "status": "PASS", "seconds": 0.5},
        {"event": "test", "id": "A.2", "suite": "A", "status": "PASS", "seconds": 1.0},
        {"event": "suite", "id": "A", "seconds": 4.0},
    ]
    (tmp_path / "live" / "1.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    following = Following(tmp_path, [], 2, {"A.0": 7.0, set_up("B"): 1.0})
    following.look()
    assert following.durations() == {"A.0": 7.0, "A.1": 0.5, "A.2": 1.0, set_up("A"): 2.5, set_up("B"): 1.0}
