"""Servers that this project did not write, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from assay.core.waiting import until

HERE = Path(__file__).parent
INTEROP_PROTO = HERE / "protos" / "interop.proto"
INTEROP = "google.golang.org/grpc/interop/server@v1.64.0"
_BUILDING = 280


@contextmanager
def standard_server(**given: str) -> Iterator[str]:
    """grpcio's own services; gives host and port."""
    environment = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    process = subprocess.Popen(
        [sys.executable, str(HERE / "standard_server.py"), json.dumps(given)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        yield f"127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def interop_server(*arguments: str) -> Iterator[str]:
    """grpc-go's server of the interoperability tests; gives host and port."""
    port = _free_port()
    process = subprocess.Popen([str(built()), "-port", str(port), *arguments], stderr=subprocess.DEVNULL)
    try:
        up = until(lambda: _answers(port) or None, 10)
        assert up, f"{INTEROP} does not listen"
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def built() -> Path:
    """The interop server, built once for this user; the test is skipped where that is not possible."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay"
    program = cache / INTEROP.replace("/", "_") / "server"
    if program.exists():
        return program
    if shutil.which("go") is None:
        pytest.skip("there is no Go here to build grpc-go's interop server")
    program.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(program.parent)}
    try:
        ran = subprocess.run(
            ["go", "install", INTEROP], env=environment, capture_output=True, text=True, timeout=_BUILDING, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"building {INTEROP} took longer than {_BUILDING} s")
    if not program.exists():
        pytest.skip(f"{INTEROP} cannot be built here: {ran.stderr.strip().splitlines()[-1:]}")
    return program


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
