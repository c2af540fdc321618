"""What stands on a connection: it listens, serves and ends, and forgets nobody."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from assay.core.errors import AssayError
from assay.core.relay import Relay, host_and_port


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(100):
        writer.write(octets)


def test_connections_are_served_and_end_with_the_relay() -> None:
    relay = Relay("a relay")
    relay.open()
    where = host_and_port(relay.listen(echo))
    with socket.create_connection(where, 5) as connection:
        connection.sendall(b"text")
        assert connection.recv(100) == b"text"
        relay.close()
        assert connection.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where, 5)
    assert not [thread for thread in threading.enumerate() if thread.name == "a relay"]
    relay.close()


def test_a_connection_that_comes_as_the_relay_closes_is_ended() -> None:
    for _ in range(40):
        relay = Relay("a relay")
        relay.open()
        with socket.create_connection(host_and_port(relay.listen(echo)), 5) as connection:
            relay.close()
            try:
                assert connection.recv(1) == b""
            except ConnectionResetError:
                continue


def test_an_address_is_host_and_port() -> None:
    assert host_and_port("[::1]:80") == ("::1", 80)
    for wrong in ("host", "host:", ":80", "host:http"):
        with pytest.raises(AssayError, match="is no address"):
            host_and_port(wrong)
