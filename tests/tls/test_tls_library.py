"""TLS seen from outside, against small real servers."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay import TlsLibrary
from assay.core.errors import AssayError
from assay.core.reach import Way
from assay.evidence.expect import Unmet
from assay.tls.versions import VERSIONS, agreed_here
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIBRARY = TlsLibrary.TlsLibrary()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assay test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextlib.contextmanager
def _server(context: ssl.SSLContext | None, answer: bytes = b"") -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain, contextlib.suppress(OSError):
                connection: Any = context.wrap_socket(plain, server_side=True) if context else plain
                connection.recv(1000)
                connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _context(pem: Path, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = least
    return context


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(port: int, ca: Path | None, scheme: str = "https") -> None:
        way = Way((str(ca),) if ca else ())
        platform = SimpleNamespace(url=lambda _: f"{scheme}://localhost:{port}", way=lambda _: way)
        monkeypatch.setattr(TlsLibrary, "current", lambda: SimpleNamespace(platform=platform))

    return use


def test_a_certificate_by_the_announced_authority_fits(tmp_path: Path, judge: Any) -> None:
    pem = _certificate(tmp_path, "localhost")
    with _server(_context(pem)) as port:
        judge(port, pem)
        LIBRARY.certificate_should_fit("auth")


def test_a_certificate_by_another_authority_does_not_fit(tmp_path: Path, judge: Any) -> None:
    (tmp_path / "other").mkdir()
    with _server(_context(_certificate(tmp_path, "localhost"))) as port:
        judge(port, _certificate(tmp_path / "other", "localhost"))
        with pytest.raises(Unmet, match="certificate that fits"):
            LIBRARY.certificate_should_fit("auth")


def test_a_certificate_for_another_name_does_not_fit(tmp_path: Path, judge: Any) -> None:
    pem = _certificate(tmp_path, "elsewhere.test")
    with _server(_context(pem)) as port:
        judge(port, pem)
        with pytest.raises(Unmet, match="certificate that fits"):
            LIBRARY.certificate_should_fit("auth")


def test_a_service_that_speaks_old_versions_is_found_out(tmp_path: Path, judge: Any) -> None:
    pem = _certificate(tmp_path, "localhost")
    with _server(_context(pem, ssl.TLSVersion.TLSv1)) as port:
        judge(port, pem)
        LIBRARY.tls_should_be_spoken("auth", "TLSv1.2")
        with pytest.raises(Unmet, match=r"TLSv1\.1 not to be spoken"):
            LIBRARY.tls_should_not_be_spoken("auth", "TLSv1.1")


def test_a_service_that_speaks_new_versions_only_holds(tmp_path: Path, judge: Any) -> None:
    pem = _certificate(tmp_path, "localhost")
    with _server(_context(pem, ssl.TLSVersion.TLSv1_3)) as port:
        judge(port, pem)
        LIBRARY.tls_should_not_be_spoken("auth", "TLSv1.0")
        LIBRARY.tls_should_be_spoken("auth", "TLSv1.3")
        with pytest.raises(Unmet, match=r"TLSv1\.2 to be spoken"):
            LIBRARY.tls_should_be_spoken("auth", "TLSv1.2")


@pytest.mark.parametrize("refusal", [ssl.SSLError(1, "no protocols available"), None])
def test_a_machine_that_does_not_speak_an_old_version_proves_nothing(
    tmp_path: Path, judge: Any, monkeypatch: pytest.MonkeyPatch, refusal: ssl.SSLError | None
) -> None:
    def here(_: str) -> str:
        if refusal:
            raise refusal
        return "TLSv1.2"

    monkeypatch.setattr(TlsLibrary, "agreed_here", here)
    pem = _certificate(tmp_path, "localhost")
    with _server(_context(pem, ssl.TLSVersion.TLSv1_3)) as port:
        judge(port, pem)
        with pytest.raises(AssayError, match=r"TLSv1\.0 cannot be tried from this machine"):
            LIBRARY.tls_should_not_be_spoken("auth", "TLSv1.0")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_can_be_tried_from_here(version: str) -> None:
    assert agreed_here(version) == version


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (b"", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", True),
        (b"\x15\x03\x01", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 301 Moved\r\n\r\n", False),
    ],
)
def test_plain_answers_are_found_out(judge: Any, answer: bytes, holds: bool) -> None:
    with _server(None, answer) as port:
        judge(port, None)
        with contextlib.nullcontext() if holds else pytest.raises(Unmet):
            LIBRARY.plain_http_should_not_be_answered("auth")


def test_a_service_without_tls_fails_on_its_expectation(judge: Any) -> None:
    judge(1, None, scheme="http")
    with pytest.raises(Unmet, match="behind HTTPS"):
        LIBRARY.certificate_should_fit("auth")


def test_ciphers_that_are_spoken_are_found_out(tmp_path: Path, judge: Any) -> None:
    pem = _certificate(tmp_path, "localhost")
    weak, strong = _context(pem), _context(pem)
    strong.set_ciphers("ECDHE+AESGCM")
    with _server(weak) as port:
        judge(port, pem)
        with pytest.raises(Unmet, match="no cipher of the family SHA1 to be spoken"):
            LIBRARY.ciphers_should_not_be_spoken("auth", "SHA1")
    with _server(strong) as port:
        judge(port, pem)
        LIBRARY.ciphers_should_not_be_spoken("auth", "SHA1")


def test_ciphers_that_this_machine_lacks_prove_nothing(judge: Any) -> None:
    judge(1, None)
    with pytest.raises(AssayError, match="no ciphers of the family NONSENSE"):
        LIBRARY.ciphers_should_not_be_spoken("auth", "NONSENSE")
