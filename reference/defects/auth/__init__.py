"""The defects of auth, by topic. Each leaves signing up, logging in, renewing and logging out as they are."""

from reference.defects.auth import (
    accounts,
    answers,
    changes,
    claims,
    health,
    injection,
    keys,
    passwords,
    presenting,
    records,
    recovery,
    refresh,
    sessions,
    signature,
    takeover,
)

__all__ = [
    "accounts",
    "answers",
    "changes",
    "claims",
    "health",
    "injection",
    "keys",
    "passwords",
    "presenting",
    "records",
    "recovery",
    "refresh",
    "sessions",
    "signature",
    "takeover",
]
