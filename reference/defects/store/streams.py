"""The doors for callers, REST and gRPC, where one of them keeps less than it promises."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from reference.common import problems, web
from reference.defects import Function, Hit, Patch, defect
from reference.store import codec, protocol

_MOST_IN_CHUNKS = 64 << 20


@defect(
    "store.lists-of-workers-need-no-token",
    breaks=["GRPC-16"],
    says="A processing worker that is asked directly for a list, without a token, lists by its own token.",
    partial=True,
    blind=True,
)
def lists_of_workers_need_no_token(patch: Patch) -> None:
    own: list[str] = []

    def noting(take: Function, _hit: Hit) -> Function:
        def note(self: Any, subscribed: Any) -> None:
            own[:] = [subscribed.token]
            take(self, subscribed)

        return note

    def factory(init: Function, hit: Hit) -> Function:
        def begin(self: Any, perform: Any, admit: Any) -> None:
            async def lenient(task: Any) -> Any:
                if own and not task.token and task.operation == "listEntities":
                    hit()
                    task.token = own[0]
                return await perform(task)

            init(self, lenient, admit)

        return begin

    patch.replace("store.heldkeys:HeldKeys.take", noting)
    patch.replace("store.doors:Doors.__init__", factory)


@defect(
    "store.broken-off-streams-are-written",
    breaks=["GRPC-08", "DATA-04"],
    says="What had come of a PutAll that the caller broke off is written all the same.",
    partial=True,
    blind=True,
)
def broken_off_streams_are_written(patch: Patch) -> None:
    going_on: set[Any] = set()

    def factory(put_all: Function, hit: Hit) -> Function:
        async def eager(self: Any, requests: Any, context: Any) -> bytes:
            came: list[bytes] = []

            async def coming() -> AsyncIterator[bytes]:
                async for raw in requests:
                    came.append(raw)
                    yield raw

            work = asyncio.ensure_future(put_all(self, coming(), context))
            going_on.add(work)
            work.add_done_callback(going_on.discard)
            try:
                return bytes(await asyncio.shield(work))
            except asyncio.CancelledError:
                if came:
                    hit()
                raise

        return eager

    patch.replace("store.doors:Doors.put_all", factory)


@defect(
    "store.absent-in-a-stream-is-empty",
    breaks=["GRPC-04", "GRPC-06"],
    says="In a stream an entity that is not there is answered with OK and an empty document.",
    partial=True,
    blind=True,
)
def absent_in_a_stream_is_empty(patch: Patch) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def empty(problem: problems.Problem, as_json: bool) -> bytes:
            if problem.name != "not-found":
                return bytes(refusal(problem, as_json))
            hit()
            return codec.write(protocol.messages()["ProcessResponse"](status="OK"), as_json)

        return empty

    patch.replace("store.doors:refusal", factory)


@defect(
    "store.health-of-the-service-stays",
    breaks=["GRPC-11", "DB-15"],
    says="When the store cannot serve, the health of the whole server says so, that of store.v1.Store does not.",
    partial=True,
    blind=True,
)
def health_of_the_service_stays(patch: Patch) -> None:
    from grpc_health.v1 import health_pb2  # not before the fork

    served: set[str] = set()

    def factory(set_state: Function, hit: Hit) -> Function:
        async def hopeful(self: Any, service: str, status: Any) -> None:
            if status == health_pb2.HealthCheckResponse.SERVING:
                served.add(service)
            elif service and service in served:
                hit()
                return
            await set_state(self, service, status)

        return hopeful

    patch.replace("store.grpchealth:Health.set", factory)


@defect(
    "store.chunks-are-not-counted",
    breaks=["GRPC-07", "DB-19"],
    says="The limit of a body over REST holds for those that tell their length; one in chunks may have 64 MiB.",
    partial=True,
    blind=True,
)
def chunks_are_not_counted(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def trusting(request: Any, limit: int, seconds: float = web.ARRIVAL_SECONDS) -> bytes:
            if "content-length" in request.headers:
                return bytes(await read_body(request, limit, seconds))
            body = bytes(await read_body(request, _MOST_IN_CHUNKS, seconds))
            if len(body) > limit:
                hit()
            return body

        return trusting

    patch.replace("common.web:read_body", factory)
