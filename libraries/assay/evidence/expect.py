"""Expectations: the one way in which a keyword of Assay says that the platform broke a promise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from assay.evidence.redact import redact

_LONGEST = 600


class Unmet(AssertionError):
    """What was expected of the platform was not seen. Only this counts as a failure on a test's expectation.

    `expected`, `seen` and `where` hold no secret: they are redacted as they are given. `failed_rows` names the rows of a
    table that failed, so that rows can be known failures one by one.
    """

    ROBOT_SUPPRESS_NAME = True

    def __init__(self, expected: str, seen: object, where: str = "", failed_rows: Iterable[str] = ()) -> None:
        self.failed_rows = [redact(row) for row in failed_rows]
        self.expected = redact(expected)
        self.seen = told(seen)
        self.where = redact(where)
        super().__init__(
            f"Expected {self.expected}, saw {self.seen}{f' ({self.where})' if self.where else ''}."
        )


def expect(condition: object, expected: str, seen: object, where: str = "") -> None:
    """Raises Unmet unless the condition holds.

    `expected` completes the sentence "Expected ...", `seen` is the value that was found, `where` says where to look.
    Example: ``expect(answer.status == 204, "status 204", answer.status, "auth.logOut")``
    """
    if not condition:
        raise Unmet(expected, seen, where)


def told(value: object) -> str:
    """A value as a message shows it: short, readable, without secrets."""
    if value is None:
        text = "nothing"
    elif isinstance(value, str):
        text = value if value else "an empty text"
    elif isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        text = json.dumps(_plain(value), ensure_ascii=False, default=str)
    else:
        text = str(value)
    text = redact(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST} characters more)"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=str)
    return value
