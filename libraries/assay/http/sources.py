"""A loopback address for every test, so that what a service counts per address is counted per test."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from functools import cache


def own_address(identity: str) -> str:
    """An address in 127.0.0.0/8 for an identity (the run and the test); never 127.0.0.x itself."""
    digest = hashlib.sha256(identity.encode()).digest()
    return f"127.{1 + digest[0] % 254}.{1 + digest[1] % 254}.{1 + digest[2] % 254}"


@cache
def resolved(host: str) -> str:
    """The address to connect to. Names under `.localhost` are this machine (RFC 6761), whatever resolves names."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])


def is_loopback(address: str) -> bool:
    """Whether connections to an address can come from any address in 127.0.0.0/8."""
    return address.startswith("127.")


def is_of_a_caller(text: str) -> bool:
    """Whether a text is an address from which somebody can call."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (
        address.is_unspecified or address.is_multicast or address == ipaddress.ip_address("255.255.255.255")
    )
