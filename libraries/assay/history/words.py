"""Operations in words, short and without secrets."""

from __future__ import annotations

import json
from typing import Any

from assay.core.histories import Operation, Outcome
from assay.evidence.redact import redact

_LONGEST = 24
_ARROW = "\N{RIGHTWARDS ARROW}"


def value(of: Any, longest: int = _LONGEST) -> str:
    """A value in few letters; secrets are taken out before it is cut, so that no half of one is left."""
    if of is None:
        return "nothing"
    if isinstance(of, bytes):
        text = of.decode("utf-8", "backslashreplace")
    elif isinstance(of, str):
        text = of or "an empty text"
    else:
        text = json.dumps(of, ensure_ascii=False, default=str)
    text = " ".join(redact(text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def phrase(of: Operation) -> str:
    """An operation as a sentence has it: `read of 'a' in version 3 by ann (#14)`."""
    version = "" if of.version is None else f" in version {of.version}"
    return f"{deed(of)}{version} by {value(of.client)} (#{of.number})"


def deed(of: Operation) -> str:
    """What was done: `write of 'a'`, `compare-and-set of 'a' to 'b'`."""
    if of.kind == "read":
        return f"read of {quoted(of.seen)}"
    if of.kind == "cas":
        return f"compare-and-set of {quoted(of.expected)} to {quoted(of.asked)}"
    return of.kind if of.asked is None else f"{of.kind} of {quoted(of.asked)}"


def quoted(of: Any) -> str:
    """A value as a sentence has it: a text in quotes, so that it is not taken for a number, or for nothing."""
    return f"'{value(of)}'" if isinstance(of, str | bytes) else value(of)


def label(of: Operation) -> str:
    """An operation as a picture names it: `#14 read → a, v3`."""
    if of.kind == "read":
        what = f"read {_ARROW} {value(of.seen, 16)}" if of.ok else "read"
    elif of.kind == "cas":
        what = f"cas {value(of.expected, 12)} {_ARROW} {value(of.asked, 12)}"
    else:
        what = of.kind if of.asked is None else f"{of.kind} {value(of.asked, 16)}"
    version = "" if of.version is None else f", v{of.version}"
    ending = {Outcome.OK: "", Outcome.FAILED: " refused", Outcome.UNKNOWN: " ?"}[of.outcome]
    return f"#{of.number} {what}{version}{ending}"


def time(seconds: float) -> str:
    """A time that a person can compare: `3.1 ms`, `2.50 s`."""
    if abs(seconds) >= 1:
        return f"{seconds:.2f} s"
    if abs(seconds) >= 0.001:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1_000_000:.0f} µs"
