"""Rows of tables: one library makes them, another sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.core.errors import AssayError


@dataclass(frozen=True)
class Row:
    """One case of a table.

    `request` holds the fields of the operation (the special fields `token`, `authorization` and `headers`
    mean what they mean to the keyword `Call`). A control row is `accepted`: the valid form that must succeed, so that a
    table which is refused for a foreign reason is found out. `answer` is what the body of the answer to a control row must
    say, each member exactly.
    """

    name: str
    request: dict[str, Any] = field(default_factory=dict)
    accepted: bool = False
    note: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.answer and not self.accepted:
            raise AssayError(
                f"row '{self.name}' is to be refused, so there is no answer to say what it must hold"
            )

    def __str__(self) -> str:
        return self.name
