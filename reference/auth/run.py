"""Auth as a process: reads its surroundings, puts itself together and serves."""

import socket
import ssl
from collections.abc import Callable

from reference.auth import app, service, settings
from reference.common import serving


def run(listener: socket.socket, ready: Callable[[], None], tls: ssl.SSLContext | None) -> None:
    """Serves on a bound socket until SIGTERM; calls ready once it answers."""
    parts = service.assemble(settings.from_environment())
    serving.serve(app.create_app(parts), listener, ready, tls)
