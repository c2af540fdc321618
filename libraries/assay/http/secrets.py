"""Credentials on their way into a request, and whose they are."""

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


class Owners:
    """Remembers which test account a credential was given to, to show it beside exchanges."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, credential: str | None, request: Mapping[str, Any]) -> str:
        """Who sends a request: the owner of the credential presented, or of one among the fields, or who is named."""
        if credential:
            return self._names.get(credential, "an unknown credential")
        values = [value for value in request.values() if isinstance(value, str)]
        return (
            next((self._names[value] for value in values if value in self._names), None)
            or _named(request)
            or "nobody"
        )

    def learn(self, request: Mapping[str, Any], body: Any) -> None:
        """Takes the credentials in an answer as belonging to whom the request named."""
        if not isinstance(body, Mapping):
            return
        name = self.of(None, request)
        if name == "nobody":
            return
        for value in body.values():
            if isinstance(value, Secret):
                self._names[str(value.value)] = name


def _named(request: Mapping[str, Any]) -> str | None:
    return next((str(request[key]) for key in ("email", "username", "login") if request.get(key)), None)
