"""Doors over gRPC that say something else than they should, or let in what they should not.

The launcher reads this before it forks, and gRPC must not be there by then.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import DecodeError

from reference.common import mutualtls, problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import coded
from reference.store import codec, names, protocol, wire


@defect(
    "store.stale-version-is-a-precondition",
    breaks=["GRPC-04"],
    says="A write for another version than there is is FAILED_PRECONDITION.",
    partial=True,
)
def stale_version_is_a_precondition(patch: Patch) -> None:
    coded(patch, "stale-version", "FAILED_PRECONDITION")


@defect(
    "store.broken-schema-is-a-precondition",
    breaks=["GRPC-04"],
    says="A document that breaks its schema is FAILED_PRECONDITION.",
    partial=True,
)
def broken_schema_is_a_precondition(patch: Patch) -> None:
    coded(patch, "schema-violation", "FAILED_PRECONDITION")


@defect(
    "store.missing-schema-over-grpc",
    breaks=["GRPC-06"],
    says="What is asked of a schema that there is none of is refused for its right over gRPC, and as not found over REST.",
    partial=True,
)
def missing_schema_over_grpc(patch: Patch) -> None:
    def factory(one: Function, hit: Hit) -> Function:
        async def other(self: Any, raw: bytes, context: Any) -> bytes:
            try:
                answer: bytes = await one(self, raw, context)
            except problems.Problem as problem:
                if problem.name != "no-such-schema":
                    raise
                hit()
                raise problems.Problem("insufficient-permission") from None
            return answer

        return other

    patch.replace("store.doors:Doors.one", factory)


@defect(
    "store.json-is-answered-in-protobuf",
    breaks=["GRPC-18"],
    says="A call in JSON is answered in protobuf.",
    partial=True,
)
def json_is_answered_in_protobuf(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def binary(message: Any, as_json: bool) -> bytes:
            if as_json:
                hit()
            return bytes(write(message, False))

        return binary

    patch.replace("store.codec:write", factory)


@defect(
    "store.lists-are-json-for-everybody",
    breaks=["GRPC-01", "GRPC-18"],
    says="The entities of a list come in JSON, also where they were asked for in protobuf.",
    partial=True,
)
def lists_are_json_for_everybody(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def textual(message: Any, as_json: bool) -> bytes:
            if as_json or message.DESCRIPTOR.name != "Entity":
                return bytes(write(message, as_json))
            hit()
            return bytes(write(message, True))

        return textual

    patch.replace("store.codec:write", factory)


@defect(
    "store.ends-of-messages-are-ignored",
    breaks=["GRPC-10"],
    says="What follows in a message after its readable part is ignored.",
    partial=True,
)
def ends_of_messages_are_ignored(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        def lenient(raw: bytes, name: str) -> Any:
            if codec.is_json(raw):
                return read(raw, name)
            for length in range(len(raw), max(len(raw) - 32, 0), -1):
                message = protocol.messages()[name]()
                try:
                    message.ParseFromString(raw[:length])
                except (DecodeError, ValueError):
                    continue
                if length < len(raw):
                    hit()
                return message
            raise names.invalid("message", "is no message of this method")

        return lenient

    patch.replace("store.codec:read", factory)


@defect(
    "store.messages-as-large-as-usual",
    breaks=["GRPC-07"],
    says="Over gRPC messages may be as large as they may without the setting.",
    partial=True,
)
def messages_as_large_as_usual(patch: Patch) -> None:
    most: list[int] = []

    def making(make: Function, _hit: Hit) -> Function:
        def roomy(surroundings: Any, *rest: Any) -> Any:
            most[:] = [surroundings.settings.message_bytes]
            settings = dataclasses.replace(surroundings.settings, message_bytes=4194304)
            return make(dataclasses.replace(surroundings, settings=settings), *rest)

        return roomy

    def factory(read: Function, hit: Hit) -> Function:
        def large(raw: bytes, name: str) -> Any:
            if most and len(raw) > most[0]:
                hit()
            return read(raw, name)

        return large

    patch.replace("store.publicdoor:make", making)
    patch.replace("store.codec:read", factory)


@defect(
    "store.given-up-writes-go-on",
    breaks=["GRPC-08"],
    says="What a caller over gRPC gave up is done all the same.",
    partial=True,
)
def given_up_writes_go_on(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def stubborn(self: Any, perform: Callable[[wire.Task], Awaitable[wire.Done]], admit: Any) -> None:
            async def go_on(task: wire.Task) -> wire.Done:
                work = asyncio.ensure_future(perform(task))
                try:
                    return await asyncio.shield(work)
                except asyncio.CancelledError:
                    hit()
                    raise

            begin(self, go_on, admit)

        return stubborn

    patch.replace("store.doors:Doors.__init__", factory)


@defect(
    "store.every-service-is-healthy",
    breaks=["GRPC-11"],
    says="The health service calls a service healthy that there is none of.",
    partial=True,
)
def every_service_is_healthy(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        async def lenient(self: Any, request: Any, context: Any) -> Any:
            if request.service not in ("", protocol.SERVICE):
                hit()
                request = type(request)(service="")
            return await check(self, request, context)

        return lenient

    patch.replace("store.grpchealth:Health.Check", factory)


@defect(
    "store.reflection-leaves-out-the-store",
    breaks=["GRPC-01"],
    says="The list of services that reflection gives tells of health and of itself alone.",
    partial=True,
)
def reflection_leaves_out_the_store(patch: Patch) -> None:
    def factory(make: Function, hit: Hit) -> Function:
        def silent(*arguments: Any) -> Any:
            from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

            module: Any = reflection
            adding: Any = reflection_pb2_grpc
            enable = module.enable_server_reflection

            class Silent(module.aio.ReflectionServicer):  # type: ignore[misc]
                def _list_services(self, request: Any) -> Any:
                    hit()
                    return super()._list_services(request)

            def some(described: Any, server: Any, pool: Any = None) -> None:
                told = Silent([name for name in described if name != protocol.SERVICE], pool=pool)
                adding.add_ServerReflectionServicer_to_server(told, server)

            setattr(reflection, "enable_server_reflection", some)  # noqa: B010 - only while it is made
            try:
                return make(*arguments)
            finally:
                setattr(reflection, "enable_server_reflection", enable)  # noqa: B010

        return silent

    patch.replace("store.publicdoor:make", factory)


@defect(
    "store.lists-in-streams-run-backwards",
    breaks=["GRPC-01"],
    says="A stream of entities begins with the last of them.",
    partial=True,
)
def lists_in_streams_run_backwards(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def backwards(self: Any, perform: Callable[[wire.Task], Awaitable[wire.Done]], admit: Any) -> None:
            async def turned(task: wire.Task) -> wire.Done:
                done = await perform(task)
                if len(done.entities) > 1:
                    hit()
                    done.entities = done.entities[::-1]
                return done

            begin(self, turned, admit)

        return backwards

    patch.replace("store.doors:Doors.__init__", factory)


@defect(
    "store.refusals-in-streams-are-ok",
    breaks=["GRPC-01"],
    says="What is refused in a stream has the status OK.",
    partial=True,
)
def refusals_in_streams_are_ok(patch: Patch) -> None:
    def factory(_refusal: Function, hit: Hit) -> Function:
        def friendly(problem: problems.Problem, as_json: bool) -> bytes:
            hit()
            made = protocol.messages()["ProcessResponse"]
            return codec.write(made(status="OK", error=problem.name), as_json)

        return friendly

    patch.replace("store.doors:refusal", factory)


@defect(
    "store.streams-of-writes-lose-the-last",
    breaks=["DATA-04", "GRPC-01"],
    says="Of a stream of writes that are to be done together the last is left out.",
    partial=True,
)
def streams_of_writes_lose_the_last(patch: Patch) -> None:
    def factory(collected: Function, hit: Hit) -> Function:
        async def short(self: Any, requests: Any, context: Any) -> tuple[wire.Task, bool]:
            task, as_json = await collected(self, requests, context)
            if len(task.documents) > 1:
                hit()
                task.documents = task.documents[:-1]
            return task, as_json

        return short

    patch.replace("store.doors:Doors.collected", factory)


@defect(
    "store.nameless-worker-lacks-a-right",
    breaks=["GRPC-14"],
    says="A subscription without a name is refused for a right that is lacking.",
    partial=True,
)
def nameless_worker_lacks_a_right(patch: Patch) -> None:
    def factory(admit: Function, hit: Hit) -> Function:
        def vague(self: Any, identity: str, worker_id: str, pem: bytes) -> Any:
            if not worker_id:
                hit()
                raise problems.Problem("insufficient-permission")
            return admit(self, identity, worker_id, pem)

        return vague

    patch.replace("store.subscriptions:Subscriptions.admit", factory)


@defect(
    "store.revoked-certificates-subscribe",
    breaks=["GRPC-12"],
    says="A certificate of a worker that was revoked is taken for good.",
    partial=True,
)
def revoked_certificates_subscribe(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, certificate: Any) -> None:
            try:
                check(self, certificate)
            except mutualtls.NotAccepted:
                hit()

        return lenient

    patch.replace("common.mutualtls:Identities.check_revocation", factory)


@defect(
    "store.last-worker-in-the-clear",
    breaks=["GRPC-12"],
    says="Where everything is behind TLS, one worker of several speaks without.",
    partial=True,
)
def last_worker_in_the_clear(patch: Patch) -> None:
    def factory(bind: Function, hit: Hit) -> Function:
        def open_to_all(server: Any, surroundings: Any, port: int) -> None:
            if surroundings.tls.public and surroundings.name == max(surroundings.worker_ports):
                hit()
                surroundings = dataclasses.replace(
                    surroundings, tls=dataclasses.replace(surroundings.tls, public=None)
                )
            bind(server, surroundings, port)

        return open_to_all

    patch.replace("store.publicdoor:bind", factory)


def _key_read_as(patch: Patch, change: Callable[[str], str]) -> None:
    def factory(task: Function, hit: Hit) -> Function:
        def other(self: Any, asked: Any, context: Any) -> wire.Task:
            changed = change(asked.entity_key)
            if changed != asked.entity_key:
                hit()
                asked.entity_key = changed
            made: wire.Task = task(self, asked, context)
            return made

        return other

    patch.replace("store.doors:Doors.task", factory)


@defect(
    "store.keys-are-trimmed-over-grpc",
    breaks=["DATA-06"],
    says="Over gRPC a key is read without the spaces at its ends.",
    partial=True,
)
def keys_are_trimmed_over_grpc(patch: Patch) -> None:
    _key_read_as(patch, lambda key: key.strip(" "))


@defect(
    "store.endings-are-cut-over-grpc",
    breaks=["DATA-06"],
    says="Over gRPC a key is read without the ending of the store's own files.",
    partial=True,
)
def endings_are_cut_over_grpc(patch: Patch) -> None:
    _key_read_as(patch, lambda key: key.removesuffix(".sealed"))
