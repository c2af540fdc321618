"""Tables for the log of what is not an exchange of an operation: raw bytes, times."""

from __future__ import annotations

from collections.abc import Sequence

from robot.api.types import Secret

from assay.evidence.exchange import table
from assay.evidence.redact import Redacted
from assay.http.raw import RawAnswer
from assay.http.timing import median

_SHOWN = 4000


def raw_table(service: str, pieces: Sequence[bytes | str | Secret], answer: RawAnswer) -> Redacted:
    """What was sent to a service, and what it said to that."""
    sent = "\n".join(_piece(piece) for piece in pieces)
    ending = "connection closed" if answer.closed else "connection left open"
    return table(
        f"bytes to {service}",
        ("Sent", "Status", "Answered", "Time"),
        [(sent[:_SHOWN], str(answer.status or "none"), f"{answer.text[:_SHOWN]}\n({ending})",
          f"{answer.seconds * 1000:.0f} ms")],
    )  # fmt: skip


def times_table(
    operation: str,
    names: Sequence[str],
    times: Sequence[Sequence[float]],
    apart: Sequence[tuple[int, int, float]],
) -> Redacted:
    """The times of answers by row, and which rows they tell apart."""
    rows = []
    for index, name in enumerate(names):
        slower = ", ".join(names[fast] for slow, fast, _ in apart if slow == index)
        ordered = sorted(times[index])
        rows.append((
            name, f"{median(ordered) * 1000:.2f} ms", f"{ordered[0] * 1000:.2f} ms", f"{ordered[-1] * 1000:.2f} ms",
            f"slower than {slower}" if slower else "not told apart",
        ))  # fmt: skip
    return table(
        f"times of {operation}, {len(times[0])} rounds", ("Row", "Median", "Least", "Most", "Verdict"), rows
    )


def _piece(piece: bytes | str | Secret) -> str:
    if isinstance(piece, Secret):
        return "<secret>"
    return piece.decode("latin-1") if isinstance(piece, bytes) else piece
