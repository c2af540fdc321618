"""Rows of tables: one library makes them, another sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One case of a table.

    `request` holds the fields of the operation (the special fields `token`, `authorization` and `headers`
    mean what they mean to the keyword `Call`). A control row is `accepted`: the valid form that must succeed, so that a
    table which is refused for a foreign reason is found out.
    """

    name: str
    request: dict[str, Any] = field(default_factory=dict)
    accepted: bool = False
    note: str = ""

    def __str__(self) -> str:
        return self.name
