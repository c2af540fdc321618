"""Auth as a process: reads its surroundings, puts itself together and serves."""

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reference.auth import app, service, settings
from reference.common import serving


def run(listener: socket.socket, ready: Callable[[], None], tls: ssl.SSLContext | None) -> None:
    """Serves on a bound socket until SIGTERM; calls ready once it answers."""
    surroundings = settings.from_environment()
    parts = service.assemble(surroundings)
    with ThreadPoolExecutor() as pool:
        preparing = [pool.submit(step) for step in service.preparation(parts, surroundings)]
        application = app.create_app(parts)
        for step in preparing:
            step.result()
    parts.outbox.start()
    serving.serve(application, listener, ready, tls, parts.settings.arrival_seconds)
