"""Something behind a proxy, and a client before it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from assay.core.lifetime import FAULTS
from assay.FaultLibrary import FaultLibrary


class Echo:
    """Says back what it hears, piece by piece, and keeps how long the pieces were."""

    def __init__(self) -> None:
        self.pieces: list[int] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def end(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while octets := connection.recv(65536):
                    self.pieces.append(len(octets))
                    connection.sendall(octets)
            except OSError:
                return


def connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), 5)


def ask(connection: socket.socket, octets: bytes) -> bytes:
    """Sends and reads back as many octets, fewer where the connection ends."""
    connection.sendall(octets)
    said = b""
    while len(said) < len(octets) and (piece := connection.recv(65536)):
        said += piece
    return said


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.end()


@pytest.fixture
def library() -> Iterator[FaultLibrary]:
    yield FaultLibrary()
    assert FAULTS.undo_all() == []


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[str]]:
    """A process that opens a file for each line it is given, keeps it, and says how that went."""
    program = (
        "import os, sys\nkept = []\nfor line in sys.stdin:\n"
        "    try: kept.append(os.open('/dev/null', 0)); said = 'opened'\n"
        "    except OSError as error: said = error.strerror\n"
        "    print(said, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert say(process) == "opened"
        yield process
        process.kill()


def say(process: subprocess.Popen[str]) -> str:
    assert process.stdin and process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
