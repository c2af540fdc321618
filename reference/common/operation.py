"""An operation of the contract: how it is reached and answered, and which refusals it has of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BODY = (400, 413, 415, 422)
DATA = (503,)
BODY_AND_DATA = (*BODY, *DATA)
BEARER = (401, *DATA)


@dataclass(frozen=True)
class Operation:
    """How an operation of the contract is reached and answered, and which refusals it has of its own.

    `scopes` are the permissions that a bearer token needs; None: it does not open the operation. `security` are other ways
    in, with what each needs. Where there is neither, anybody may ask. Access holds callers to what `ways` says. A `brief`
    answer has no members but those that were set.
    """

    name: str
    method: str
    path: str
    endpoint: Callable[..., Any]
    tag: str
    status: int = 200
    answer: Any = None
    refusals: Sequence[int] = ()
    scopes: Sequence[str] | None = None
    security: Sequence[Mapping[str, Sequence[str]]] = ()
    also: Mapping[int, Any] = field(default_factory=dict)
    brief: bool = False

    def ways(self) -> list[dict[str, list[str]]]:
        """Who is let in, as the contract states it; empty where anybody is."""
        others = [{name: [*needed] for name, needed in way.items()} for way in self.security]
        return others if self.scopes is None else [{"bearer": [*self.scopes]}, *others]
