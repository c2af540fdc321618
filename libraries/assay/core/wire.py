"""How processes of a run speak to its supervisor: one line of JSON each way over a socket of the state folder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.core.errors import PlatformError

SOCKET = "supervisor.sock"
_PATIENCE = 700.0
_LONGEST = 100  # bytes of a path that every system takes as the address of a socket


def ask(folder: Path, request: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Sends a request and returns the answer; lines meant for the console come before it and are passed to `say`.

    Raises PlatformError with the supervisor's one line when it refuses, or when there is no supervisor.
    """
    try:
        with _connected(folder) as connection:
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
        raise PlatformError(
            f"the supervisor of this run does not answer: {error}{_last_words(folder)}"
        ) from error
    raise PlatformError(f"the supervisor of this run ended before it answered{_last_words(folder)}")


def tell(folder: Path, request: Mapping[str, Any]) -> None:
    """Sends a request whose answer nobody needs. OSError where there is no supervisor."""
    with _connected(folder) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")


def bound(listener: socket.socket, path: Path) -> None:
    """Lets a socket be found at a path, by its owner alone."""
    before = os.umask(0o177)
    try:
        listener.bind(_address(path))
    finally:
        os.umask(before)
    listener.listen(128)


def _connected(folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_PATIENCE)
        connection.connect(_address(folder / SOCKET))
    except OSError:
        connection.close()
        raise
    return connection


def _address(path: Path) -> str:
    address = str(path)
    if len(os.fsencode(address)) > _LONGEST:
        raise PlatformError(
            f"the path of the run's state is too long for a socket: {path}; name a shorter one by ASSAY_STATE"
        )
    return address


def _last_words(folder: Path) -> str:
    with contextlib.suppress(OSError):
        said = (folder / "supervisor.log").read_text("utf-8", "replace").strip().splitlines()
        return f" (it said last: {said[-1]})" if said else ""
    return ""
