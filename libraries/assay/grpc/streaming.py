"""Keywords for calls that stay open."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from robot.api.deco import keyword

from assay.core.errors import AssayError
from assay.evidence.expect import Unmet, expect
from assay.grpc import evidence
from assay.grpc.answers import GrpcAnswer
from assay.grpc.connections import Connections
from assay.grpc.expectations import SUCCESS, Expectation
from assay.grpc.settings import Compression
from assay.grpc.stream import Stream

Metadata = Mapping[str, Any] | list[Any]
_FIVE = timedelta(seconds=5)


class Streaming(Connections):
    """Streams of messages, one step after the other."""

    @keyword
    def open_grpc_stream(
        self,
        alias: str,
        method: str,
        *,
        metadata: Metadata | None = None,
        deadline: timedelta | None = None,
        compression: Compression | None = None,
    ) -> Stream:
        """Begins a call and leaves it open, whatever kind the method is of: its messages are sent and received one by one.

        Without a `deadline` it has none.
        Example: | ${stream} = | `Open Grpc Stream` | chat | chat.Rooms/Join | deadline=10s |
        """
        seconds = deadline.total_seconds() if deadline is not None else None
        stream = self.channel(alias).open(method, metadata, seconds, compression)
        stream.alias, stream.given = alias, metadata
        return stream

    @keyword
    def send_on_grpc_stream(self, stream: Stream, *messages: Mapping[str, Any] | bytes) -> None:
        """Sends messages on an open call, one after the other.

        Example: | `Send On Grpc Stream` | ${stream} | ${first} | ${second} |
        """
        for message in messages:
            stream.send(message)

    @keyword
    def receive_on_grpc_stream(self, stream: Stream, within: timedelta = _FIVE) -> Any:
        """The next message of an open call. Fails when none comes in time, and when the call ended without one.

        Example: | ${message} = | `Receive On Grpc Stream` | ${stream} | within=2s |
        """
        expected = f"a message within {within.total_seconds():g} s"
        try:
            message = stream.receive(within.total_seconds())
        except TimeoutError:
            raise Unmet(expected, "nothing", stream.operation) from None
        except ValueError as error:
            raise Unmet("a message that can be read", str(error), stream.operation) from error
        if message is None:
            answer = stream.ended(within.total_seconds())
            self._show(stream, answer)
            raise Unmet(expected, f"the end of the call: {answer.summary()}", stream.operation)
        return message

    @keyword
    def half_close_grpc_stream(self, stream: Stream) -> None:
        """Says that no further message will be sent; the server may still send.

        Example: | `Half Close Grpc Stream` | ${stream} |
        """
        stream.half_close()

    @keyword
    def cancel_grpc_stream(self, stream: Stream) -> None:
        """Gives an open call up: the server is told by a reset of the stream.

        Example: | `Cancel Grpc Stream` | ${stream} |
        """
        stream.cancel()

    @keyword
    def grpc_stream_should_end_with(
        self, stream: Stream, code: str = "OK", message: str | None = None, within: timedelta = _FIVE
    ) -> GrpcAnswer:
        """Takes what still comes of an open call and fails unless it ends with this status code; returns its answer.

        Our side is closed first. `bodies` of the answer has every message that came, those received before as well.
        Example: | ${answer} = | `Grpc Stream Should End With` | ${stream} | CANCELLED |
        """
        expected = SUCCESS if code.upper() == "OK" else Expectation.read(code, message)
        stream.half_close()
        answer = stream.ended(within.total_seconds())
        self._show(stream, answer)
        expected.check(answer)
        return answer

    @keyword
    def ping_pong_on_grpc_stream(
        self,
        alias: str,
        method: str,
        messages: list[Any],
        *,
        metadata: Metadata | None = None,
        within: timedelta = _FIVE,
    ) -> GrpcAnswer:
        """Sends each message of a list and waits for one in return before the next, then ends the call; returns its answer.

        Fails when a message does not come in time, and unless the call ends with OK.
        Example: | ${answer} = | `Ping Pong On Grpc Stream` | chat | chat.Rooms/Echo | ${messages} |
        """
        if not messages:
            raise AssayError("Ping Pong On Grpc Stream has nothing to send")
        stream = self.open_grpc_stream(alias, method, metadata=metadata)
        try:
            for message in messages:
                stream.send(message)
                self.receive_on_grpc_stream(stream, within)
        except BaseException:
            stream.cancel()
            raise
        return self.grpc_stream_should_end_with(stream, within=within)

    @keyword
    def hold_grpc_streams_open_together(
        self,
        alias: str,
        method: str,
        count: int,
        message: Mapping[str, Any] | bytes,
        *,
        metadata: Metadata | None = None,
        within: timedelta = _FIVE,
    ) -> list[GrpcAnswer]:
        """Opens so many calls, has each answer a message while all the others are open, then ends them; returns their answers.

        A call that the server ends before its time is no failure here: its answer says so. One on which nothing comes is.
        Example: | ${answers} = | `Hold Grpc Streams Open Together` | chat | chat.Rooms/Echo | ${100} | ${message} |
        """
        if count < 2:
            raise AssayError(f"{count} calls are not together; give two or more")
        streams = [self.open_grpc_stream(alias, method, metadata=metadata) for _ in range(count)]
        try:
            for stream in streams:
                stream.send(message)
            silent = _silent(streams, time.monotonic() + within.total_seconds())
            expected = f"an answer on each of {count} calls that are open at the same moment"
            expect(not silent, expected, f"none within {within.total_seconds():g} s on {silent}", method)
            for stream in streams:
                stream.half_close()
            answers = [stream.ended(within.total_seconds()) for stream in streams]
        except BaseException:
            for stream in streams:
                stream.cancel()
            raise
        evidence.show_many(answers, [message] * count, metadata, alias)
        return answers

    @staticmethod
    def _show(stream: Stream, answer: GrpcAnswer) -> None:
        """Once for each stream, however often its end is looked at."""
        if not stream.shown:
            stream.shown = True
            evidence.show(answer, stream.sent, stream.given, stream.alias)


def _silent(streams: Sequence[Stream], ends: float) -> list[int]:
    """The numbers of the calls on which neither a message nor the end came until then."""
    silent = []
    for number, stream in enumerate(streams, 1):
        try:
            stream.receive(max(0.0, ends - time.monotonic()))
        except TimeoutError:
            silent.append(number)
        except ValueError:
            continue  # the answer of the call says that it cannot be read
    return silent
