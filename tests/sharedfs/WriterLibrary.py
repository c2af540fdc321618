"""Keywords of the tests' own, for by_hand.robot: they ask a writer whose port stands in a file."""

from __future__ import annotations

import socket
from pathlib import Path

from robot.api.deco import keyword, library


@library(scope="GLOBAL", auto_keywords=False)
class WriterLibrary:
    """Asks the writer of a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    @keyword
    def put_twice(self, first: dict[str, str], second: str) -> str:
        """What the writer answers, or what it was given where it is done; the second is only given back."""
        with socket.create_connection(
            ("127.0.0.1", int((self._folder.parent / "port").read_text())), 5
        ) as sock:
            sock.sendall(first["text"].encode())
            answer = sock.recv(100).decode()
        if not answer:
            raise ConnectionError("no answer")
        return f"{first['text'] if answer == 'done' else answer} and {second}"

    @keyword
    def should_not_exist_away(self) -> None:
        """Fails where a name is away still."""
        assert not list(self._folder.glob("*.assay-away")), "it is away still"
