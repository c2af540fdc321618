"""Tokens on their way in and out of keywords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from robot.api.types import Secret

from assay.evidence.redact import conceal

KeySet: TypeAlias = Mapping[str, Any]
Token: TypeAlias = Secret | str


def text_of(token: Token) -> str:
    """The token itself."""
    return str(token.value) if isinstance(token, Secret) else str(token)


def secret(text: str) -> Secret:
    """A token as a credential, kept out of logs from now on."""
    conceal(text, "token")
    return Secret(text)
