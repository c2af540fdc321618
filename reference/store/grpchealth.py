"""The gRPC health service, answered by what is true at that moment; who watches hears of changes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from reference.store import protocol

SERVICES = ("", protocol.SERVICE)
_LOOK_SECONDS = 0.5


class Health(health.aio.HealthServicer):
    """Says whether calls would be served; `ask` finds out."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self._ask = ask
        self._due = asyncio.Event()

    async def Check(self, request: Any, context: Any) -> Any:
        """The state of a service, found out for this question."""
        await self.look()
        return await super().Check(request, context)

    async def look(self) -> None:
        """Finds out how things are and tells whoever watches."""
        states = health_pb2.HealthCheckResponse
        state = states.SERVING if await self._ask() else states.NOT_SERVING
        for service in SERVICES:
            await self.set(service, state)

    def changed(self) -> None:
        """Something has changed: it is looked at once more."""
        self._due.set()

    async def keep_looking(self) -> None:
        """Looks when something has changed, and from time to time, for a disk tells nobody that it goes."""
        while True:
            await self.look()
            try:
                await asyncio.wait_for(self._due.wait(), _LOOK_SECONDS)
            except TimeoutError:
                continue
            self._due.clear()


def add(server: Any, servicer: Health) -> None:
    """Has a server answer for its health."""
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
