"""What an answer of the store means for an operation of a history."""

from __future__ import annotations

from typing import Any

from assay.core.histories import Recording
from assay.http.answers import Response

# Whoever is told so does not know whether it was done.
_UNSURE = ("CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "UNAVAILABLE", "INTERNAL")


def tell_write(recording: Recording, answer: Response) -> None:
    """Ends a write: done with its version, surely not done, or unknown."""
    if answer.succeeded:
        recording.done(version(answer))
    elif _is_unsure(answer):
        recording.unknown(answer.summary())
    else:
        recording.failed(answer.summary())


def tell_read(recording: Recording, answer: Response, member: str) -> None:
    """Ends a read: what it saw at a member of the document, None where there is no entity."""
    if answer.succeeded:
        document = answer.body.get("document") if isinstance(answer.body, dict) else None
        seen: Any = document.get(member) if isinstance(document, dict) else document
        recording.saw(seen, version(answer))
    elif answer.problem == "not-found":
        recording.saw(None)
    else:
        recording.failed(answer.summary())


def version(answer: Response) -> int | None:
    """The version that an answer tells, of the entity or of the only one that was written."""
    body = answer.body if isinstance(answer.body, dict) else {}
    told = body.get("version")
    if told is None and isinstance(body.get("versions"), dict):
        told = next(iter(body["versions"].values()), None)
    return told if isinstance(told, int) else None


def _is_unsure(answer: Response) -> bool:
    code = getattr(answer, "code", "")
    return code in _UNSURE if code else answer.status >= 500
