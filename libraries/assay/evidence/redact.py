"""Keeps secrets out of everything that a run leaves.

``conceal`` names a secret, ``redact`` replaces each by a mark. Named secrets are found in every form in which they
travel (raw, base64 at any alignment, hexadecimal, percent-encoded, JSON- and HTML-escaped, and these nested); what is
known by its look (JWTs, header values, private keys, password members, cookies) is found without being named.
"""

from collections.abc import Iterable
from pathlib import Path

from assay.evidence import fingerprint
from assay.evidence.fingerprint import holds_mark
from assay.evidence.patterns import Span, known_patterns
from assay.evidence.registry import Registry
from assay.evidence.views import views

__all__ = ["Redacted", "conceal", "forget", "holds_mark", "holds_secret", "mask", "redact", "use_folder"]


class Redacted(str):
    """A text that has been through ``redact`` already and need not go again."""

    __slots__ = ()


_registry = Registry()


def conceal(value: str, kind: str = "secret") -> None:
    """Names a secret: from now on ``redact`` replaces it, in every form, by ``‹kind #a1b2c3›``.

    Example: ``conceal(password, "password")``
    """
    _registry.add(str(value), kind)


def redact(text: str) -> str:
    """The text with a mark in the place of every secret; the same text when there is none."""
    if type(text) is Redacted or not text:
        return text
    spans = _spans(text)
    return _replace(text, spans) if spans else text


def mask(value: str, kind: str = "secret") -> str:
    """The mark that stands for a secret in logs; the secret is named by this too."""
    conceal(value, kind)
    return fingerprint.mark(value, _registry.kind(value) or kind)


def holds_secret(text: str) -> bool:
    """Whether a text holds a named secret in any form."""
    return any(span.named for span in _spans(text))


def use_folder(folder: Path) -> None:
    """Shares the key of the fingerprints with every process of the run that has this state folder."""
    fingerprint.use_folder(folder)


def forget() -> None:
    """Forgets every named secret and the key (for tests of this module)."""
    global _registry
    _registry = Registry()
    fingerprint.forget_key()


def _spans(text: str) -> list[Span]:
    found = [*_registry.find(text), *known_patterns(text)]
    for decoded, back in views(text):
        for span in (*_registry.find(decoded), *known_patterns(decoded)):
            start, end = back(span.start, span.end)
            found.append(Span(start, end, span.kind, span.value, span.named))
    return found


def _replace(text: str, spans: Iterable[Span]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, label in _merged(spans):
        if end <= position:
            continue
        pieces.append(text[position:start])
        pieces.append(fingerprint.mark(label.value, _registry.kind(label.value) or label.kind))
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _merged(spans: Iterable[Span]) -> list[tuple[int, int, Span]]:
    """Overlapping places become one; the widest gives the mark, and of equals the one that was named."""
    merged: list[tuple[int, int, Span]] = []
    for span in sorted(spans, key=lambda item: (item.start, -item.end)):
        if merged and span.start < merged[-1][1]:
            start, end, label = merged[-1]
            best = max(label, span, key=lambda item: (item.end - item.start, item.named))
            merged[-1] = (start, max(end, span.end), best)
        else:
            merged.append((span.start, span.end, span))
    return merged
