"""Whose the credentials in requests are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robot.api.types import Secret


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
