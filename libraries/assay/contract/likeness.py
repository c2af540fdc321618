"""What of an answer tells something, without what differs from answer to answer by its nature."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_HEADERS = frozenset(
    {
        "age",
        "cf-ray",
        "date",
        "request-id",
        "server-timing",
        "traceparent",
        "tracestate",
        "x-amz-cf-id",
        "x-amzn-requestid",
        "x-amzn-trace-id",
        "x-cloud-trace-context",
        "x-correlation-id",
        "x-envoy-upstream-service-time",
        "x-request-id",
        "x-response-time",
        "x-runtime",
        "x-trace-id",
    }
)
# What is left of a quota counts the requests; the quota itself would tell who is asked for, and stays.
_QUOTAS = re.compile(r"(?:x-)?ratelimit(?:-remaining|-reset|-used)?")
# The occurrence of a problem (RFC 9457, 3.1.5) and the usual names of the request's id, small and without marks between.
_UNREAD = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<[^>]*>")
_MEMBERS = frozenset({"instance", "traceid", "requestid", "correlationid", "timestamp"})


def told_headers(response: Any) -> dict[str, str]:
    """The headers that could tell something, their names in small letters."""
    named = {name.lower(): response.headers[name] for name in response.headers}
    return {
        name: value
        for name, value in named.items()
        if name not in _HEADERS and not _QUOTAS.fullmatch(name) and not _of_length(name, response)
    }


def told_text(response: Any) -> str:
    """The body to the letter, but for the values of members that name this one answer of a problem.

    Of a page, what its reader reads: forms and links carry values that are fresh in each answer.
    """
    text = str(response.text)
    if _kind(response) == "text/html":
        return " ".join(_UNREAD.sub(" ", text).split())
    for name, value in _own(response).items():
        text = text.replace(json.dumps(value), f'"this {name}"').replace(f'"{value}"', f'"this {name}"')
    return text


def _own(response: Any) -> dict[str, str]:
    document = getattr(response, "document", None)
    if _kind(response) != "application/problem+json" or not isinstance(document, Mapping):
        return {}
    return {
        name: value
        for name, value in document.items()
        if isinstance(value, str) and re.sub(r"[-_]", "", name).lower() in _MEMBERS
    }


def _kind(response: Any) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _of_length(name: str, response: Any) -> bool:
    """The length says nothing that the body does not say, and differs with what was left out of that."""
    return name == "content-length" and (bool(_own(response)) or _kind(response) == "text/html")
