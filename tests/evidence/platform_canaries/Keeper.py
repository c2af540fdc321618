"""Writes down, outside of what a run leaves, the credentials that are then looked for there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from robot.api.types import Secret


def write_down(name: str, secret: Secret) -> None:
    """Adds one credential."""
    with Path(os.environ["CANARIES"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"name": f"{name} {os.getpid()}", "value": str(secret.value)}) + "\n")


def opened(secret: Secret) -> str:
    """The credential in the clear, as a careless test would have it."""
    return str(secret.value)


def odd_password() -> Secret:
    """A password of signs that every encoding changes."""
    return Secret(f'Cän"ary/<&+ {os.urandom(9).hex()} \\z')
