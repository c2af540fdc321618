"""Exchanges with a service as tables that a person can read in Robot's log, in light and dark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assay.evidence.redact import Redacted, redact

Headers = Sequence[tuple[str, str]]

_UNTOLD = frozenset({
    "host", "content-length", "connection", "accept-encoding", "user-agent", "accept", "date", "server",
    "keep-alive", "transfer-encoding", "x-process-time",
})  # fmt: skip
# The codes of gRPC that say what is wrong with the service, not with the request (as 5xx does).
_FAULTS = frozenset({"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "DEADLINE_EXCEEDED"})
_LONGEST_BODY = 20_000
_LONGEST_HEADER = 240
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

_TABLE = 'style="border-collapse:collapse;margin:2px 0;font-family:Helvetica,Arial,sans-serif"'
_LINE = "border:1px solid rgba(128,128,128,.4);padding:2px 8px;vertical-align:top;text-align:left"
_HEAD = f'style="{_LINE};font-weight:normal;opacity:.75;white-space:nowrap"'
_CELL = f'style="{_LINE}"'
_BRIEF = f'style="{_LINE};white-space:nowrap"'
_CODE = "font-family:monospace;word-break:break-word"
_PRE = 'style="margin:4px 0;white-space:pre-wrap;word-break:break-word;max-height:30em;overflow:auto"'
_WIDE = f'<td colspan="4" {_CELL}>'
_MUTED = 'style="opacity:.7"'
_GOOD = "background:rgba(46,160,67,.22)"
_ODD = "background:rgba(210,153,34,.25)"
_BAD = "background:rgba(218,54,51,.28)"


@dataclass
class Exchange:
    """One request and its answer, or why there was none. `code` is how gRPC names the outcome, which then has no status."""

    operation: str
    method: str
    path: str
    who: str = "nobody"
    sent_headers: Headers = ()
    sent_body: bytes | None = None
    status: int | None = None
    code: str = ""
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 0.0
    failure: str = ""


@dataclass
class RowResult:
    """What came of one row of a table."""

    name: str
    sent: str
    expected: str
    seen: str
    held: bool
    seconds: float = 0.0
    control: bool = False
    silent: bool = False
    exchanges: list[Exchange] = field(default_factory=list)


def exchange_table(exchange: Exchange) -> Redacted:
    """The HTML table of one exchange, without secrets."""
    return Redacted(_exchange(exchange))


def exchanges_table(title: str, exchanges: Sequence[Exchange]) -> Redacted:
    """One table for several exchanges that belong together (concurrent calls, steps); each can be unfolded."""
    lines = "".join(
        f"<tr><td {_CELL}>{number}</td><td {_CELL}>{_text(one.method)} {_text(one.path)}</td>"
        f"<td {_status_style(one)}>{_status(one)}</td><td {_BRIEF}>{_time(one.seconds)}</td>"
        f"<td {_CELL}>{_text(one.who)}</td><td {_CELL}>{_folded('details', _exchange(one))}</td></tr>"
        for number, one in enumerate(exchanges, 1)
    )
    heads = _heads("#", "Request", "Status", "Time", "Who", "Exchange")
    return Redacted(f"<b>{_text(title)}</b><table {_TABLE}>{heads}{lines}</table>")


def rows_table(title: str, results: Iterable[RowResult]) -> Redacted:
    """The table of a sweep: failing rows first, every row by name; failing rows with their exchanges to unfold."""
    ordered = sorted(results, key=lambda result: (result.held, not result.control))
    broken = sum(not result.held for result in ordered)
    verdict = f"{broken} of {len(ordered)} rows did not hold" if broken else f"all {len(ordered)} rows held"
    return Redacted(
        f"<b>{_text(title)}</b>: {verdict}<table {_TABLE}>"
        + _heads("", "Row", "Sent", "Expected", "Seen", "Time")
        + "".join(map(_row, ordered))
        + "</table>"
    )


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Redacted:
    """A plain table of texts, without secrets."""
    lines = "".join(
        f"<tr>{''.join(f'<td {_CELL}><pre {_PRE}>{_text(cell)}</pre></td>' for cell in row)}</tr>"
        for row in rows
    )
    return Redacted(f"<b>{_text(title)}</b><table {_TABLE}>{_heads(*heads)}{lines}</table>")


def _row(result: RowResult) -> str:
    colour = _GOOD if result.held else _BAD
    name = _text(result.name) + (f" <span {_MUTED}>(control)</span>" if result.control else "")
    line = (
        f'<tr><td style="{_LINE};{colour}">{"holds" if result.held else "BROKEN"}</td><td {_CELL}>{name}</td>'
        f"<td {_CELL}>{_text(result.sent)}</td><td {_CELL}>{_text(result.expected)}</td>"
        f"<td {_CELL}>{_text(result.seen)}</td><td {_BRIEF}>{_time(result.seconds)}</td></tr>"
    )
    if result.held or not result.exchanges:
        return line
    unfolded = "".join(_folded("exchange", _exchange(one)) for one in result.exchanges)
    return f'{line}<tr><td></td><td colspan="5" {_CELL}>{unfolded}</td></tr>'


def _exchange(one: Exchange) -> str:
    return (
        f"<table {_TABLE}>{_heads('Operation', 'Request', 'Status', 'Time', 'Who')}"
        f"<tr><td {_CELL}><b>{_text(one.operation)}</b></td>"
        f"<td {_CELL}><b>{_text(one.method)}</b> {_text(one.path)}</td>"
        f"<td {_status_style(one)}><b>{_status(one)}</b></td>"
        f"<td {_BRIEF}>{_time(one.seconds)}</td><td {_CELL}>{_text(one.who)}</td></tr>"
        f"<tr><th {_HEAD}>sent</th>{_WIDE}{_side(one.sent_headers, one.sent_body or b'')}</td></tr>"
        f"<tr><th {_HEAD}>answered</th>{_WIDE}{_answer(one)}</td></tr></table>"
    )


def _answer(one: Exchange) -> str:
    if not _answered(one):
        return f"<b>{_text(one.failure or 'no answer')}</b>"
    return _side(one.headers, one.body)


def _side(headers: Headers, body: bytes) -> str:
    lines = [
        f"{_escape(name)}: {_cut(redact(f'{name}: {value}')[len(name) + 2 :], _LONGEST_HEADER)}"
        for name, value in headers
        if name.lower() not in _UNTOLD
    ]
    told = f'<div style="{_CODE}">{"<br>".join(lines)}</div>' if lines else ""
    if not body:
        return f"{told}<span {_MUTED}>no body</span>"
    return told + _folded(f"body, {_size(len(body))}", f"<pre {_PRE}>{_body(body)}</pre>")


def _body(body: bytes) -> str:
    whole = len(body)
    text = body[: 2 * _LONGEST_BODY].decode("utf-8", "backslashreplace")
    if whole <= _LONGEST_BODY and text[:1] in "{[":
        try:
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return _cut(redact(text), _LONGEST_BODY) + (" …" if whole > 2 * _LONGEST_BODY else "")


def _folded(label: str, content: str) -> str:
    return f'<details><summary style="cursor:pointer">{label}</summary>{content}</details>'


def _heads(*names: str) -> str:
    return "<tr>" + "".join(f"<th {_HEAD}>{name}</th>" for name in names) + "</tr>"


def _answered(one: Exchange) -> bool:
    return one.status is not None or bool(one.code)


def _status(one: Exchange) -> str:
    if one.code:
        return one.code
    return str(one.status) if one.status is not None else "no answer"


def _status_style(one: Exchange) -> str:
    if one.code:
        colour = _GOOD if one.code == "OK" else (_BAD if one.code in _FAULTS else _ODD)
    elif one.status is None or one.status >= 500:
        colour = _BAD
    else:
        colour = _GOOD if one.status < 400 else _ODD
    return f'style="{_LINE};{colour}"'


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def _size(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1000:.0f} kB"


def _text(text: str) -> str:
    return _escape(redact(text))


def _cut(text: str, longest: int) -> str:
    if len(text) > longest:
        return f"{_escape(text[:longest])}… <i>({len(text) - longest} characters more)</i>"
    return _escape(text)


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)
