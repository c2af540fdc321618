"""How processes of a run speak to its supervisor: one line of JSON each way over a socket of the state folder."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.core.errors import PlatformError

SOCKET = "supervisor.sock"
_PATIENCE = 700.0


def ask(folder: Path, request: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Sends a request and returns the answer; lines meant for the console come before it and are passed to `say`.

    Raises PlatformError with the supervisor's one line when it refuses, or when there is no supervisor.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    try:
        with connection:
            connection.connect(str(folder / SOCKET))
            connection.sendall(json.dumps(request).encode() + b"\n")
            for line in connection.makefile("rb"):
                answer: dict[str, Any] = json.loads(line)
                if "say" in answer:
                    say(str(answer["say"]))
                elif "error" in answer:
                    raise PlatformError(str(answer["error"]), answer.get("exit_code"))
                else:
                    return answer
    except OSError as error:
        raise PlatformError(f"the supervisor of this run does not answer: {error}") from error
    raise PlatformError("the supervisor of this run ended before it answered")
