"""An IMAP server over TLS, with what a test puts into its folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.corporate.network import Authority, Listening, front

ROOT = Path(__file__).resolve().parents[2]
MAIL_PASSWORD = "of-the-mailbox-1"


@contextmanager
def mailbox(folder: Path, authority: Authority, outbox: str = "", key: str = "") -> Iterator[Listening]:
    """Serves the files of a folder, and the mail stand-in's mails where it is named, by IMAP over TLS as `localhost`."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.corporate.mailserver", str(folder), *([outbox] if outbox else [])],
        cwd=ROOT,
        env={**os.environ, "MAILSERVER_PASSWORD": MAIL_PASSWORD, "OUTBOX_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    try:
        port = int(server.stdout.readline())
        with front(f"http://127.0.0.1:{port}", authority.server("localhost")) as listening:
            yield listening
    finally:
        server.stdin.close()
        server.wait(10)
        server.stdout.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)
