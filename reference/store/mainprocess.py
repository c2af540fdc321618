"""The main worker as a process: REST, gRPC for callers, and gRPC for workers."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio

from reference.common import problems, serving
from reference.store import (
    app,
    codec,
    failures,
    grpchealth,
    internal,
    mainworker,
    protocol,
    publicdoor,
    refusals,
    wire,
)
from reference.store.condition import UP
from reference.store.doors import Doors, begin
from reference.store.internal import Line, Peers
from reference.store.mainworker import Parts
from reference.store.roster import Attached, Gone
from reference.store.settings import Surroundings

GRACE_SECONDS = 2.0


class Rpc:
    """How main asks one worker."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._line = Line(channel, wire.WORKER_SERVICE)

    async def perform(self, task: wire.Task, seconds: float) -> wire.Done:
        """Has it perform an operation; raises Gone where it does not answer."""
        try:
            return await self._line.call("Perform", task, wire.Done, seconds)
        except grpc.aio.AioRpcError:
            raise Gone from None

    async def reseal(self, token: str, schema: str, key: str) -> None:
        """Has it seal an entity again; raises Gone where it does not answer."""
        asked = wire.Reseal(token=token, schema=schema, key=key)
        try:
            await self._line.call("Reseal", asked, wire.Nothing)
        except grpc.aio.AioRpcError:
            raise Gone from None

    async def metrics(self) -> bytes:
        """Its counters; nothing where it does not answer."""
        try:
            return (await self._line.call("Metrics", wire.Nothing(), wire.Metrics, 0.7)).text
        except (grpc.aio.AioRpcError, problems.Problem):
            return b""


class ForWorkers:
    """What main answers to workers, each known by its certificate."""

    def __init__(self, parts: Parts, surroundings: Surroundings) -> None:
        self._parts, self._surroundings = parts, surroundings
        self._peers = Peers(surroundings.tls)
        self._channels: dict[str, grpc.aio.Channel] = {}

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """What serves workers: the calls of processing workers, and subscription by its public name."""
        decider = self._parts.decider

        async def admit(worker: str, asked: wire.Admit) -> wire.Admitted:
            return decider.admit(worker, asked)

        async def abandon(worker: str, asked: wire.Abandon) -> wire.Nothing:
            decider.abandon(worker, asked)
            return wire.Nothing()

        async def answer(worker: str, asked: wire.Task) -> wire.Done:
            return decider.answer(worker, asked)

        async def note(worker: str, told: wire.Tampering) -> wire.Nothing:
            decider.note_tampering(worker, told)
            return wire.Nothing()

        methods: dict[str, tuple[type, internal.Method]] = {
            "Admit": (wire.Admit, admit),
            "Reserve": (wire.Reserve, decider.reserve),
            "Commit": (wire.Commit, decider.commit),
            "Abandon": (wire.Abandon, abandon),
            "KeepSchema": (wire.KeepSchema, decider.keep_schema),
            "Answer": (wire.Task, answer),
            "NoteTampering": (wire.Tampering, note),
            "Subscribe": (wire.Subscription, self.subscribe),
        }
        attach: Any = grpc.unary_stream_rpc_method_handler(
            self.attach,
            request_deserializer=wire.decoder(wire.Attach),
            response_serializer=wire.encode,
        )
        subscribe: Any = grpc.unary_unary_rpc_method_handler(self.public_subscribe)
        return [
            grpc.method_handlers_generic_handler(wire.ATTACH_SERVICE, {"Attach": attach}),
            internal.handlers(wire.MAIN_SERVICE, self._peers, self.is_ours, methods),
            grpc.method_handlers_generic_handler(protocol.SERVICE, {"Subscribe": subscribe}),
        ]

    def is_ours(self, name: str) -> bool:
        """Whether a name is that of a processing worker of this store, and still enrolled."""
        return name in self._surroundings.worker_ports and self._parts.grants.is_enrolled(name)

    async def subscribe(self, worker: str, asked: wire.Subscription) -> wire.Subscribed:
        """Keys for a processing worker."""
        subscriptions = self._parts.subscriptions
        return subscriptions.subscribe(worker, worker, asked.public_key, asked.schemas, asked.tags)

    async def public_subscribe(self, raw: bytes, context: Any) -> bytes:
        """Keys for any enrolled worker, in the messages of the contract."""
        begin(context)
        identity = await internal.known(self._peers, lambda _: True, context)
        try:
            asked: Any = codec.read(raw, "SubscribeRequest")
            given = self._parts.subscriptions.subscribe(
                identity, asked.worker_id, asked.pubkey, list(asked.schemas), dict(asked.tags)
            )
        except Exception as error:  # noqa: BLE001 - the caller is told by a code
            await refusals.abort(context, failures.problem_of(error))
        return codec.write(subscribed(given), codec.is_json(raw))

    async def attach(self, asked: wire.Attach, context: Any) -> AsyncIterator[wire.News]:
        """Has a processing worker be there for as long as the stream is open, and tells it what it must know."""
        name = await internal.known(self._peers, self.is_ours, context)
        attached = Attached(name, Rpc(self.channel(name)))
        await attached.caller.metrics()  # the way back is open before the worker counts as there
        self._parts.roster.attach(attached)
        self._parts.grants.saw(name)
        try:
            yield wire.News(well=self._parts.roster.disk_is_well)
            while self.is_ours(name):
                yield await attached.news.get()
        finally:
            self._parts.roster.detach(attached)

    def channel(self, name: str) -> grpc.aio.Channel:
        """The channel to a processing worker, made once."""
        if name not in self._channels:
            port = self._surroundings.worker_ports[name]
            self._channels[name] = internal.channel(self._surroundings, name, port)
        return self._channels[name]


def subscribed(given: wire.Subscribed) -> Any:
    """Keys and token in the messages of the contract; the only schema's key in use stands by itself besides."""
    made = protocol.messages()
    keys = [
        made["WrappedKey"](
            schema_id=key.schema,
            key_id=key.key_id,
            algorithm=key.algorithm,
            wrapped_key=key.wrapped,
            current=key.current,
        )
        for key in given.keys
    ]
    current = [key for key in given.keys if key.current]
    only = {"wrapped_key": current[0].wrapped, "key_id": current[0].key_id} if len(current) == 1 else {}
    return made["SubscribeResponse"](token=given.token, expires_in=given.expires_in, keys=keys, **only)


async def serve(
    surroundings: Surroundings,
    rest: socket.socket,
    public_port: int,
    tls: ssl.SSLContext | None,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Serves until told to stop; then ends what runs, in order."""
    parts = mainworker.assemble(surroundings)

    async def is_well() -> bool:
        checks = await parts.condition.checks()
        parts.roster.tell_of_disk(checks["shared-directory"] == UP)
        parts.rotation.go_on()
        return set(checks.values()) == {UP}

    health_service = grpchealth.Health(is_well)
    perform = Doors(parts.roster.perform, parts.admit)
    public = publicdoor.make(surroundings, perform, health_service, public_port)
    workers = grpc.aio.server(options=internal.SERVER_OPTIONS)
    workers.add_generic_rpc_handlers(tuple(ForWorkers(parts, surroundings).handlers()))
    workers.add_secure_port(
        f"{surroundings.address}:{surroundings.main_port}", internal.server_credentials(surroundings.tls)
    )
    await workers.start()
    await public.start()
    background = [asyncio.ensure_future(health_service.keep_looking())]

    def tidy() -> None:
        background.append(asyncio.ensure_future(mainworker.remove_leftovers(parts)))

    parts.roster.on_change, parts.roster.on_gone = health_service.changed, tidy
    tidy()
    parts.rotation.go_on()
    server = serving.Guest(serving.configuration(app.create_app(parts), tls), ready)
    http = asyncio.ensure_future(server.serve(sockets=[rest]))
    await stop.wait()
    await health_service.enter_graceful_shutdown()
    server.should_exit = True
    await asyncio.gather(http, public.stop(GRACE_SECONDS))
    await workers.stop(0)
    parts.vault.close()
