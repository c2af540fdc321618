"""A process of the store: reads its surroundings, serves, and ends in order when it is asked to."""

import asyncio
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

from reference.common import serving
from reference.store import settings

_ENDING = (signal.SIGTERM, signal.SIGINT)


def run_main(
    rest: socket.socket, public_port: int, ready: Callable[[], None], tls: ssl.SSLContext | None
) -> None:
    """Serves as the main worker until SIGTERM; calls ready once it answers."""
    from reference.store import mainprocess

    surroundings = prepare()
    until_told(lambda stop: mainprocess.serve(surroundings, rest, public_port, tls, ready, stop))


def run_worker(public_port: int, ready: Callable[[], None]) -> None:
    """Serves as a processing worker until SIGTERM; calls ready once it answers."""
    from reference.store import processing

    surroundings = prepare()
    until_told(lambda stop: processing.serve(surroundings, public_port, ready, stop))


def prepare() -> settings.Surroundings:
    """Has no core of this process ever be written, and nothing that it writes be read by others."""
    forbid_cores()
    os.umask(0o077)
    serving.begin_logging()
    return settings.from_environment()


def forbid_cores() -> None:
    """A core would hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def until_told(serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Runs until the process is asked to end."""

    async def run() -> None:
        stop = asyncio.Event()
        for number in _ENDING:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(stop)
        # who asks once more comes too late to be heard by a loop that is closing
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    asyncio.run(run())
