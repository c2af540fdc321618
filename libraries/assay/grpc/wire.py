"""What carries calls: paths and bytes out, bytes and outcomes back. Two do: grpcio, and HTTP/2 of our own."""

from __future__ import annotations

from typing import Protocol

from assay.core.errors import NoAnswer
from assay.grpc.answers import Outcome
from assay.grpc.settings import Asking


class Unreachable(NoAnswer):
    """No connection could be made: nobody listens there, or the handshake of TLS failed. `reason` says which."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where} cannot be reached: {reason}")
        self.reason = reason


class Begun(Protocol):
    """A call of one message each way that is on its way."""

    def finish(self) -> tuple[bytes | None, Outcome, float]:
        """Waits for its end: the message, how it ended, and the seconds it took. Raises Unreachable."""


class Pending(Protocol):
    """A call of any number of messages each way."""

    def send(self, message: bytes) -> None:
        """Sends a message. Does nothing where the call has ended already."""

    def half_close(self) -> None:
        """Says that no further message comes."""

    def receive(self, seconds: float) -> bytes | None:
        """The next message; None when there will be none. Raises TimeoutError when none came in time."""

    def cancel(self) -> None:
        """Gives the call up."""

    def outcome(self, seconds: float) -> Outcome:
        """How the call ended. Raises TimeoutError when it has not in time, Unreachable."""


class Wire(Protocol):
    """A connection that is made when it is first needed."""

    def unary(self, path: str, message: bytes, asking: Asking) -> tuple[bytes | None, Outcome, float]:
        """One message each way: what came back, how it ended, the seconds it took. Raises Unreachable."""

    def begin(self, path: str, message: bytes, asking: Asking) -> Begun:
        """Like `unary`, without waiting for the end."""

    def stream(self, path: str, asking: Asking) -> Pending:
        """A call with any number of messages each way."""

    def close(self) -> None:
        """Ends the connection, and with it every call."""
