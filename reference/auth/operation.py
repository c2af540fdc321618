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
    """How an operation of the contract is reached and answered, and which refusals it has of its own."""

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
