"""Mutual TLS: whom a client certificate names (RFC 5280, RFC 8446, RFC 8705), asked again at every request.

The handshake refuses what is wrong with a certificate for good. What can change while a connection stays open, that it
ends or is revoked, is looked at with each request.
"""

import hashlib
import re
import ssl
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from reference.common import clock

# Ephemeral keys and authenticated encryption only; a level of 2 refuses RSA below 2048 bits and SHA-1.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"
_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class NotAccepted(Exception):
    """A certificate names nobody; the text is one word for why."""


@dataclass(frozen=True)
class Peer:
    """Who is at the other end of a connection, by the certificate that was proved there."""

    service_id: str
    thumbprint: str


def server_context(certificate: Path, client_authority: Path | None) -> ssl.SSLContext:
    """TLS for a service, 1.2 at least; a client may prove a certificate of the authority, and none of another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(_CIPHERS)
    context.load_cert_chain(certificate)
    if client_authority is not None:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


class Identities:
    """Turns certificates that the handshake accepted into the services they name."""

    def __init__(self, suffix: str, authority: Path, revocations: Path) -> None:
        self._suffix, self._authority, self._revocations = f".{suffix}", authority, revocations

    def identify(self, certificate: bytes | None) -> Peer:
        """Whom a certificate (DER) names; raises NotAccepted."""
        if certificate is None:
            raise NotAccepted("no-certificate")
        found = x509.load_der_x509_certificate(certificate)
        now = clock.now()
        if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
            raise NotAccepted("not-valid-now")
        service_id = self.named(found)
        self.check_revocation(found)
        digest = urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
        return Peer(service_id, digest)

    def named(self, certificate: x509.Certificate) -> str:
        """The one service that the alternative names have; a common name is not looked at (RFC 9525, 2)."""
        try:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            raise NotAccepted("no-name") from None
        hosts = names.get_values_for_type(x509.DNSName)
        if len(list(names)) != 1 or len(hosts) != 1:
            raise NotAccepted("several-names")
        service_id, suffix = hosts[0][: -len(self._suffix)], hosts[0][-len(self._suffix) :]
        if suffix != self._suffix or not _SERVICE.fullmatch(service_id):
            raise NotAccepted("another-name")
        return service_id

    def check_revocation(self, certificate: x509.Certificate) -> None:
        """Raises NotAccepted for a certificate that was revoked, or of which that cannot be known."""
        listed = self.revocation_list(certificate.issuer)
        if listed is None:
            raise NotAccepted("revocation-unknown")
        if listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
            raise NotAccepted("revoked")

    def revocation_list(self, issuer: x509.Name) -> x509.CertificateRevocationList | None:
        """The list of the authority, read afresh; one that is not signed by it or is out of date counts as none."""
        try:
            authority = x509.load_pem_x509_certificate(self._authority.read_bytes())
            listed = x509.load_pem_x509_crl(self._revocations.read_bytes())
            certificate_key = authority.public_key()
            if issuer != authority.subject or listed.issuer != issuer:
                return None
            if not listed.is_signature_valid(certificate_key):  # type: ignore[arg-type]
                return None
        except (OSError, ValueError, TypeError, InvalidSignature):
            return None
        ends = listed.next_update_utc
        return listed if ends is not None and clock.now() < ends else None
