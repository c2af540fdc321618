"""A processing worker as a process: gRPC for callers, gRPC for main, and a line to main that it keeps up by itself."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import grpc
import grpc.aio

from reference.common import problems
from reference.store import grpchealth, internal, publicdoor, timing, wire
from reference.store.caches import Cache
from reference.store.doors import Doors
from reference.store.internal import Line, Peers
from reference.store.locks import Locks
from reference.store.metrics import Metrics
from reference.store.sealedfiles import SealedFiles
from reference.store.settings import MAIN, Surroundings
from reference.store.worker import Worker

T = TypeVar("T")

GRACE_SECONDS = 2.0
_FIRST_PATIENCE_SECONDS = 5.0
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
_AFTERWARDS: set[asyncio.Future[Any]] = set()


class MainDoor:
    """How a worker asks main."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._line = Line(channel, wire.MAIN_SERVICE)
        self._attach = Line(channel, wire.ATTACH_SERVICE)

    async def admit(self, asked: wire.Admit) -> wire.Admitted:
        """May this be done, and what does the index say?"""
        return await answered(self._line.call("Admit", asked, wire.Admitted))

    async def reserve(self, asked: wire.Reserve) -> wire.Reserved:
        """What are the next versions? What main may have given without being heard is taken back."""
        try:
            return await answered(self._line.call("Reserve", asked, wire.Reserved))
        except (asyncio.CancelledError, Unheard):
            afterwards(self.abandon(wire.Abandon(task=asked.task)))
            raise

    async def commit(self, asked: wire.Commit) -> wire.Done:
        """This is what was written. What has begun is waited for, also by whoever is cancelled."""
        answer = asyncio.ensure_future(self._line.call("Commit", asked, wire.Done))
        try:
            try:
                return await asyncio.shield(answer)
            except asyncio.CancelledError:
                return await answer
        except grpc.aio.AioRpcError:
            raise wire.Unsure from None

    async def abandon(self, asked: wire.Abandon) -> None:
        """Nothing was written."""
        await answered(self._line.call("Abandon", asked, wire.Nothing, 1.0))

    async def keep_schema(self, asked: wire.KeepSchema) -> wire.Done:
        """A schema is to be kept or forgotten."""
        return await answered(self._line.call("KeepSchema", asked, wire.Done))

    async def answer(self, task: wire.Task) -> wire.Done:
        """What only the index is needed for."""
        return await answered(self._line.call("Answer", task, wire.Done))

    async def note_tampering(self, told: wire.Tampering) -> None:
        """A file is not what the index says."""
        await answered(self._line.call("NoteTampering", told, wire.Nothing))

    async def subscribe(self, public_key: bytes, wanted: list[str]) -> wire.Subscribed:
        """The keys of schemas. A worker that may not have them is no use for them, which is not the caller's fault."""
        asked = wire.Subscription(public_key=public_key, schemas=wanted)
        try:
            return await answered(self._line.call("Subscribe", asked, wire.Subscribed, patient=not wanted))
        except problems.Problem as problem:
            if problem.name == "insufficient-permission":
                raise problems.Problem("key-unavailable") from None
            raise

    async def attach(self, worker_id: str, take: Callable[[wire.News], None]) -> None:
        """Is there for main until the line breaks."""
        async for news in self._attach.news("Attach", wire.Attach(worker_id=worker_id)):
            take(news)


class Unheard(problems.Problem):
    """Main did not answer."""


async def answered(call: Awaitable[T]) -> T:
    """An answer of main; where there is none, the store cannot serve."""
    try:
        return await call
    except grpc.aio.AioRpcError:
        raise Unheard("service-unavailable", headers={"Retry-After": "1"}) from None


def afterwards(work: Coroutine[Any, Any, None]) -> None:
    """Does something that nobody waits for."""

    async def quietly() -> None:
        with contextlib.suppress(problems.Problem, wire.Again):
            await work

    task = asyncio.ensure_future(quietly())
    _AFTERWARDS.add(task)
    task.add_done_callback(_AFTERWARDS.discard)


class Attachment:
    """Keeps the line to main, and takes up again what broke."""

    def __init__(self, worker: Worker, main: MainDoor) -> None:
        self._worker, self._main = worker, main
        self.on_change: Callable[[], None] = lambda: None
        self.is_there = False
        self.well = True

    async def keep(self, first_tried: Callable[[], None]) -> None:
        """Subscribes and attaches, again and again; says when it has been tried for the first time."""
        tries = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self.once(first_tried, _FIRST_PATIENCE_SECONDS if not tries else 1.0)
            except grpc.aio.AioRpcError as error:
                await self.lost(error.code())
            except problems.Problem:
                await self.lost(grpc.StatusCode.UNAVAILABLE)
            else:
                await self.lost(grpc.StatusCode.PERMISSION_DENIED)
            first_tried()
            if asyncio.get_running_loop().time() - began > _PAUSES[-1]:
                tries = 0
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    async def once(self, first_tried: Callable[[], None], patience: float) -> None:
        """One life of the line."""
        timing.allow(patience)
        await self._worker.subscribe([])

        def take(news: wire.News) -> None:
            self.take(news)
            first_tried()

        await self._main.attach(self._worker.name, take)

    def take(self, news: wire.News) -> None:
        """Does what main tells."""
        self._worker.keys.forget(news.forget_keys)
        self._worker.keys.forget_schemas(news.forget_schemas)
        for schema, key in news.drop:
            self._worker.cache.drop(schema, key)
        before = (self.is_there, self.well)
        self.well = self.well if news.well is None else news.well
        self.is_there = True
        if before != (self.is_there, self.well):
            self.on_change()

    async def lost(self, code: grpc.StatusCode) -> None:
        """The line is gone; who is not enrolled any more forgets everything."""
        if code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED):
            await self._worker.end()
        if self.is_there:
            self.is_there = False
            self.on_change()


def for_main(worker: Worker, surroundings: Surroundings) -> grpc.GenericRpcHandler:
    """What a worker does for main, and for nobody else."""

    async def perform(_: str, task: wire.Task) -> wire.Done:
        return await worker.perform(task)

    async def reseal(_: str, asked: wire.Reseal) -> wire.Nothing:
        await worker.reseal(asked)
        return wire.Nothing()

    async def metrics(_: str, _asked: wire.Nothing) -> wire.Metrics:
        return wire.Metrics(text=worker.metrics.text())

    methods: dict[str, tuple[type, internal.Method]] = {
        "Perform": (wire.Task, perform),
        "Reseal": (wire.Reseal, reseal),
        "Metrics": (wire.Nothing, metrics),
    }
    return internal.handlers(wire.WORKER_SERVICE, Peers(surroundings.tls), is_main, methods)


def is_main(name: str) -> bool:
    """Whether a name is main's."""
    return name == MAIN


def assemble(surroundings: Surroundings, main: MainDoor) -> Worker:
    """Puts the parts of a worker together."""
    settings, metrics = surroundings.settings, Metrics()
    return Worker(
        surroundings.name,
        main,
        SealedFiles(surroundings.shared),
        Locks(surroundings.shared),
        Cache(settings.cache_capacity, settings.cache_ttl, metrics),
        metrics,
        settings.document_depth,
    )


async def serve(
    surroundings: Surroundings, public_port: int, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Serves until told to stop; then ends what runs, in order."""
    main = MainDoor(internal.channel(surroundings, MAIN, surroundings.main_port))
    worker = assemble(surroundings, main)
    attachment = Attachment(worker, main)

    async def is_well() -> bool:
        return attachment.is_there and attachment.well and os.path.isdir(surroundings.shared)

    health_service = grpchealth.Health(is_well)
    attachment.on_change = health_service.changed
    public = publicdoor.make(surroundings, Doors(worker.perform, worker.admit), health_service, public_port)
    inner = grpc.aio.server(options=internal.SERVER_OPTIONS)
    inner.add_generic_rpc_handlers((for_main(worker, surroundings),))
    port = surroundings.worker_ports[surroundings.name]
    inner.add_secure_port(f"{surroundings.address}:{port}", internal.server_credentials(surroundings.tls))
    await inner.start()
    await public.start()
    tried = asyncio.Event()
    keeping = asyncio.ensure_future(attachment.keep(tried.set))
    looking = asyncio.ensure_future(health_service.keep_looking())
    await tried.wait()
    ready()
    await stop.wait()
    looking.cancel()
    await health_service.enter_graceful_shutdown()
    await asyncio.gather(public.stop(GRACE_SECONDS), inner.stop(GRACE_SECONDS))
    keeping.cancel()
    await worker.end()
