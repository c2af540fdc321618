"""What can go wrong, each with one line that says what was expected, what was found and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

_MOST_TOLD = 150  # a line of words that nobody would read to its end


class AssayError(Exception):
    """A fault of the suite's surroundings, told in one line. It is never the expectation of a test."""

    ROBOT_SUPPRESS_NAME = True


class NoAnswer(AssayError):
    """A service that is claimed did not answer in time; the message names it, its URL and the operation."""


class PlatformError(AssayError):
    """A platform could not be started, stopped or controlled.

    `exit_code` is the launcher's: 2 a bad setting, 3 it could not start, 4 a defect's patch point is missing.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class TargetError(AssayError):
    """A target, dialect or other file of data is malformed: `file:line: what is wrong; accepted: ...`."""

    def __init__(self, what: str, file: Path | None = None, line: int = 0) -> None:
        super().__init__(f"{shown(file)}:{line}: {what}" if file else what)
        self.what = what
        self.file = file
        self.line = line


def shown(path: Path) -> str:
    """The path as a person would type it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def accepted(word: object, words: Iterable[str]) -> str:
    """The ending of a message about an unknown word: what was probably meant, and what is accepted unless that is too much."""
    known = sorted(words)
    close = get_close_matches(str(word), known, 1, 0.6)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    if len(known) > _MOST_TOLD:
        return f"{hint}; {len(known)} are accepted"
    return f"{hint}; accepted: {', '.join(known) if known else 'nothing'}"
