"""The table of what was measured, and the document that keeps hand-written words around it."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass
class Row:
    """One thing measured a number of times, in one unit, beside what it may cost."""

    what: str
    unit: str
    budget: str = ""
    values: list[float] = field(default_factory=list)
    limit: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def within(self) -> bool | None:
        """Whether the median keeps the budget; None where there is none to keep."""
        return None if self.limit is None or not self.values else self.median <= self.limit

    def as_json(self) -> dict[str, Any]:
        """The row as JSON data."""
        found = asdict(self)
        if self.values:
            found |= {"median": self.median, "least": min(self.values), "most": max(self.values)}
        return {**found, "within": self.within}


def markdown(rows: list[Row], about: str) -> str:
    """The rows as a Markdown table under a sentence about where and when they were measured."""
    lines = [about, "", "| what | median | least to most | runs | budget | |", "|---|---|---|---|---|---|"]
    lines += [_line(row) for row in rows]
    return "\n".join(lines)


def _line(row: Row) -> str:
    if not row.values:
        return f"| {row.what} | not measured | | | {row.budget} | {row.note} |"
    kept = {True: "kept", False: "**not kept**", None: ""}[row.within]
    words = "; ".join(word for word in (kept, row.note) if word)
    spread = f"{_number(min(row.values))} to {_number(max(row.values))}" if len(row.values) > 1 else ""
    median = f"{_number(row.median)} {row.unit}".strip()
    return f"| {row.what} | {median} | {spread} | {len(row.values)} | {row.budget} | {words} |"


def _number(value: float) -> str:
    if value == int(value) and abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def place(document: Path, table: str) -> None:
    """Puts the table between its two marks and leaves every other word of the document as it is."""
    text = (
        document.read_text("utf-8") if document.is_file() else f"# Performance baselines\n\n{BEGIN}\n{END}\n"
    )
    if BEGIN not in text or END not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")
