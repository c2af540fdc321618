"""Operations of the platform that the test runs against: where they are, how they are spelled, what they promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.core.contract import Contract
from assay.core.reach import Way
from assay.core.spelling import KeyHeader, Spelling

_DIRECT = Way()


@dataclass(frozen=True)
class Service:
    """A service of the platform: where it is and how it is reached."""

    name: str
    url: str
    way: Way = _DIRECT


class Rules:
    """What the contract says about the answers of one operation."""

    def __init__(self, contract: Contract, operation: Mapping[str, Any]) -> None:
        self._contract = contract
        self._responses: Mapping[str, Any] = operation.get("responses", {})

    def answer(self, status: int) -> Mapping[str, Any] | None:
        """What is said of answers with a status: by number, by class (`4XX`), or of all others."""
        names = (str(status), f"{status // 100}XX", "default")
        found = next((self._responses[name] for name in names if name in self._responses), None)
        said: Mapping[str, Any] | None = None if found is None else self._contract.resolve(found)
        return said

    @property
    def statuses(self) -> list[str]:
        return [str(status) for status in self._responses]

    def resolve(self, found: Any) -> Any:
        """What a reference in the contract stands for."""
        return self._contract.resolve(found)

    def whole(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A schema with what it may refer to."""
        return {**schema, "components": self._contract.document.get("components", {})}


@dataclass(frozen=True)
class Operation:
    """An operation of a service, ready to be sent."""

    service: Service
    spelling: Spelling
    rules: Rules
    key_header: KeyHeader | None = None

    @property
    def name(self) -> str:
        return self.spelling.name
