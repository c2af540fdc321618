"""A history as a file of JSON lines, one operation each, that can be read and judged again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.core.errors import AssayError, accepted, shown
from assay.core.histories import History, Operation, Outcome, marked
from assay.evidence.redact import redact

_FIELDS = tuple(Operation.__dataclass_fields__)
_NEEDED = ("client", "kind", "key", "begun")


def write(history: History, path: Path) -> None:
    """Writes a history for its owner alone to read. Secrets are marks in it, of which equal ones stand for
    equal secrets.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(_line(one), ensure_ascii=False) + "\n" for one in history)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(lines)


def read(path: Path) -> History:
    """The history of a file; a line that is none is an error that names it."""
    history = History(path.stem)
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise AssayError(f"{shown(path)} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            _add(history, line, f"{shown(path)}:{number}")
    return history


def _line(one: Operation) -> dict[str, Any]:
    told = {name: _told(value) for name, value in asdict(one).items()}
    return {name: value for name, value in told.items() if value is not None and value != ""}


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return _told(value.decode("latin-1"))
    if isinstance(value, str):
        without = redact(value)
        # The mark of a log has few letters; two different values must never look alike.
        return value if without == value else f"{without} {marked(value)}"
    if isinstance(value, dict):
        return {_told(name): _told(item) for name, item in value.items()}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _add(history: History, line: str, where: str) -> None:
    try:
        given = json.loads(line)
    except ValueError:
        raise AssayError(f"{where}: no JSON; give an operation a line") from None
    if not isinstance(given, dict) or (missing := [name for name in _NEEDED if name not in given]):
        lacking = missing if isinstance(given, dict) else _NEEDED
        raise AssayError(f"{where}: an operation lacks {', '.join(lacking)}")
    for name in given:
        if name not in _FIELDS:
            raise AssayError(f"{where}: unknown member '{name}'{accepted(name, _FIELDS)}")
    outcome = given.get("outcome", Outcome.UNKNOWN)
    if outcome not in [*Outcome]:
        raise AssayError(f"{where}: unknown outcome '{outcome}'{accepted(outcome, Outcome)}")
    try:
        history.add(Operation(**{**given, "outcome": Outcome(outcome)}))
    except AssayError as error:
        raise AssayError(f"{where}: {error}") from None
