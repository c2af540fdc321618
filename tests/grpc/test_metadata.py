"""Metadata, deadlines and frames as they travel."""

from __future__ import annotations

from typing import Any

import pytest
from assay.core.errors import AssayError
from assay.evidence.redact import redact
from assay.grpc import framing, metadata
from robot.api.types import Secret


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, ()),
        ({"a": "1", "b": ["2", "3"]}, (("a", "1"), ("b", "2"), ("b", "3"))),
        ([["a", "1"], ("a", 2), "a=3=4"], (("a", "1"), ("a", "2"), ("a", "3=4"))),
        ({"k-bin": b"\0\1", "t-bin": "é"}, (("k-bin", b"\0\1"), ("t-bin", "é".encode()))),
        ({"authorization": Secret("Bearer abcdef")}, (("authorization", "Bearer abcdef"),)),
    ],
)
def test_metadata_is_pairs(given: Any, sent: Any) -> None:
    assert metadata.pairs(given) == sent


def test_a_secret_in_metadata_is_concealed() -> None:
    metadata.pairs({"x-door": Secret("open sesame please")})
    assert "sesame" not in redact("they said open sesame please")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": b"\0"}, "only names that end in -bin may"),
        (["a"], "metadata is a dictionary, or a list of pairs"),
        ({"authorization": f"Bearer {Secret('x')}"}, "a Secret was put into a text"),
    ],
)
def test_metadata_that_cannot_be_sent_is_told(given: Any, told: str) -> None:
    with pytest.raises(AssayError, match=told):
        metadata.pairs(given)


def test_binary_values_come_back_without_padding_and_several_at_once() -> None:
    headers = [(":status", "200"), ("grpc-status", "0"), ("k-bin", "AAE,AgM="), ("a", "b"), ("odd-bin", "!")]
    assert metadata.decoded(headers) == (
        ("k-bin", b"\0\1"),
        ("k-bin", b"\2\3"),
        ("a", "b"),
        ("odd-bin", b"!"),
    )
    assert metadata.encoded((("k-bin", b"\0\1"), ("a", "b"))) == [("k-bin", "AAE"), ("a", "b")]


@pytest.mark.parametrize(
    ("seconds", "header"),
    [(0.05, "50000000n"), (1.5, "1500000u"), (0, "0n"), (3600, "3600000m"), (1e9, "99999999S")],
)
def test_a_deadline_has_at_most_eight_digits(seconds: float, header: str) -> None:
    assert framing.timeout(seconds) == header


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
def test_messages_are_framed_and_taken_apart_again(compression: Any) -> None:
    octets = bytearray(framing.framed(b"a" * 99, compression) + framing.framed(b"") + b"\0\0")
    assert framing.unframed(octets, compression) == b"a" * 99
    assert framing.unframed(octets, compression) == b""
    assert framing.unframed(octets, compression) is None


def test_a_message_that_only_says_it_is_compressed_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="it says it is gzip and is not"):
        framing.unframed(bytearray(b"\1\0\0\0\1x"), "gzip")
