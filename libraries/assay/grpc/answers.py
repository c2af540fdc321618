"""What a call came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assay.evidence.expect import told
from assay.grpc.settings import Pairs

CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
DETAILS = "grpc-status-details-bin"


def code_name(number: int) -> str:
    """The name of a status code, as the specification writes it."""
    return CODES[number] if 0 <= number < len(CODES) else f"CODE_{number}"


@dataclass(frozen=True)
class Outcome:
    """How a call ended. `said` tells whether the server said so; else the client found out by itself."""

    code: str
    message: str = ""
    metadata: Pairs = ()
    trailers: Pairs = ()
    said: bool = True


@dataclass
class GrpcAnswer:
    """The answer to a call.

    `code` is the name of the status, `message` what goes with it, `details` the messages of its google.rpc.Status.
    `metadata` and `trailers` are pairs in the order they came in; those that end in ``-bin`` are bytes. `body` is the
    message, `bodies` all of them, `raw` all as they came. `said` is false where the client made the status up because it heard none.
    """

    operation: str
    code: str
    message: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)
    metadata: Pairs = ()
    trailers: Pairs = ()
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    unreadable: str = ""
    said: bool = True
    seconds: float = 0.0
    where: str = ""

    @property
    def body(self) -> Any:
        """The only message, or the first of them; None where there was none."""
        return self.bodies[0] if self.bodies else None

    @property
    def succeeded(self) -> bool:
        """Whether it ended with OK and each message could be read."""
        return self.code == "OK" and not self.unreadable

    @property
    def reasons(self) -> list[str]:
        """The reasons of each ErrorInfo among the details."""
        return [str(one["reason"]) for one in self.details if "reason" in one and "domain" in one]

    def values(self, name: str) -> list[str | bytes]:
        """Each value under a name in initial metadata and trailers, in order."""
        return [value for key, value in (*self.metadata, *self.trailers) if key == name.lower()]

    def summary(self) -> str:
        """The outcome in a few words."""
        if self.unreadable:
            return f"{self.code} with a message that cannot be read ({self.unreadable})"
        reasons = f" [{', '.join(self.reasons)}]" if self.reasons else ""
        made_up = "" if self.said else " (the server said nothing)"
        return f"{self.code}{reasons}{f': {told(self.message)}' if self.message else ''}{made_up}"

    def __str__(self) -> str:
        return f"<{self.operation} {self.summary()}>"
