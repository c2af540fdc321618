"""A call that stays open, message by message."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.core.errors import AssayError, NoAnswer
from assay.evidence import live
from assay.grpc.answers import GrpcAnswer
from assay.grpc.descriptors import Method
from assay.grpc.settings import Asking
from assay.grpc.wire import Pending

if TYPE_CHECKING:
    from assay.grpc.channel import Channel


class Stream:
    """A call on its way. What was sent and what came back is kept for its answer."""

    def __init__(self, channel: Channel, method: Method, pending: Pending, asking: Asking) -> None:
        self.method = method
        self.asking = asking
        self.sent: list[Mapping[str, Any] | bytes] = []
        self.alias = ""
        self.given: Any = None
        self.shown = False
        self._channel = channel
        self._pending = pending
        self._received: list[bytes] = []
        self._closed = False
        self._began = time.perf_counter()
        self._answer: GrpcAnswer | None = None

    @property
    def operation(self) -> str:
        """`package.Service/Method`."""
        return self.method.operation

    def send(self, message: Mapping[str, Any] | bytes) -> None:
        """Sends a message. Raises AssayError after the half close."""
        if self._closed:
            raise AssayError(f"the stream of {self.operation} is half closed: nothing more can be sent")
        speaking = self._channel.speaking
        self._pending.send(speaking.codec.write(message, self.method, speaking.texts))
        self.sent.append(message)

    def half_close(self) -> None:
        """Says that no further message comes; once is enough."""
        if not self._closed:
            self._closed = True
            self._pending.half_close()

    def receive(self, seconds: float = 5.0) -> Any:
        """The next message, None when the server sends no more. Raises TimeoutError when none came in time."""
        octets = self._pending.receive(seconds)
        if octets is None:
            return None
        self._received.append(octets)
        return self._channel.read(octets, self.method)

    def cancel(self) -> None:
        """Gives the call up."""
        self._pending.cancel()

    def ended(self, seconds: float = 5.0) -> GrpcAnswer:
        """Takes what still comes and returns how it ended. Raises NoAnswer when it has not in time."""
        if self._answer is None:
            ends = time.monotonic() + seconds
            try:
                while (octets := self._pending.receive(max(0.0, ends - time.monotonic()))) is not None:
                    self._received.append(octets)
                outcome = self._pending.outcome(max(0.0, ends - time.monotonic()))
            except TimeoutError:
                self._pending.cancel()
                raise NoAnswer(
                    f"{self._channel.endpoint.url} did not end {self.operation} within {seconds:g} s"
                ) from None
            took = time.perf_counter() - self._began
            live.count_exchange(took)
            self._answer = self._channel.answer(self.method, self._received, outcome, took)
        return self._answer
