"""Calls of any method of one server: what Python code uses, without Robot."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assay.core.errors import NoAnswer
from assay.evidence import live
from assay.grpc import descriptors, metadata, status
from assay.grpc.answers import GrpcAnswer, Outcome
from assay.grpc.client import Client
from assay.grpc.codecs import Codec, codec
from assay.grpc.descriptors import Method, NoDescriptors, Source
from assay.grpc.http2 import Http2Client
from assay.grpc.messages import kept_secret
from assay.grpc.metadata import Metadata
from assay.grpc.reflection import Reflection
from assay.grpc.settings import Asking, BytesText, Compression, Endpoint, Options
from assay.grpc.stream import Stream
from assay.grpc.wire import Wire

Message = Mapping[str, Any] | bytes
Carrier = Literal["grpcio", "http2"]
IN_FLIGHT = 64


@dataclass
class Speaking:
    """How messages are spoken: codec, what a text for bytes is, which fields of answers are secrets."""

    codec: Codec = field(default_factory=lambda: codec("protobuf"))
    texts: BytesText = "base64"
    secrets: frozenset[str] = frozenset()
    compression: Compression = "none"


class Channel:
    """A connection to one server.

    `source` says what is known of its methods: ProtoFiles, NoDescriptors, or None for the server's own reflection. `carrier`
    is what carries the calls; a content-subtype, or an address to call from, can only be carried by `http2`.

    Example: ``Channel(endpoint("127.0.0.1:50051"), ProtoFiles(["store.proto"])).call("store.Store/Get", {"key": "a"})``
    """

    def __init__(
        self,
        endpoint: Endpoint,
        source: Source | None = None,
        speaking: Speaking | None = None,
        options: Options | None = None,
        carrier: Carrier = "grpcio",
    ) -> None:
        self.endpoint = endpoint
        self.options = options or Options()
        self.speaking = speaking or Speaking()
        own = carrier == "http2" or bool(self.speaking.codec.subtype or endpoint.source)
        self.wire: Wire = self._http2(self.speaking.codec.subtype) if own else self._grpcio()
        # Health and reflection are protobuf, whatever the codec of all else.
        self.standard: Wire = self._http2("") if own and self.speaking.codec.subtype else self.wire
        self.reflection = Reflection(self.standard, Asking(deadline=self.options.patience))
        self.source: Source = self.reflection if source is None else source
        self._methods: dict[tuple[str, bool], Method] = {}

    def method(self, name: str, unknown: bool = False) -> Method:
        """The method of a name, as the source of descriptors knows it."""
        known = self._methods.get((name, unknown))
        if known is None:
            known = self._methods[name, unknown] = descriptors.method(self.source, name, unknown)
        return known

    def call(
        self,
        name: str,
        message: Message | Sequence[Message] = b"",
        given: Metadata = None,
        deadline: float | None = None,
        compression: Compression | None = None,
    ) -> GrpcAnswer:
        """Calls a method with a message, or with each of a list where it takes a stream, and returns how it ended.

        Raises NoAnswer where no connection can be made, and where nothing came in the patience of the options though no
        deadline was given.
        """
        method = self.method(name, unknown=not message or isinstance(message, bytes))
        asking = self.asking(given, deadline, compression)
        if method.streams or not isinstance(message, Mapping | bytes):
            return self._whole_stream(method, message, asking, deadline)
        octets = self.speaking.codec.write(message, method, self.speaking.texts)
        body, outcome, seconds = self.wire.unary(method.path, octets, asking)
        live.count_exchange(seconds)
        answer = self.answer(method, [body] if body is not None else [], outcome, seconds)
        return self._heard(answer, deadline)

    def call_many(
        self,
        name: str,
        messages: Sequence[Message],
        given: Metadata = None,
        deadline: float | None = None,
        in_flight: int = IN_FLIGHT,
    ) -> list[GrpcAnswer]:
        """Calls a method of one message each way once with each message, so many at a time, and returns answers in order."""
        method = self.method(name, unknown=all(isinstance(one, bytes) for one in messages))
        asking = self.asking(given, deadline, None)
        return list(self._many(method, messages, asking, in_flight, deadline))

    def open(
        self,
        name: str,
        given: Metadata = None,
        deadline: float | None = None,
        compression: Compression | None = None,
    ) -> Stream:
        """Begins a call of a method and leaves it open to send and receive. Without a `deadline` it has none."""
        method = self.method(name, unknown=True)
        asking = replace(self.asking(given, deadline, compression), deadline=deadline)
        return Stream(self, method, self.wire.stream(method.path, asking), asking)

    def close(self) -> None:
        """Ends the connections, and with them every call."""
        self.wire.close()
        self.standard.close()

    def asking(self, given: Metadata, deadline: float | None, compression: Compression | None) -> Asking:
        """What a call brings along; without a deadline it has the patience of the options."""
        seconds = self.options.patience if deadline is None else deadline
        return Asking(metadata.pairs(given), seconds, compression or self.speaking.compression)

    def answer(
        self, method: Method, messages: Sequence[bytes], outcome: Outcome, seconds: float
    ) -> GrpcAnswer:
        """What came of a call, in words of its descriptor."""
        bodies: list[Any] = []
        unreadable = ""
        # What comes beside a failure is no answer; `raw` has it for who looks for what was given away.
        for octets in messages if outcome.code == "OK" or method.streams else ():
            try:
                bodies.append(self.read(octets, method))
            except (ValueError, RecursionError) as error:
                unreadable = str(error)
        told = status.details(outcome.trailers, method.pool) if outcome.trailers else []
        return GrpcAnswer(
            method.operation,
            outcome.code,
            outcome.message,
            told,
            outcome.metadata,
            outcome.trailers,
            bodies,
            list(messages),
            unreadable,
            outcome.said,
            seconds,
            self.endpoint.address,
        )

    def read(self, octets: bytes, method: Method) -> Any:
        """A message as it is given to tests. Raises ValueError where it cannot be read."""
        body = self.speaking.codec.read(octets, method)
        return kept_secret(body, self.speaking.secrets) if self.speaking.secrets else body

    def _many(
        self,
        method: Method,
        messages: Sequence[Message],
        asking: Asking,
        in_flight: int,
        deadline: float | None,
    ) -> Iterator[GrpcAnswer]:
        begun: deque[Any] = deque()
        write, texts = self.speaking.codec.write, self.speaking.texts
        for message in messages:
            if len(begun) >= max(1, in_flight):
                yield self._finished(method, begun.popleft(), deadline)
            begun.append(self.wire.begin(method.path, write(message, method, texts), asking))
        while begun:
            yield self._finished(method, begun.popleft(), deadline)

    def _finished(self, method: Method, begun: Any, deadline: float | None) -> GrpcAnswer:
        body, outcome, seconds = begun.finish()
        live.count_exchange(seconds)
        return self._heard(
            self.answer(method, [body] if body is not None else [], outcome, seconds), deadline
        )

    def _whole_stream(
        self, method: Method, message: Message | Sequence[Message], asking: Asking, deadline: float | None
    ) -> GrpcAnswer:
        messages = [message] if isinstance(message, Mapping | bytes) else list(message)
        stream = Stream(self, method, self.wire.stream(method.path, asking), asking)
        for one in messages:
            stream.send(one)
        stream.half_close()
        return self._heard(stream.ended((asking.deadline or self.options.patience) + 5), deadline)

    def _heard(self, answer: GrpcAnswer, deadline: float | None) -> GrpcAnswer:
        if deadline is None and answer.code == "DEADLINE_EXCEEDED" and not answer.said:
            raise NoAnswer(
                f"{self.endpoint.url} did not answer within {self.options.patience:g} s: {answer.operation}"
            )
        return answer

    def _grpcio(self) -> Wire:
        return Client(self.endpoint, self.options)

    def _http2(self, subtype: str) -> Wire:
        return Http2Client(self.endpoint, self.options, subtype)


def nothing_known() -> Source:
    """The source of a server of which nothing is known."""
    return NoDescriptors()
