"""Each defect of services that prove a certificate is seen with the defect on, and not with it off."""

import base64
import datetime
import secrets
import socket
import ssl
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.reference.defect_platform import Answer, Platform
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A client certificate, and the file that it is in together with its key."""

    certificate: x509.Certificate
    path: Path


class Authority:
    """The authority of a platform that vouches for services."""

    def __init__(self, on: Platform) -> None:
        told = on.ready["services"]["auth"]["service_certificates"]
        self.folder, self.name, self.revocations = on.folder, told["name"], Path(told["revocations"])
        self.certificate = x509.load_pem_x509_certificate(Path(told["certificate"]).read_bytes())
        self.key: Any = serialization.load_pem_private_key(Path(told["key"]).read_bytes(), None)

    def issue(
        self, service: str, others: Iterable[x509.GeneralName] = (), common_name: str | None = None
    ) -> Made:
        """A good certificate of a service, with other names besides."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
        subject = [] if common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        names = [x509.DNSName(self.name.format(service=service)), *others]
        vouching = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            x509.CertificateBuilder()
            .issuer_name(self.certificate.subject)
            .subject_name(x509.Name(subject))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.SubjectAlternativeName(names), critical=not subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(vouching, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path, pem = self.folder / f"{secrets.token_hex(6)}.pem", serialization.Encoding.PEM
        form, open_to_all = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(key.private_bytes(pem, form, open_to_all) + certificate.public_bytes(pem))
        return Made(certificate, path)

    def revoke(self, made: Made) -> None:
        """Adds a certificate to the end of the list."""
        before = x509.load_pem_x509_crl(self.revocations.read_bytes())
        now = datetime.datetime.now(datetime.UTC)
        listed = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        listed = listed.last_update(now).next_update(now + DAY)
        for one in before:
            listed = listed.add_revoked_certificate(one)
        entry = x509.RevokedCertificateBuilder().serial_number(made.certificate.serial_number)
        listed = listed.add_revoked_certificate(entry.revocation_date(now).build())
        signed = listed.sign(self.key, hashes.SHA256())
        self.revocations.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def identity(on: Platform, made: Made, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """What a service is told of itself by its certificate."""
    return on.call("GET", "/auth/service-identity", headers=headers, certificate=made.path)


def named(answer: Answer) -> str:
    """The service that an answer names."""
    assert answer.status == 200, answer.text
    return str(answer.body["service_id"])


@flaw("auth.certificate-last-revoked-only", profile="https")
def certificate_last_revoked_only(on: Platform) -> bool:
    authority = Authority(on)
    first, second = authority.issue("billing"), authority.issue("billing")
    authority.revoke(first)
    assert identity(on, first).status == 401
    assert identity(on, second).status == 200
    authority.revoke(second)
    assert identity(on, second).status == 401
    return identity(on, first).status == 200


@flaw("auth.certificate-other-kinds-of-name", profile="https")
def certificate_other_kinds_of_name(on: Platform) -> bool:
    authority = Authority(on)
    assert named(identity(on, authority.issue("billing"))) == "billing"
    another = authority.name.format(service="orders")
    assert identity(on, authority.issue("billing", [x509.DNSName(another)])).status == 401
    return identity(on, authority.issue("billing", [x509.RFC822Name("billing@example.test")])).status == 200


@flaw("auth.certificate-logged-by-common-name", profile="https")
def certificate_logged_by_common_name(on: Platform) -> bool:
    authority = Authority(on)

    def told() -> str:
        return str([one for one in on.events() if one["event"] == "service.identified"][-1]["service_id"])

    assert named(identity(on, authority.issue("billing"))) == "billing"
    assert told() == "billing"
    assert named(identity(on, authority.issue("billing", common_name="orders"))) == "billing"
    return told() == "orders"


@flaw("auth.certificate-header-from-services", profile="https")
def certificate_header_from_services(on: Platform) -> bool:
    authority = Authority(on)
    own, of_another = authority.issue("billing"), authority.issue("orders")
    handed = base64.b64encode(of_another.certificate.public_bytes(serialization.Encoding.DER)).decode()
    header = [("Client-Cert", f":{handed}:")]
    assert on.call("GET", "/auth/service-identity", headers=header).status == 401
    assert named(identity(on, own)) == "billing"
    return named(identity(on, own, header)) == "orders"


@flaw("auth.https-sha1-for-old-clients", profile="https")
def https_sha1_for_old_clients(on: Platform) -> bool:
    assert spoken(on, "ECDHE+AESGCM")
    assert not spoken(on, "NULL:@SECLEVEL=0")
    return spoken(on, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")


def spoken(on: Platform, ciphers: str) -> bool:
    """Whether a client that knows nothing but these ciphers is spoken to."""
    context, address = on.trust(), urllib.parse.urlsplit(on.url)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    host = address.hostname or ""
    with socket.create_connection((host, address.port or 0), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=host):
                return True
        except ssl.SSLError:
            return False
