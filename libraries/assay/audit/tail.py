"""Reads a log that is being written: whole lines only, from a remembered place on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Tail:
    """A log file and the places in it where the test began to look.

    A file that is shorter than the remembered place was begun anew (rotated or truncated) and is read from its start.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.path = path
        self.start = start

    @classmethod
    def from_here(cls, path: Path) -> Tail:
        """A log of which only what comes from now on counts."""
        return cls(path, size(path))

    def lines(self) -> list[str]:
        """The complete lines since the remembered place; a line that is still being written is left for later."""
        text, _, _ = self.octets().rpartition(b"\n")
        return text.decode("utf-8", "replace").split("\n") if text else []

    def octets(self) -> bytes:
        """Everything since the remembered place, to the last octet."""
        start = self.start if size(self.path) >= self.start else 0
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return file.read()
        except FileNotFoundError:
            return b""

    def events(self) -> Iterator[dict[str, Any]]:
        """The lines that are JSON objects, in the order of the file."""
        for line in self.lines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event

    def malformed(self) -> list[str]:
        """The lines that are no JSON objects, or that are two where a reader knows the line breaks of Unicode (NEL, LS, PS)."""
        return [line for line in self.lines() if not _is_event(line)]


def size(path: Path) -> int:
    """The size of a file, 0 when it is not there yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def matches(event: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether an event has every field that is wanted; a wanted None means that the field is null or absent."""
    return all(_same(event.get(name), value) for name, value in wanted.items())


def _same(seen: object, wanted: object) -> bool:
    return seen is None if wanted is None else str(seen) == str(wanted)


def _is_event(line: str) -> bool:
    try:
        return len(line.splitlines()) == 1 and isinstance(json.loads(line), dict)
    except ValueError:
        return False
