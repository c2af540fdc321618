"""Renders the pages for people: one HTML file each, with everything inside and nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assay.evidence.redact import redact
from assay.report import catalogue
from assay.report.model import Report
from assay.report.moments import moment
from assay.report.shapes import Area, Ending, Judged, Outcome

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = 20
_SIGNS = {
    Outcome.HELD: "✓",
    Outcome.BROKE: "✗",
    Outcome.FLAKY: "±",
    Outcome.WARNS: "!",
    Outcome.ACCEPTED: "≈",
    Outcome.QUARANTINED: "±",
    Outcome.SKIPPED: "–",
    Outcome.BROKEN: "?",
    Outcome.NOT_RUN: "–",
    Outcome.LATER: "…",
    Outcome.ABSENT: "–",
}
_STATES = (
    ("all", "All"),
    ("bad", "Not holding"),
    ("open", "Not judged"),
    ("good", "Held"),
    ("later", "Later"),
)
_KINDS = {
    "expectation": "The platform answered, but not as it should.",
    "setup": "The preparation of the test failed, so that the promise could not be tried.",
    "teardown": "The test itself ran; cleaning up after it failed.",
    "timeout": "It took longer than it may.",
    "no-answer": "The platform did not answer.",
    "error": "The test could not be carried out.",
}


def acceptance(report: Report) -> str:
    """The acceptance page of a run as HTML."""
    book = catalogue.load()
    looked_at = [one for one in report.requirements if one.tests]
    return render(
        "acceptance.html",
        report=report,
        book={id: one.says for id, one in book.requirements.items()},
        shares=[(outcome, report.counts[outcome]) for outcome in Outcome if report.counts.get(outcome)],
        looked_at=len(looked_at),
        held_requirements=sum(one.outcome is Outcome.HELD for one in looked_at),
        unjudged=sum(reason.count for reason in report.reasons),
        shown=SHOWN,
        held=Outcome.HELD,
        states=_STATES,
    )


def render(template: str, **values: Any) -> str:
    """A page from its template, with the style and the script of all pages inside."""
    script = _file("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(_file("style.css")),  # our own files, not input
            script=Markup(script),
            script_hash=Markup(f"sha256-{digest}"),
            **values,
        )
    )


@cache
def _file(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        after_headline=lambda sentence: _capital(sentence.split(": ", 1)[-1]),
        count=lambda number, thing: f"{number} {thing}" if number == 1 else f"{number} {thing}s",
        duration=duration,
        ended=_ended,
        first_line=lambda text: text.strip().split("\n", 1)[0],
        groupby_part=_by_part,
        kind=lambda kind: _KINDS.get(kind, "The test failed."),
        moment=moment,
        sign=lambda outcome: _SIGNS[outcome],
        state=state,
        summary=_summary,
    )
    return made


def _finalize(value: object) -> object:
    return value if isinstance(value, (Markup, int, float)) else _masked(str(value))


@lru_cache(maxsize=50_000)
def _masked(text: str) -> str:
    return redact(text)


def state(outcome: Outcome) -> str:
    """Which choice of the page's filter shows an outcome."""
    if outcome is Outcome.HELD:
        return "good"
    if outcome in (Outcome.BROKE, Outcome.FLAKY, Outcome.WARNS, Outcome.ACCEPTED):
        return "bad"
    return "later" if outcome is Outcome.LATER else "open"


def duration(seconds: float) -> str:
    """A time span as people say it: 0.04 s, 12.3 s, 3 min 5 s."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _ended(ending: Ending) -> str:
    how = {"interrupted": "was stopped by hand", "killed": "was cut off"}.get(
        ending.how, f"ended: {ending.how}"
    )
    return f"{how}: {ending.detail}" if ending.detail else how


def _summary(area: Area) -> str:
    listed = [one for group in area.groups for one in group.requirements]
    words = []
    if listed:
        held = sum(one.outcome is Outcome.HELD for one in listed)
        later = sum(one.outcome is Outcome.LATER for one in listed)
        words.append(f"{held} of {len(listed)} sentences held")
        if later:
            words.append(f"{later} later")
    if area.tests:
        words.append(f"{len(area.tests)} {'test' if len(area.tests) == 1 else 'tests'}")
    return ", ".join(words)


def _by_part(promises: Iterable[Judged]) -> list[tuple[str, list[Judged]]]:
    return [(part, list(group)) for part, group in groupby(promises, key=lambda one: one.part)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
