"""What is tampered with, and what a tampering is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.blob.entity import Contents, Entity
from assay.blob.places import Put

Plan = Mapping[Path, Put]


class LeftOut(Exception):
    """A tampering does not apply; the words say why."""


@dataclass(frozen=True)
class Scene:
    """The entity that is tampered with, as it is now, and what else is at hand."""

    entity: Entity
    contents: Contents
    other: Entity | None = None
    earlier: Contents | None = None
    key: bytes | None = None

    def changed(self, contents: Contents) -> Plan:
        """The plan that writes these contents, as far as they are others."""
        plan = {
            self.entity.path(role): contents[role]
            for role in contents
            if contents[role] != self.contents[role]
        }
        if not plan:
            raise LeftOut("nothing would change")
        return plan


@dataclass(frozen=True)
class Tampering:
    """One entry of the table."""

    name: str
    touches: str
    plan: Callable[[Scene], Plan] = field(repr=False)

    def __str__(self) -> str:
        return self.name
