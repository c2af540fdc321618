"""Fresh names. Whatever a run makes on a platform carries the run's id, so that it can be found and removed."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits


def token(length: int) -> str:
    """A random word of letters and digits that begins with a letter."""
    return secrets.choice(string.ascii_lowercase) + "".join(
        secrets.choice(_ALPHABET) for _ in range(length - 1)
    )


def run_id() -> str:
    """The id of a new run: eight characters, unique enough to be searched for in a foreign database."""
    return token(8)


def fresh_name(run: str, prefix: str = "assay") -> str:
    """`prefix-<run id>-<six random characters>`: unique in the run and across runs."""
    return f"{prefix}-{run}-{token(6)}"


def fresh_email(run: str, pattern: str, prefix: str = "user") -> str:
    """A mail address of its own: the target's pattern, `qa+{name}@example.com`, with a fresh name in it."""
    return pattern.replace("{name}", fresh_name(run, prefix))
