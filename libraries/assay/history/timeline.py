"""A few operations as a picture: a row for each client, a bar for each operation, what ran beside what.

Between two moments at which something begins or ends there is room for a person to see it, however short it
was, so the order is exact and lengths are not; times stand below and in the tips. Widths of texts are set,
not guessed, so none meets another whatever font there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assay.core.histories import Operation, Outcome
from assay.evidence.redact import Redacted
from assay.history.words import label, phrase, time, value

_WIDTH, _EDGE, _TOP = 940.0, 14.0, 10.0
_LETTER, _LINE, _BAR, _GAP = 6.7, 16.0, 14.0, 10.0
_FONT = "font-family:monospace;font-size:11px"
_RED = "218,54,51"
_COLOURS = {"read": "46,160,67", "write": "56,139,253", "cas": "163,113,247", "delete": "210,153,34"}
_OTHER, _GREY = "56,139,253", "128,128,128"
_DASHED = (
    (Outcome.UNKNOWN, "no answer (?)", ' stroke-dasharray="4 3"'),
    (Outcome.FAILED, "refused", ' stroke-dasharray="1 3"'),
)
_MOST = 40
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@dataclass(frozen=True)
class Bar:
    """An operation where it is drawn: from left to right, its label on one of the lines above it."""

    operation: Operation
    left: float
    right: float
    text_left: float
    line: int


def timeline(operations: Sequence[Operation], offender: Operation) -> Redacted:
    """The picture as SVG for a log, without secrets. The offender is red."""
    shown = _shown(operations, offender)
    places, names = (
        _places(shown),
        sorted({one.client for one in shown}, key=lambda name: _first(shown, name)),
    )
    right = _WIDTH - _EDGE
    parts: list[str] = []
    top = _TOP
    for name in names:
        for lane in _lanes([one for one in shown if one.client == name]):
            bars = _lines([_bar(one, places, right) for one in lane])
            text_lines = 1 + max(bar.line for bar in bars)
            foot = top + text_lines * _LINE + _BAR
            parts.append(_text(_EDGE, foot - 3, value(name, 18), "opacity:.8"))
            parts += [_drawn(bar, foot, bar.operation is offender) for bar in bars]
            parts.append(_rule(foot + _GAP / 2))
            top = foot + _GAP
    lines = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP:.0f}" y2="{top:.0f}" stroke="currentColor" '
        'stroke-opacity=".13" stroke-dasharray="2 3"/>'
        for x in sorted(set(places.values()))
    )
    axis, legend = _axis(places, top + _LINE), _legend(shown, top + 2.4 * _LINE)
    height = top + 3 * _LINE + 4
    return Redacted(
        f'<svg viewBox="0 0 {_WIDTH:.0f} {height:.0f}" width="{_WIDTH:.0f}" role="img" '
        f'aria-label="Timeline of {len(shown)} operations" '
        f'style="max-width:100%;height:auto;display:block;{_FONT};color:inherit" fill="currentColor">'
        f"{lines}{''.join(parts)}{axis}{legend}</svg>"
    )


def _shown(operations: Sequence[Operation], offender: Operation) -> list[Operation]:
    ordered = sorted(operations, key=lambda one: one.begun)
    if len(ordered) <= _MOST:
        return ordered
    return [*(one for one in ordered if one is not offender)][-_MOST + 1 :] + [offender]


def _first(shown: Sequence[Operation], name: str) -> float:
    return min(one.begun for one in shown if one.client == name)


def _places(shown: Sequence[Operation]) -> dict[float, float]:
    """Where each moment stands: as far apart as all can be, and more where more time passed."""
    moments = sorted({at for one in shown for at in (one.begun, _end(one)) if at != float("inf")})
    gutter = _EDGE + _LETTER * (2 + max(len(value(one.client, 18)) for one in shown))
    tail = 3 * _LETTER if all(_end(one) != float("inf") for one in shown) else 8 * _LETTER
    room = _WIDTH - _EDGE - tail - gutter
    steps, whole = max(1, len(moments) - 1), moments[-1] - moments[0] or 1.0
    places, x = {moments[0]: gutter}, gutter
    for before, after in pairwise(moments):
        x += room * (0.7 / steps + 0.3 * (after - before) / whole)
        places[after] = x
    return places


def _end(one: Operation) -> float:
    """An unknown operation has no end, wherever its client gave up."""
    return float("inf") if one.unknown or one.ended is None else one.ended


def _lanes(operations: Sequence[Operation]) -> list[list[Operation]]:
    """The operations of one client in rows, so that none covers another that it ran beside."""
    lanes: list[list[Operation]] = []
    for one in operations:
        free = next((lane for lane in lanes if _end(lane[-1]) <= one.begun), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes


def _bar(one: Operation, places: dict[float, float], right: float) -> Bar:
    left, end = places[one.begun], _end(one)
    to = right if end == float("inf") else places[end]
    width = len(label(one)) * _LETTER
    return Bar(one, left, max(to, left + 3), max(_EDGE, min(left, right - width)), 0)


def _lines(bars: Sequence[Bar]) -> list[Bar]:
    """Labels on as few lines as they fit on side by side."""
    ends: list[float] = []
    placed = []
    for bar in bars:
        line = next((place for place, end in enumerate(ends) if end + _LETTER <= bar.text_left), len(ends))
        ends[line : line + 1] = [bar.text_left + len(label(bar.operation)) * _LETTER]
        placed.append(Bar(bar.operation, bar.left, bar.right, bar.text_left, line))
    return placed


def _drawn(bar: Bar, foot: float, red: bool) -> str:
    one = bar.operation
    colour = _RED if red else _COLOURS.get(one.kind, _OTHER)
    dashes = next((dashes for outcome, _, dashes in _DASHED if outcome is one.outcome), "")
    weight = "font-weight:bold" if red else ""
    base = foot - _BAR - bar.line * _LINE - 4
    return (
        f"<g><title>{_escape(_tip(one))}</title>"
        f'<rect x="{bar.left:.1f}" y="{foot - _BAR:.1f}" width="{bar.right - bar.left:.1f}" height="{_BAR:.0f}" '
        f'rx="2" fill="rgb({colour})" fill-opacity="{_opacity(one, red)}" stroke="rgb({colour})" '
        f'stroke-width="{2 if red else 1}"{dashes}/>'
        f"{_text(bar.text_left, base, label(one), weight)}</g>"
    )


def _opacity(one: Operation, red: bool) -> str:
    if not one.ok:
        return ".1"
    return ".75" if red else ".4"


def _tip(one: Operation) -> str:
    ending = {
        Outcome.OK: f"took {time((one.ended or one.begun) - one.begun)}",
        Outcome.FAILED: "was refused",
        Outcome.UNKNOWN: "was never answered",
    }[one.outcome]
    return f"{phrase(one)} {ending}"


def _axis(places: dict[float, float], y: float) -> str:
    """The times of as many moments as there is room for."""
    start, free, parts = min(places), 0.0, []
    for moment, x in sorted(places.items()):
        text = time(moment - start) if moment > start else "0"
        left = x - len(text) * _LETTER / 2
        if left > free:
            parts.append(_text(left, y, text, "opacity:.65"))
            free = left + (len(text) + 1) * _LETTER
    return "".join(parts)


def _legend(shown: Sequence[Operation], y: float) -> str:
    """What the colours and dashes mean that are in the picture."""
    meant = [(name, _COLOURS.get(name, _OTHER), "") for name in dict.fromkeys(one.kind for one in shown)]
    meant += [
        (name, _GREY, dashes)
        for outcome, name, dashes in _DASHED
        if outcome in {one.outcome for one in shown}
    ]
    parts, x = [], _EDGE
    for name, colour, dashes in [*meant, ("what does not fit", _RED, "")]:
        name = value(name)
        parts.append(
            f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="16" height="9" rx="2" fill="rgb({colour})" '
            f'fill-opacity=".4" stroke="rgb({colour})"{dashes}/>{_text(x + 21, y, name, "opacity:.65")}'
        )
        x += 21 + (len(name) + 2) * _LETTER
    return "".join(parts)


def _rule(y: float) -> str:
    return (
        f'<line x1="{_EDGE}" x2="{_WIDTH - _EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
        'stroke-opacity=".12"/>'
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    styled = f' style="{style}"' if style else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" textLength="{len(text) * _LETTER:.1f}" '
        f'lengthAdjust="spacingAndGlyphs"{styled}>{_escape(text)}</text>'
    )


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
