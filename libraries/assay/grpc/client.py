"""Calls carried by grpcio, which is imported when the first connection is made and never before."""

from __future__ import annotations

import functools
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from assay.core.errors import AssayError
from assay.grpc import credentials
from assay.grpc.answers import Outcome
from assay.grpc.settings import Asking, Endpoint, Options, Pairs
from assay.grpc.wire import Unreachable

# What the client says where the server said nothing. It gives a status to these too, and marks them in no other way.
_OWN_WORDS = (
    "Deadline Exceeded", "Locally cancelled", "Channel closed", "failed to connect to all addresses", "Socket closed",
    "recvmsg:", "sendmsg:", "GOAWAY received", "Stream removed", "Transport closed", "Received RST_STREAM", "RST_STREAM",
    "Stream refused", "DNS resolution failed", "Connection reset", "keepalive", "Endpoint closing", "too_many_pings",
    "Received http2 header", "Missing :status", "CANCELLED", "Invalid metadata", "Broken pipe",
)  # fmt: skip
_NO_CONNECTION = (
    "failed to connect to all addresses",
    "DNS resolution failed",
    "Name resolution",
    "empty address",
)
_END = object()


class Client:
    """A channel of grpcio to one endpoint. Nothing is retried behind a test's back, and no connection is shared."""

    def __init__(self, endpoint: Endpoint, options: Options) -> None:
        self._endpoint = endpoint
        self._options = options
        self._channel: Any = None
        self._lock = threading.Lock()
        self._unary: dict[str, Any] = {}

    def unary(self, path: str, message: bytes, asking: Asking) -> tuple[bytes | None, Outcome, float]:
        """One message each way."""
        call = self._unary.get(path) or self._unary_call(path)
        began = time.perf_counter()
        try:
            body, talk = call.with_call(
                message, asking.deadline, asking.metadata, None, None, _pressed(asking)
            )
        except _errors() as error:
            return None, self._outcome(error), time.perf_counter() - began
        seconds = time.perf_counter() - began
        return (
            body,
            Outcome("OK", "", _pairs(talk.initial_metadata()), _pairs(talk.trailing_metadata())),
            seconds,
        )

    def begin(self, path: str, message: bytes, asking: Asking) -> _Begun:
        """One message each way, awaited later."""
        call = self._unary.get(path) or self._unary_call(path)
        began = time.perf_counter()
        future = call.future(message, asking.deadline, asking.metadata, None, None, _pressed(asking))
        return _Begun(future, began, self._outcome)

    def stream(self, path: str, asking: Asking) -> _Stream:
        """Any number of messages each way."""
        call = self._opened().stream_stream(path)
        return _Stream(
            lambda messages: call(messages, asking.deadline, asking.metadata, None, None, _pressed(asking)),
            self._outcome,
        )

    def close(self) -> None:
        """Ends the channel; one that is needed again is made anew."""
        with self._lock:
            if self._channel is not None:
                self._channel.close()
            self._channel = None
            self._unary.clear()

    def _unary_call(self, path: str) -> Any:
        return self._unary.setdefault(path, self._opened().unary_unary(path))

    def _opened(self) -> Any:
        with self._lock:
            if self._channel is None:
                self._channel = _channel(self._endpoint, self._options)
            return self._channel

    def _outcome(self, ended: Any) -> Outcome:
        code, message = ended.code().name, ended.details() or ""
        if code == "UNAVAILABLE" and message.startswith(_NO_CONNECTION):
            raise Unreachable(self._endpoint.url, message.rpartition("last error: ")[2])
        said = code == "OK" or not message.startswith(_OWN_WORDS)
        return Outcome(
            code, message, _pairs(ended.initial_metadata()), _pairs(ended.trailing_metadata()), said
        )


class _Begun:
    def __init__(self, future: Any, began: float, outcome: Callable[[Any], Outcome]) -> None:
        self._future, self._began, self._outcome = future, began, outcome
        self._ended = 0.0
        future.add_done_callback(self._note)

    def _note(self, _: Any) -> None:
        self._ended = time.perf_counter()

    def finish(self) -> tuple[bytes | None, Outcome, float]:
        future = self._future
        try:
            body = future.result()
        except _errors() as error:
            outcome, body = self._outcome(error), None
        except _cancelled():
            outcome, body = self._outcome(future), None
        else:
            outcome = Outcome("OK", "", _pairs(future.initial_metadata()), _pairs(future.trailing_metadata()))
        # The callback may be a moment behind the result.
        return body, outcome, (self._ended or time.perf_counter()) - self._began


class _Stream:
    """A stream whose messages are taken from it as they come, by a thread of its own."""

    def __init__(self, call: Callable[[Iterator[bytes]], Any], outcome: Callable[[Any], Outcome]) -> None:
        self._out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._in: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._over = False
        self._outcome = outcome
        self._call = call(iter(self._out.get, _END))
        threading.Thread(target=self._take, name="grpc-stream", daemon=True).start()

    def send(self, message: bytes) -> None:
        self._out.put(message)

    def half_close(self) -> None:
        self._out.put(_END)

    def receive(self, seconds: float) -> bytes | None:
        if self._over:
            return None
        try:
            got = self._in.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        self._over = got is None
        return got if isinstance(got, bytes) else None

    def cancel(self) -> None:
        self._call.cancel()

    def outcome(self, seconds: float) -> Outcome:
        if not self._ended.wait(seconds):
            raise TimeoutError
        return self._outcome(self._call)

    def _take(self) -> None:
        try:
            for message in self._call:
                self._in.put(message)
        except (*_errors(), *_cancelled()):
            pass  # how it ended is asked of the call itself
        finally:
            self._ended.set()
            self._in.put(None)
            self._out.put(_END)


def _channel(endpoint: Endpoint, options: Options) -> Any:
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc

    if endpoint.source:
        raise AssayError("the client of grpcio cannot call from an address of choice; use carrier=http2")
    target, named = credentials.target(endpoint)
    settings: list[tuple[str, Any]] = [
        ("grpc.max_send_message_length", options.max_send),
        ("grpc.max_receive_message_length", options.max_receive),
        ("grpc.absolute_max_metadata_size", 1 << 20),
        ("grpc.max_metadata_size", 1 << 20),
        ("grpc.enable_retries", 0),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.primary_user_agent", "assay"),
        *named,
    ]
    if options.keepalive:
        settings += [
            ("grpc.keepalive_time_ms", int(options.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", int(options.keepalive_patience * 1000)),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        ]
    if not endpoint.secure:
        return grpc.insecure_channel(target, settings)
    return grpc.secure_channel(target, credentials.of_channel(endpoint.way), settings)


def _pressed(asking: Asking) -> Any:
    if asking.compression == "none":
        return None
    import grpc

    return {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}[asking.compression]


@functools.cache
def _errors() -> tuple[type[BaseException], ...]:
    import grpc

    return (grpc.RpcError,)


@functools.cache
def _cancelled() -> tuple[type[BaseException], ...]:
    import grpc

    return (grpc.FutureCancelledError,)


def _pairs(metadata: Any) -> Pairs:
    return tuple((str(name), value) for name, value in metadata) if metadata else ()
