"""Servers for the tests of a folder, each started once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from assay.GrpcLibrary import GrpcLibrary

from tests.grpc.servers import INTEROP_PROTO, interop_server, standard_server


@pytest.fixture(scope="package")
def standard() -> Iterator[str]:
    with standard_server() as address:
        yield address


@pytest.fixture(scope="package")
def go() -> Iterator[str]:
    with interop_server() as address:
        yield address


@pytest.fixture
def library() -> Iterator[GrpcLibrary]:
    made = GrpcLibrary()
    yield made
    made.close_grpc_connections()


@pytest.fixture(params=["grpcio", "http2"])
def carrier(request: Any) -> str:
    """Each of the two that carry calls."""
    return str(request.param)


@pytest.fixture
def interop(go: str, library: GrpcLibrary, carrier: Any) -> GrpcLibrary:
    """Connected to grpc-go by both carriers, as `go`."""
    ten = timedelta(seconds=10)
    library.connect_to_grpc("go", go, protos=[INTEROP_PROTO], carrier=carrier, patience=ten)
    return library


@pytest.fixture
def odd(standard: str, library: GrpcLibrary, carrier: Any) -> GrpcLibrary:
    """Connected to grpcio's services by both carriers: as `standard` by reflection, as `bytes` without descriptors."""
    library.connect_to_grpc("standard", standard, reflection=True, carrier=carrier)
    library.connect_to_grpc("bytes", standard, carrier=carrier)
    return library
