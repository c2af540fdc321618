"""A loopback address for every test, so that what a service counts per address is counted per test."""

from __future__ import annotations

import hashlib
import ipaddress


def own_address(identity: str) -> str:
    """An address in 127.0.0.0/8 for an identity (the run and the test); never 127.0.0.x itself."""
    digest = hashlib.sha256(identity.encode()).digest()
    return f"127.{1 + digest[0] % 254}.{1 + digest[1] % 254}.{1 + digest[2] % 254}"


def is_of_a_caller(text: str) -> bool:
    """Whether a text is an address from which somebody can call."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (
        address.is_unspecified or address.is_multicast or address == ipaddress.ip_address("255.255.255.255")
    )
