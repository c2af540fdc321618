"""A log that is read while it is written."""

from __future__ import annotations

from pathlib import Path

from assay.audit.tail import Tail, matches


def test_only_what_comes_after_the_remembered_place_counts(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"event": "old"}\n')
    tail = Tail.from_here(log)
    with log.open("a") as file:
        file.write('{"event": "new"}\n')
    assert [event["event"] for event in tail.events()] == ["new"]


def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"event": "whole"}\n{"event": "ha')
    tail = Tail(log)
    assert [event["event"] for event in tail.events()] == ["whole"] and tail.malformed() == []
    with log.open("a") as file:
        file.write('lf"}\n')
    assert [event["event"] for event in tail.events()] == ["whole", "half"]


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    tail = Tail.from_here(tmp_path / "later.jsonl")
    assert list(tail.events()) == []
    (tmp_path / "later.jsonl").write_text('{"event": "first"}\n')
    assert len(list(tail.events())) == 1


def test_a_log_that_was_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"event": "old"}\n' * 5)
    tail = Tail.from_here(log)
    log.write_text('{"event": "fresh"}\n')
    assert [event["event"] for event in tail.events()] == ["fresh"]


def test_lines_that_are_no_events_are_found(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"event": "good"}\n[1]\nTraceback (most recent call last):\n')
    assert Tail(log).malformed() == ["[1]", "Traceback (most recent call last):"]


def test_line_separators_inside_a_value_are_one_event_and_malformed(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"event": "odd", "reason": "a\u2028b\x85c\\nd"}\n', encoding="utf-8")
    assert len(Tail(log).malformed()) == 1 and len(list(Tail(log).events())) == 1


def test_an_event_matches_by_every_field_that_is_asked_for() -> None:
    event = {"event": "login.failed", "user_id": None, "count": 3}
    assert matches(event, {"event": "login.failed", "user_id": None, "session_id": None, "count": "3"})
    assert not matches(event, {"event": "login.failed", "user_id": "u1"})
    assert not matches(event, {"count": None})
