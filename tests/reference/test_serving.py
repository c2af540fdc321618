"""A body that nobody reads: what becomes of its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from reference.common.serving import ProblemProtocol

_SECONDS = 0.5
_HEAD = b"POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n"


async def _answers_at_once(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _whole_answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readuntil(b"\r\n\r\n")


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _talk(talk: Talk) -> None:
    """Runs one connection to a service that answers without reading, and gives bodies half a second."""

    async def run() -> None:
        config = uvicorn.Config(_answers_at_once, lifespan="off", log_config=None)
        config.load()
        kind = type("Protocol", (ProblemProtocol,), {"arrival_seconds": _SECONDS})
        made: list[ProblemProtocol] = []

        def protocol() -> ProblemProtocol:
            made.append(kind(config, ServerState(), {}))
            return made[-1]

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            server.close()
            for one in made:
                one._unset_keepalive_if_required()

    asyncio.run(run())


@pytest.mark.parametrize("octets", [b"", b"a"])
def test_what_never_arrives_whole_is_given_up_after_the_answer(octets: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD % 100_000 + b"a")
        assert (await _whole_answer(reader)).startswith(b"HTTP/1.1 204")
        began = asyncio.get_running_loop().time()
        while not reader.at_eof() and asyncio.get_running_loop().time() < began + 4:
            writer.write(octets)
            try:
                async with asyncio.timeout(0.1):
                    await reader.read(1)
            except (TimeoutError, ConnectionError):
                continue
        assert _SECONDS / 2 < asyncio.get_running_loop().time() - began < 4

    _talk(talk)


def test_a_connection_lives_on_once_the_body_is_there() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write(_HEAD % 4 + b"ab")
            assert (await _whole_answer(reader)).startswith(b"HTTP/1.1 204")
            await asyncio.sleep(_SECONDS / 5)
            writer.write(b"cd")
        await asyncio.sleep(_SECONDS * 2)
        writer.write(_HEAD % 0)
        assert (await _whole_answer(reader)).startswith(b"HTTP/1.1 204")

    _talk(talk)


def test_what_is_too_large_is_not_read_to_its_end() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD % (1 << 40))
        assert (await _whole_answer(reader)).startswith(b"HTTP/1.1 204")
        began = asyncio.get_running_loop().time()
        with pytest.raises(ConnectionError):
            while asyncio.get_running_loop().time() < began + 4:
                writer.write(b"a" * 65536)
                await writer.drain()
        assert asyncio.get_running_loop().time() < began + _SECONDS

    _talk(talk)


def test_an_idle_connection_after_a_late_body_has_an_end() -> None:
    config = uvicorn.Config(_answers_at_once, lifespan="off", log_config=None)
    assert config.timeout_keep_alive
    waiting: list[bool] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD % 2 + b"a")
        await _whole_answer(reader)
        writer.write(b"b")
        async with asyncio.timeout(config.timeout_keep_alive + 4):
            waiting.append(await reader.read(1) == b"")

    _talk(talk)
    assert waiting == [True]
