"""TLS and mutual TLS, by both of what carries calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from assay.core.errors import AssayError
from assay.core.reach import ClientCertificate, Way
from assay.evidence.expect import Unmet
from assay.grpc.wire import Unreachable
from assay.GrpcLibrary import GrpcLibrary
from cryptography.hazmat.primitives import serialization
from robot.api.types import Secret

from tests.grpc.servers import interop_server, standard_server

CHECK = "grpc.health.v1.Health/Check"
PASSWORD = "letmein-please"


@pytest.fixture(scope="module")
def files(tmp_path_factory: Any) -> dict[str, str]:
    """Files of a server for 127.0.0.1 and store.example, of a client, and of an authority that nobody trusts."""
    folder: Path = tmp_path_factory.mktemp("tls")
    ca, other = trustme.CA(), trustme.CA()
    server, client = ca.issue_cert("127.0.0.1", "store.example"), ca.issue_cert("alice@example.org")
    made = {"ca": ca.cert_pem, "other": other.cert_pem, "key": server.private_key_pem, "chain": server.cert_chain_pems[0],
            "client": client.cert_chain_pems[0], "client_key": client.private_key_pem}  # fmt: skip
    paths = {}
    for name, blob in made.items():
        paths[name] = str(folder / f"{name}.pem")
        blob.write_to_path(paths[name])
    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    locked = folder / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
    )
    return {**paths, "locked": str(locked)}


@pytest.fixture(scope="module")
def secure(files: dict[str, str]) -> Iterator[str]:
    with standard_server(chain=files["chain"], key=files["key"]) as address:
        yield address


@pytest.fixture(scope="module")
def mutual(files: dict[str, str]) -> Iterator[str]:
    with standard_server(chain=files["chain"], key=files["key"], client_ca=files["ca"]) as address:
        yield address


def test_a_server_is_trusted_by_its_authority(
    library: GrpcLibrary, secure: str, files: dict[str, str], carrier: Any
) -> None:
    library.connect_to_grpc("good", secure, ca=Path(files["ca"]), carrier=carrier)
    assert library.grpc_health_of("good") == "SERVING"
    with pytest.raises(Unmet, match="Expected no connection, saw an answer: UNIMPLEMENTED"):
        library.grpc_connection_should_fail("good")


def test_a_go_server_under_tls(library: GrpcLibrary, files: dict[str, str], carrier: Any) -> None:
    arguments = ["-use_tls", f"-tls_cert_file={files['chain']}", f"-tls_key_file={files['key']}"]
    with interop_server(*arguments) as address:
        library.connect_to_grpc("go", address, ca=Path(files["ca"]), carrier=carrier)
        answer = library.call_grpc("go", "grpc.testing.TestService/EmptyCall")
        library.grpc_should_succeed(answer)


@pytest.mark.parametrize("authority", ["other", None])
def test_an_authority_that_is_not_trusted(
    library: GrpcLibrary, secure: str, files: dict[str, str], carrier: Any, authority: str | None
) -> None:
    ca = Path(files[authority]) if authority else None
    library.connect_to_grpc("bad", secure, tls=True, ca=ca, carrier=carrier)
    assert "cert" in library.grpc_connection_should_fail("bad", "certificate").lower()
    with pytest.raises(Unmet, match="no connection because of 'weather', saw"):
        library.grpc_connection_should_fail("bad", "weather")


def test_a_certificate_for_another_name(
    library: GrpcLibrary, secure: str, files: dict[str, str], carrier: Any
) -> None:
    ca = Path(files["ca"])
    library.connect_to_grpc("right", secure, ca=ca, server_name="store.example", carrier=carrier)
    assert library.grpc_health_of("right") == "SERVING"
    library.connect_to_grpc("wrong", secure, ca=ca, server_name="other.example", carrier=carrier)
    library.grpc_connection_should_fail("wrong")


def test_a_plaintext_client_is_not_let_in(library: GrpcLibrary, secure: str, carrier: Any) -> None:
    library.connect_to_grpc("plain", secure, carrier=carrier)
    library.grpc_connection_should_fail("plain")


def test_a_client_under_tls_at_a_plain_server(library: GrpcLibrary, standard: str, carrier: Any) -> None:
    library.connect_to_grpc("tls", f"https://{standard}", carrier=carrier)
    library.grpc_connection_should_fail("tls")
    with pytest.raises(Unreachable, match=r"https://127.0.0.1:\d+ cannot be reached"):
        library.call_grpc("tls", CHECK)


def test_mutual_tls(library: GrpcLibrary, mutual: str, files: dict[str, str], carrier: Any) -> None:
    ca, client, key = Path(files["ca"]), Path(files["client"]), Path(files["client_key"])
    library.connect_to_grpc("shown", mutual, ca=ca, certificate=client, key=key, carrier=carrier)
    assert library.grpc_health_of("shown") == "SERVING"
    locked = Path(files["locked"])
    library.connect_to_grpc(
        "locked",
        mutual,
        ca=ca,
        certificate=client,
        key=locked,
        key_password=Secret(PASSWORD),
        carrier=carrier,
    )
    assert library.grpc_health_of("locked") == "SERVING"
    library.connect_to_grpc("nobody", mutual, ca=ca, carrier=carrier)
    library.grpc_connection_should_fail("nobody")


def test_the_way_of_a_target_is_taken(
    library: GrpcLibrary, mutual: str, files: dict[str, str], carrier: Any
) -> None:
    way = Way((files["ca"],), certificate=ClientCertificate(files["client"], files["client_key"]))
    library.connect_to_grpc("way", mutual, way=way, carrier=carrier)
    assert library.grpc_health_of("way") == "SERVING"


def test_a_certificate_that_cannot_be_used_is_told(
    library: GrpcLibrary, mutual: str, files: dict[str, str], carrier: Any
) -> None:
    library.connect_to_grpc(
        "mixed",
        mutual,
        ca=Path(files["ca"]),
        certificate=Path(files["client"]),
        key=Path(files["key"]),
        carrier=carrier,
    )
    with pytest.raises(AssayError, match=r"client\.pem cannot be used: the key is another certificate's"):
        library.call_grpc("mixed", CHECK)


def test_an_address_with_another_scheme_is_told(library: GrpcLibrary) -> None:
    with pytest.raises(AssayError, match="no scheme for gRPC: ftp://"):
        library.connect_to_grpc("odd", "ftp://127.0.0.1:1")
