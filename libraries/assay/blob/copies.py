"""An entity's files as they once were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.blob.entity import Contents, Entity
from assay.blob.places import State


@dataclass(frozen=True)
class Copies:
    """Copies of an entity's files, by what the layout calls them."""

    entity: Entity
    states: Mapping[str, State]

    def __str__(self) -> str:
        return f"copies of {self.entity}"

    def contents(self) -> Contents:
        """What the files held."""
        return {role: state.copy.read_bytes() for role, state in self.states.items()}
