"""The defects of auth, by topic. Each leaves signing up, logging in, renewing and logging out as they are."""

from reference.defects.auth import (
    accounts,
    answers,
    claims,
    health,
    injection,
    keys,
    passwords,
    presenting,
    records,
    refresh,
    sessions,
    signature,
)

__all__ = [
    "accounts",
    "answers",
    "claims",
    "health",
    "injection",
    "keys",
    "passwords",
    "presenting",
    "records",
    "refresh",
    "sessions",
    "signature",
]
