"""Client certificates: shown, refused in the handshake, and told apart from a service that is away."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from assay.core.reach import ClientCertificate, Way
from assay.evidence.expect import Unmet
from assay.http.answers import Headers, Response
from assay.http.client import CertificateRefused, Client, Unanswered
from assay.http.expectations import Expectation

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


@contextlib.contextmanager
def serving(folder: Path, clients: trustme.CA) -> Iterator[str]:
    """A server that asks for a certificate of `clients`."""
    own = trustme.CA()
    own.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.issue_cert("127.0.0.1").configure_cert(context)
    clients.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk(plain: socket.socket) -> None:
            with contextlib.suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as one:
                while one.recv(65536):
                    one.sendall(ANSWER)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    threading.Thread(target=talk, args=(plain,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"


def of(authority: trustme.CA, folder: Path, name: str) -> str:
    path = folder / f"{name}.pem"
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


def send(client: Client, url: str, folder: Path, certificate: str | None) -> int:
    shown = ClientCertificate(certificate, on_trial=True) if certificate else None
    return client.send(url, "GET", [], None, 5, way=Way((str(folder / "ca.pem"),), certificate=shown)).status


def test_a_certificate_is_shown(tmp_path: Path) -> None:
    clients = trustme.CA()
    with serving(tmp_path, clients) as url:
        assert send(Client(), url, tmp_path, of(clients, tmp_path, "billing")) == 204


def test_a_certificate_that_is_refused_in_the_handshake_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, trustme.CA()) as url, pytest.raises(CertificateRefused):
        send(Client(), url, tmp_path, of(trustme.CA(), tmp_path, "billing"))


def test_without_a_certificate_nothing_was_refused(tmp_path: Path) -> None:
    with serving(tmp_path, trustme.CA()) as url, pytest.raises(Unanswered) as told:
        send(Client(), url, tmp_path, None)
    assert not isinstance(told.value, CertificateRefused)


def test_each_certificate_has_a_connection_of_its_own(tmp_path: Path) -> None:
    clients, client = trustme.CA(), Client()
    with serving(tmp_path, clients) as url:
        assert send(client, url, tmp_path, of(clients, tmp_path, "billing")) == 204
        with pytest.raises(CertificateRefused):
            send(client, url, tmp_path, of(trustme.CA(), tmp_path, "shipping"))
        assert send(client, url, tmp_path, str(tmp_path / "billing.pem")) == 204


def test_a_failure_tells_with_which_certificate() -> None:
    shown = Response("auth.identifyService", 200, Headers([]), {}, "", None, 0.0, shown="of billing, expired")
    with pytest.raises(Unmet, match=r"\(auth\.identifyService, with a certificate of billing, expired\)"):
        Expectation(problem="invalid-certificate").check(shown)
