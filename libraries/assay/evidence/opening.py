"""Opens secrets on their way into a request: concealed first, and never sent as what a log shows in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robot.api.types import Secret

from assay.core.errors import AssayError
from assay.evidence.redact import conceal, holds_mark


def unwrap(value: Any, kind: str = "secret") -> Any:
    """The value with every Secret in it opened, and concealed from logs first."""
    if isinstance(value, Secret):
        conceal(str(value.value), kind)
        return value.value
    if isinstance(value, Mapping):
        return {str(name): unwrap(item, kind_of(str(name), kind)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [unwrap(item, kind) for item in value]
    return value


def kind_of(field: str, otherwise: str = "secret") -> str:
    """What kind of secret a field holds, by its name, as the mark in the log says it."""
    name = field.lower().replace("-", "_")
    for word, kind in _KINDS:
        if word in name:
            return kind
    return otherwise


_KINDS = (
    ("access_token", "access token"),
    ("refresh_token", "refresh token"),
    ("id_token", "id token"),
    ("password", "password"),
    ("cookie", "cookie"),
    ("authorization", "credentials"),
    ("token", "token"),
    ("key", "key"),
)


def refuse_masked(what: str, text: str) -> None:
    """Stops a request that would carry what a log shows in the place of a secret; it would be refused for that."""
    if "<secret>" in text:
        raise AssayError(
            f"{what} contains the text '<secret>': a Secret was put into a text. Pass it whole, as "
            "token=, authorization= or a field of its own."
        )
    if holds_mark(text):
        raise AssayError(
            f"{what} contains the mark of a redacted secret: it was copied out of a log or a message."
        )
