"""The doors for callers over gRPC, of main and of each processing worker: store.v1.Store, by what performs an operation."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import unquote

import grpc

from reference.common import problems, web
from reference.store import codec, failures, names, protocol, refusals, timing
from reference.store.wire import Asker, Done, Task

Perform: TypeAlias = Callable[[Task], Awaitable[Done]]
Admit: TypeAlias = Callable[[Task], Awaitable[None]]

OPERATIONS = {
    "GET": "getEntity",
    "PUT": "putEntities",
    "DELETE": "deleteEntity",
    "SCHEMA_GET": "getSchema",
    "SCHEMA_PUT": "putSchema",
    "SCHEMA_DELETE": "deleteSchema",
}
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
_PEER = re.compile(r"ipv[46]:\[?([0-9a-fA-F.:]+?)\]?:[0-9]+")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LISTED = 100
_MOST_IN_STREAM, _MOST_OCTETS_IN_STREAM = 1000, 16 << 20


class Doors:
    """Reads messages, has them performed, and tells what came of it in the form in which it was asked."""

    stream_seconds = 30.0

    def __init__(self, perform: Perform, admit: Admit) -> None:
        self._perform, self._admit = perform, admit

    def handler(self) -> grpc.GenericRpcHandler:
        """What serves the methods; messages go through as bytes."""
        return grpc.method_handlers_generic_handler(
            protocol.SERVICE,
            {
                "Subscribe": grpc.unary_unary_rpc_method_handler(self.subscribe),
                "Process": grpc.unary_unary_rpc_method_handler(self.process),
                "ProcessEach": grpc.stream_stream_rpc_method_handler(self.process_each),
                "PutAll": grpc.stream_unary_rpc_method_handler(self.put_all),
                "List": grpc.unary_stream_rpc_method_handler(self.list),
            },
        )

    async def subscribe(self, raw: bytes, context: Any) -> bytes:
        """Here nobody proves a certificate, so nobody is given a key."""
        await refusals.abort(context, problems.Problem("invalid-token"))

    async def process(self, raw: bytes, context: Any) -> bytes:
        """One operation."""
        begin(context)
        try:
            return await self.one(raw, context)
        except Exception as error:  # noqa: BLE001 - the caller is told by a code
            await refusals.abort(context, failures.problem_of(error))

    async def one(self, raw: bytes, context: Any) -> bytes:
        """The answer to one message."""
        asked: Any = codec.read(raw, "ProcessRequest")
        done = await self._perform(self.task(asked, context))
        made = protocol.messages()["ProcessResponse"]
        return codec.write(made(**told(asked, done)), codec.is_json(raw))

    def task(self, asked: Any, context: Any) -> Task:
        """The operation that a message asks for."""
        if asked.operation not in OPERATIONS:
            raise names.invalid("operation", "is not known")
        if asked.expected_version < 0:
            raise names.invalid("expected_version", "must not be negative")
        return Task(
            operation=OPERATIONS[asked.operation],
            schema=asked.schema_id,
            key=asked.entity_key,
            documents=[(asked.entity_key, asked.payload)],
            expected=asked.expected_version,
            token=token_of(context, asked.token),
            asker=asker(context),
            id=new_id(),
        )

    async def process_each(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        """An answer to each message, in their order; a refusal is an answer."""
        begin(context)
        async for raw in requests:
            timing.allow(context.time_remaining())
            try:
                yield await self.one(raw, context)
            except Exception as error:  # noqa: BLE001 - the caller is told in the stream
                yield refusal(failures.problem_of(error), codec.is_json(raw))

    async def put_all(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        """Writes everything that came, all or none."""
        begin(context)
        try:
            task, as_json = await self.collected_in_time(requests, context)
            timing.allow(context.time_remaining())
            done = await self._perform(task)
            made = protocol.messages()["PutAllResponse"]
            return codec.write(made(versions=done.versions), as_json)
        except Exception as error:  # noqa: BLE001 - the caller is told by a code
            await refusals.abort(context, failures.problem_of(error))

    async def collected_in_time(self, requests: AsyncIterator[bytes], context: Any) -> tuple[Task, bool]:
        """The one write that a stream of messages asks for; raises request-timeout where they do not come."""
        try:
            async with asyncio.timeout(self.stream_seconds):
                return await self.collected(requests, context)
        except TimeoutError:
            raise problems.Problem("request-timeout") from None

    async def collected(self, requests: AsyncIterator[bytes], context: Any) -> tuple[Task, bool]:
        """The one write that a stream of messages asks for. More than one message is kept only for those who may write."""
        task, as_json = None, False
        octets = 0
        async for raw in requests:
            octets += len(raw)
            if octets > _MOST_OCTETS_IN_STREAM:
                raise problems.Problem("payload-too-large")
            asked: Any = codec.read(raw, "ProcessRequest")
            as_json = as_json or codec.is_json(raw)
            one = self.task(asked, context)
            if one.operation != "putEntities":
                raise names.invalid("operation", "must be PUT")
            if task is None:
                task = one
                timing.allow(context.time_remaining())
                await self._admit(task)
                continue
            if (one.schema, one.token) != (task.schema, task.token) or one.expected or task.expected:
                raise names.invalid("schema_id", "must be one for all, without versions")
            task.documents += one.documents
            if len(task.documents) > _MOST_IN_STREAM:
                raise names.invalid("documents", "must be 1 to 1000 documents, each of another key")
        if task is None:
            task = Task(operation="putEntities", token=token_of(context, ""), asker=asker(context))
        return task, as_json

    async def list(self, raw: bytes, context: Any) -> AsyncIterator[bytes]:
        """The entities of a schema."""
        begin(context)
        try:
            asked: Any = codec.read(raw, "ListRequest")
            done = await self._perform(
                Task(
                    operation="listEntities",
                    schema=asked.schema_id,
                    after=asked.after,
                    limit=asked.limit or _LISTED,
                    token=token_of(context, asked.token),
                    asker=asker(context),
                    id=new_id(),
                )
            )
        except Exception as error:  # noqa: BLE001 - the caller is told by a code
            await refusals.abort(context, failures.problem_of(error))
        made = protocol.messages()["Entity"]
        for key, version in done.entities:
            one = made(schema_id=asked.schema_id, entity_key=key, version=version)
            yield codec.write(one, codec.is_json(raw))


def begin(context: Any) -> None:
    """Passes the caller's deadline on to what is done for it, and its name to the log."""
    timing.allow(context.time_remaining())
    who = asker(context)
    web.act_for(web.Caller(who.address, who.request_id, None))


def told(asked: Any, done: Done) -> dict[str, Any]:
    """What an answer says."""
    version = done.version or done.versions.get(asked.entity_key, 0)
    return {"status": "OK", "result": done.document, "version": str(version) if version else ""}


def refusal(problem: problems.Problem, as_json: bool) -> bytes:
    """A refusal as an answer of a stream."""
    made = protocol.messages()["ProcessResponse"]
    return codec.write(made(status=refusals.code_of(problem).name, error=problem.name), as_json)


def token_of(context: Any, in_message: str) -> str:
    """The one token that is presented; two that differ, and a header that is none, are refused."""
    found = {in_message} if in_message else set()
    for name, value in context.invocation_metadata() or ():
        if name == "authorization":
            scheme = _BEARER.fullmatch(value) if isinstance(value, str) else None
            found.add(scheme[1] if scheme else "")
    if len(found) > 1 or found == {""}:
        raise problems.Problem("invalid-token")
    return found.pop() if found else ""


def asker(context: Any) -> Asker:
    """Who asks, as far as the connection tells."""
    address = _PEER.fullmatch(unquote(context.peer() or ""))
    given = [value for name, value in context.invocation_metadata() or () if name == "x-request-id"]
    usable = len(given) == 1 and isinstance(given[0], str) and _REQUEST_ID.fullmatch(given[0])
    return Asker(address[1] if address else None, given[0] if usable else web.new_request_id())


def new_id() -> str:
    """A name for one attempt."""
    return secrets.token_hex(12)
