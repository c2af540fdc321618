"""What an answer must not tell of the inside of a service."""

from __future__ import annotations

import re

_INSIDE = {
    "a stack trace": r"Traceback \(most recent|\bat [\w.$]+\([\w.]+:\d+\)|goroutine \d+|File \"[^\"]+\", line \d+",
    "a path of a file": r"(?:/(?:usr|home|var|opt|srv|app|tmp|etc)/[\w./-]+)|[A-Z]:\\\\\w+|\.(?:py|go|js|java|rb|php)\b",
    "a query": r"(?i)\b(?:select|insert into|update|delete from)\b.+\b(?:from|values|set|where)\b|\bSQLSTATE\b",
    "a name from inside": r"(?i)\b(?:psycopg|sqlalchemy|postgres|redis|uvicorn|starlette|fastapi|pydantic|asyncio|express|"
    r"gunicorn|werkzeug|django|flask|spring|hibernate)",
    "the version of a product": r"(?i)\b(?:python|nginx|apache|node|go|openssl|uvicorn|werkzeug)/\d",
    "an address inside": r"\b(?:127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|localhost)(?::\d+)?\b",
}


def told_in(text: str) -> dict[str, str]:
    """What of the inside stands in a text: a kind in words, and the piece that shows it."""
    return {what: match.group() for what, rule in _INSIDE.items() if (match := re.search(rule, text))}
