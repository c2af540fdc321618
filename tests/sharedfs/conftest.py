"""Small stores in processes of their own, and an end of everything that was broken."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from assay.core.lifetime import FAULTS
from assay.SharedFsLibrary import SharedFsLibrary

WRITER = Path(__file__).with_name("writer.py")


class Store:
    """A writer, by the mode in which it works."""

    def __init__(self, folder: Path, mode: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(WRITER), str(folder), mode], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def put(self, text: str) -> str:
        """What it answers; raises ConnectionError where it dies before."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(text.encode())
            answer = connection.recv(100).decode()
        if not answer:
            raise ConnectionError("no answer")
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def library() -> Iterator[SharedFsLibrary]:
    yield SharedFsLibrary(timedelta(milliseconds=40))
    assert FAULTS.undo_all() == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Starts a writer of a mode that keeps its files in `tmp_path / "files"`."""
    (tmp_path / "files").mkdir()
    started: list[Store] = []

    def start(mode: str) -> Store:
        started.append(Store(tmp_path / "files", mode))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir(exist_ok=True)
    return folder
