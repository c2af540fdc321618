"""Certificates of services: the good one opens a connection, each flaw closes it or names nobody."""

from __future__ import annotations

import contextlib
import datetime
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from assay import CertificateLibrary
from assay.certificate.issuing import FLAWS, Authority, Signed, Wanted, issue
from assay.certificate.proxied import PROXIES
from assay.core.credentials import IssuedCertificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

# What the handshake cannot see: a service has to read the names itself.
OF_NAMES = {name for name in FLAWS if "name" in name and "authority" not in name}
PEM = serialization.Encoding.PEM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = issue(Wanted((), "the authority", authority=True, purposes=()), None)
    (tmp_path / "ca.pem").write_bytes(made.certificate.public_bytes(PEM))
    key = made.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "ca.key").write_bytes(key)
    now = datetime.datetime.now(datetime.UTC)
    listed = x509.CertificateRevocationListBuilder(
        made.certificate.subject, now, now + datetime.timedelta(days=1)
    ).sign(made.key, hashes.SHA256())
    (tmp_path / "ca.crl").write_bytes(listed.public_bytes(PEM))
    return tmp_path


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder / "ca.pem", folder / "ca.key", "{service}.services.test", folder / "ca.crl")


@contextlib.contextmanager
def server(folder: Path) -> Iterator[int]:
    """A server that asks for a certificate of the authority, as OpenSSL judges it."""
    own = issue(Wanted((x509.DNSName("localhost"),)), None)
    (folder / "server.pem").write_bytes(own.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    with contextlib.suppress(OSError), plain:
                        plain.settimeout(5)
                        with context.wrap_socket(plain, server_side=True) as connection:
                            connection.sendall(b"in")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def is_let_in(port: int, shown: Signed, folder: Path) -> bool:
    path = folder / "client.pem"
    path.write_bytes(shown.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(path)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain) as connection,
        ):
            return connection.recv(2) == b"in"
    except OSError:
        return False


def test_the_good_one_is_let_in(folder: Path, authority: Authority) -> None:
    with server(folder) as port:
        assert is_let_in(port, authority.good("billing"), folder)


@pytest.mark.parametrize("flaw", sorted(set(FLAWS) - OF_NAMES))
def test_a_flawed_one_is_refused_by_the_handshake(folder: Path, authority: Authority, flaw: str) -> None:
    with server(folder) as port:
        assert not is_let_in(port, authority.flawed("billing", flaw), folder)


@pytest.mark.parametrize("flaw", sorted(OF_NAMES))
def test_a_wrong_name_is_left_to_the_service(folder: Path, authority: Authority, flaw: str) -> None:
    shown = authority.flawed("billing", flaw)
    with server(folder) as port:
        assert is_let_in(port, shown, folder)
    try:
        held = shown.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        held = x509.SubjectAlternativeName([])
    assert list(held) != [x509.DNSName("billing.services.test")]


@pytest.mark.parametrize(
    ("flaw", "kind"),
    [
        ("with a mailbox beside its name", x509.RFC822Name),
        ("with an address beside its name", x509.IPAddress),
        ("with a URI beside its name", x509.UniformResourceIdentifier),
    ],
)
def test_a_name_of_another_kind_is_held_beside_the_right_one(
    authority: Authority, flaw: str, kind: type[x509.GeneralName]
) -> None:
    shown = authority.flawed("billing", flaw).certificate
    own, other = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert own == x509.DNSName("billing.services.test")
    assert isinstance(other, kind)


def test_an_unknown_flaw_is_told_with_the_known_ones(authority: Authority) -> None:
    with pytest.raises(ValueError, match="no certificate 'outdated'.*expired"):
        authority.flawed("billing", "outdated")


def test_many_are_revoked_at_once(folder: Path, authority: Authority) -> None:
    shown = [authority.good(f"service-{number}").certificate for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(authority.revoke, shown))
    listed = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
    assert {one.serial_number for one in listed} == {one.serial_number for one in shown}
    assert listed.is_signature_valid(authority.signed.certificate.public_key())  # type: ignore[arg-type]


def test_without_a_list_nothing_can_be_revoked(folder: Path) -> None:
    authority = Authority(folder / "ca.pem", folder / "ca.key", "{service}.services.test")
    with pytest.raises(ValueError, match="names no list of revocations"):
        authority.revoke(authority.good("billing").certificate)


@pytest.mark.parametrize("proxy", sorted(PROXIES))
def test_headers_of_proxies_fit_into_a_line(authority: Authority, proxy: str) -> None:
    for value in PROXIES[proxy](authority.good("billing").certificate).values():
        assert re.fullmatch(r"[\x21-\x7e]+", value)


@pytest.fixture
def library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> CertificateLibrary.CertificateLibrary:
    said = {
        "certificate": str(folder / "ca.pem"),
        "key": str(folder / "ca.key"),
        "revocations": str(folder / "ca.crl"),
        "name": "{service}.services.test",
    }
    platform = SimpleNamespace(service_certificates=lambda service: said)
    run = SimpleNamespace(id="abcd1234", folder=folder, platform=platform)
    monkeypatch.setattr(CertificateLibrary, "current", lambda: run)
    return CertificateLibrary.CertificateLibrary()


def test_keys_are_kept_from_others(library: CertificateLibrary.CertificateLibrary) -> None:
    made = library.issue_certificate(library.fresh_service())
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.path.parent.stat().st_mode & 0o777 == 0o700
    assert "PRIVATE" not in repr(made) and str(made).startswith("<a certificate: of service-abcd1234-")


def test_a_certificate_is_revoked_by_keyword(
    library: CertificateLibrary.CertificateLibrary, folder: Path
) -> None:
    made = library.issue_certificate("billing")
    library.revoke_certificate(made)
    shown = x509.load_pem_x509_certificates(made.path.read_bytes())[0]
    listed = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(shown.serial_number) is not None


def test_the_thumbprint_is_of_the_whole_certificate(
    library: CertificateLibrary.CertificateLibrary, tmp_path: Path
) -> None:
    made = library.issue_certificate("billing")
    again = IssuedCertificate(tmp_path / "again.pem", "copied")
    again.path.write_bytes(made.path.read_bytes())
    assert library.certificate_thumbprint(made) == library.certificate_thumbprint(again)
    assert library.certificate_thumbprint(made) != library.certificate_thumbprint(
        library.issue_certificate("billing")
    )


def test_headers_of_an_unknown_proxy_are_told(library: CertificateLibrary.CertificateLibrary) -> None:
    with pytest.raises(ValueError, match="no headers of 'Squid'.*nginx"):
        library.certificate_as_headers(library.issue_certificate("billing"), "Squid")
