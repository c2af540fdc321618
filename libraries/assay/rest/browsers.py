"""What browsers are told by every answer, refusals included: headers that keep content harmless, and who may read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from assay.http.answers import Response
from assay.rest.cases import Case
from assay.rest.positions import Places, Position
from assay.rest.tables import addressed

STRANGER = "https://stranger.people.test"
_ORIGINS = {
    "a stranger": STRANGER,
    "no origin": "null",
    "a file": "file://",
    "one whose name begins alike": "https://{host}.people.test",
    "one that begins with the whole of its own": "{own}.people.test",
    "the same over plain HTTP": "http://{host}:1",
}
_FRAMES = ({"'none'"}, {"'self'"})
_SILENT = (
    "no-referrer",
    "same-origin",
)  # all others tell other places at least the origin (Referrer Policy, section 3)
_POLICIES = (
    *_SILENT, "origin", "strict-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin",
    "unsafe-url", "no-referrer-when-downgrade",
)  # fmt: skip
_TOLD = re.compile(r"[A-Za-z][\w-]*/\d")


def safe(positions: Iterable[Position], at: Places) -> Iterator[Case]:
    """Good answers and refusals of every operation: all carry the headers that keep content harmless."""
    for position in positions:
        kept = _is_for_anybody(position)
        for name, request, expects in _answers(position, at):
            check = _is_safe(may_be_kept=kept and expects == "accepted")
            yield Case(f"{position.operation} {name}", position.operation, request, expects, check=check)


def origins(positions: Iterable[Position], at: Places, own: str) -> Iterator[Case]:
    """Good answers and refusals of every operation, asked from pages of others: none of them may read it.

    `own` is the origin of the service itself.
    """
    host = urlsplit(own).hostname or ""
    for position in positions:
        for name, request, expects in _answers(position, at):
            for whose, pattern in _ORIGINS.items():
                origin = pattern.format(host=host, own=own)
                headers = {**request.get("headers", {}), "Origin": origin}
                yield Case(
                    f"{position.operation} {name}, for {whose}",
                    position.operation,
                    {**request, "headers": headers},
                    expects,
                    check=_lets_in_nobody(origin, _is_for_anybody(position)),
                )


def preflights(paths: Mapping[str, Mapping[str, Position]], at: Places) -> Iterator[Case]:
    """What a browser asks before it sends something of another page: it is not allowed, for no method of any path."""
    for path, known in paths.items():
        for method, position in known.items():
            headers = {
                "Origin": STRANGER,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,content-type",
            }
            yield Case(
                f"before {method} {path}",
                position.operation,
                {**addressed(position, at), "method": "OPTIONS", "headers": headers},
                "method-not-allowed",
                check=_lets_in_nobody(STRANGER, _is_for_anybody(position)),
            )


def _is_for_anybody(position: Position) -> bool:
    """Whether it is only read, and without any credential: keys, discovery, health and the like."""
    return position.method == "GET" and not position.token and not position.fields


def _answers(position: Position, at: Places) -> Iterator[tuple[str, dict[str, Any], str]]:
    """An operation's answer to a good request, where that can be repeated, and its refusals."""
    valid = position.valid(at.of(position))
    if not position.spends:
        yield "when it is asked well", valid, "accepted"
    if position.token:
        yield (
            "without a token",
            {name: one for name, one in valid.items() if name != "token"},
            position.lacking,
        )
    if position.body is not None:
        yield (
            "with another kind of body",
            {**valid, "headers": {"Content-Type": "text/plain"}},
            "unsupported-media-type",
        )
    yield "with no such method", {**addressed(position, at), "method": "FOO"}, "method-not-allowed"


def _is_safe(may_be_kept: bool) -> Callable[[Response], str]:
    def check(answer: Response) -> str:
        lacking = []
        told = {name.lower(): answer.headers[name] for name in answer.headers}
        if told.get("x-content-type-options", "").lower() != "nosniff":
            lacking.append("X-Content-Type-Options: nosniff")
        if not _stays_out_of_frames(told.get("content-security-policy", "")):
            lacking.append("Content-Security-Policy with frame-ancestors 'none' or 'self'")
        if not _is_silent(told.get("referrer-policy", "")):
            lacking.append(f"Referrer-Policy {' or '.join(_SILENT)}")
        if not may_be_kept and "no-store" not in told.get("cache-control", ""):
            lacking.append("Cache-Control: no-store")
        if found := _TOLD.search(told.get("server", "") + " " + told.get("x-powered-by", "")):
            return f"the product {found.group()}"
        return f"{answer.summary()} without {', '.join(lacking)}" if lacking else ""

    return check


def _stays_out_of_frames(policies: str) -> bool:
    """Whether one of the policies of content, all of which count, lets nobody or only the service itself show it."""
    return any(_ancestors(policy) in _FRAMES for policy in policies.lower().split(","))


def _ancestors(policy: str) -> set[str]:
    # Of a directive that stands twice in a policy the first counts (CSP 3, section 2.2.1).
    found = (words[1:] for words in map(str.split, policy.split(";")) if words[:1] == ["frame-ancestors"])
    return set(next(found, []))


def _is_silent(policies: str) -> bool:
    # The last one that is known counts (Referrer Policy, section 8.1).
    known = [one for one in (word.strip() for word in policies.lower().split(",")) if one in _POLICIES]
    return bool(known) and known[-1] in _SILENT


def _lets_in_nobody(origin: str, for_anybody: bool) -> Callable[[Response], str]:
    def check(answer: Response) -> str:
        allowed = answer.headers.get("Access-Control-Allow-Origin", "")
        credentials = answer.headers.get("Access-Control-Allow-Credentials", "")
        if allowed.lower() in (origin.lower(), "null"):
            return f"{answer.summary()}, allowed for {allowed}"
        if allowed == "*" and credentials:
            return f"{answer.summary()}, allowed for everybody with credentials"
        if answer.headers.get("Access-Control-Allow-Methods") and allowed:
            return f"{answer.summary()}, methods allowed for {allowed}"
        if allowed == "*" and not for_anybody:
            return f"{answer.summary()}, allowed for everybody"
        return ""

    return check
