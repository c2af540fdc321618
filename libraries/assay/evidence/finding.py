"""Looks for named secrets in texts that a platform left: logs, mails, rows of a database."""

from __future__ import annotations

from collections.abc import Mapping

from robot.api.types import Secret

from assay.evidence.registry import Registry
from assay.evidence.views import views


class Finder:
    """Finds secrets by name, in each form in which they travel, whole or a long piece of them.

    Example: ``Finder({"the password": "correct horse"}).names_in(line)`` answers ``["the password"]`` for a line that
    holds the password raw, in base64, in hexadecimal or escaped.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._registry = Registry()
        for name, value in secrets.items():
            self._registry.add(value, name)

    def names_in(self, text: str) -> list[str]:
        """The names of the secrets that the text holds, in the order of the alphabet."""
        texts = [text, *(decoded for decoded, _ in views(text))]
        return sorted({span.kind for one in texts for span in self._registry.find(one)})

    def names_in_bytes(self, octets: bytes) -> list[str]:
        """Like `names_in`, for what need not be text."""
        return self.names_in(octets.decode("utf-8", "replace"))


def plain(value: Secret | str) -> str:
    """A secret as text, to be looked for; it must not be shown."""
    return value.value if isinstance(value, Secret) else value
