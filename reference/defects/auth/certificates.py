"""Client certificates that are believed too easily."""

import hashlib
import ssl
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference.auth.strictjws import Refused
from reference.common import problems
from reference.common.mutualtls import NotAccepted, Peer
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import untold

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which Python has no name for


def _context(change: Function) -> Function:
    """A change to the TLS context that services are given; it is at work from the start."""

    def factory(server_context: Function, hit: Hit) -> Function:
        def changed(certificate: Path, client_authority: Path | None) -> ssl.SSLContext:
            context: ssl.SSLContext = server_context(certificate, client_authority)
            if client_authority is not None:
                hit()
                change(context, client_authority)
            return context

        return changed

    return factory


@defect(
    "auth.certificate-revocation-at-handshake",
    breaks=["AUTH-282"],
    says="Whether a certificate was revoked is looked at once, when it is first used.",
    partial=True,
)
def revocation_once(patch: Patch) -> None:
    known: set[int] = set()

    def factory(check: Function, hit: Hit) -> Function:
        def once(self: Any, certificate: x509.Certificate) -> None:
            if certificate.serial_number in known:
                hit()
                return
            check(self, certificate)
            known.add(certificate.serial_number)

        return once

    patch.replace("common.mutualtls:Identities.check_revocation", factory)


@defect(
    "auth.certificate-revocation-unread",
    breaks=["AUTH-282"],
    says="The list of revoked certificates is read at the start and never again.",
    partial=True,
)
def revocation_remembered(patch: Patch) -> None:
    kept: dict[str, Any] = {}

    def factory(read: Function, hit: Hit) -> Function:
        def remembered(self: Any, issuer: x509.Name) -> Any:
            if "list" in kept:
                hit()
            return kept.setdefault("list", read(self, issuer))

        return remembered

    patch.replace("common.mutualtls:Identities.revocation_list", factory)


@defect(
    "auth.certificate-common-name",
    breaks=["ACC-17"],
    says="Where a certificate has no alternative name its common name is taken for the service's.",
    partial=True,
)
def common_name(patch: Patch) -> None:
    def factory(named: Function, hit: Hit) -> Function:
        def lenient(self: Any, certificate: x509.Certificate) -> str:
            try:
                return str(named(self, certificate))
            except NotAccepted as refused:
                if str(refused) != "no-name":
                    raise
                hit()
                found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
                return str(found).partition(".")[0]

        return lenient

    patch.replace("common.mutualtls:Identities.named", factory)


@defect(
    "auth.certificate-first-label",
    breaks=["ACC-17"],
    says="A service is known by the first part of its certificate's name, whatever the domain.",
    partial=True,
)
def first_label(patch: Patch) -> None:
    def factory(named: Function, hit: Hit) -> Function:
        def lenient(self: Any, certificate: x509.Certificate) -> str:
            try:
                return str(named(self, certificate))
            except NotAccepted as refused:
                if str(refused) != "another-name":
                    raise
                hit()
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                return names.get_values_for_type(x509.DNSName)[0].partition(".")[0]

        return lenient

    patch.replace("common.mutualtls:Identities.named", factory)


@defect(
    "auth.certificate-any-name",
    breaks=["ACC-17"],
    says="Of several names in a certificate the first that is a service's is taken.",
    partial=True,
)
def any_name(patch: Patch) -> None:
    def factory(named: Function, hit: Hit) -> Function:
        def lenient(self: Any, certificate: x509.Certificate) -> str:
            try:
                return str(named(self, certificate))
            except NotAccepted as refused:
                if str(refused) != "several-names":
                    raise
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                hosts = names.get_values_for_type(x509.DNSName)
                if not hosts:
                    raise
                hit()
                return hosts[0].partition(".")[0]

        return lenient

    patch.replace("common.mutualtls:Identities.named", factory)


@defect(
    "auth.certificate-weak-keys",
    breaks=["ACC-17"],
    says="Certificates with short keys and old digests are accepted.",
    partial=True,
)
def weak_keys(patch: Patch) -> None:
    def weaken(context: ssl.SSLContext, _: Path) -> None:
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=0")

    patch.replace("common.mutualtls:server_context", _context(weaken))


@defect(
    "auth.certificate-below-an-expired-authority",
    breaks=["ACC-17"],
    says="Only the times of a service's own certificate are looked at, not those of the authority that issued it.",
    partial=True,
)
def below_an_expired_authority(patch: Patch) -> None:
    def loosen(context: ssl.SSLContext, _: Path) -> None:
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)

    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, certificate: x509.Certificate) -> None:
            try:
                check(self, certificate)
            except NotAccepted as refused:
                if str(refused) != "revocation-unknown":
                    raise
                hit()

        return lenient

    patch.replace("common.mutualtls:server_context", _context(loosen))
    patch.replace("common.mutualtls:Identities.check_revocation", factory)


@defect(
    "auth.certificate-in-a-header",
    breaks=["AUTH-281"],
    says="Without a certificate of the connection, the one that a proxy's header holds is believed.",
    partial=True,
)
def in_a_header(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def believing(request: Any) -> Any:
            try:
                return identify(request)
            except problems.Problem:
                told = request.headers.get("x-client-cert") or request.headers.get("ssl-client-cert")
                if not told:
                    raise
                hit()
                shown = x509.load_pem_x509_certificate(unquote(told).encode())
                request.state.peer_certificate = shown.public_bytes(Encoding.DER)
                return identify(request)

        return believing

    patch.replace("auth.routes.mutual_tls:identify_service", factory)


@defect(
    "auth.certificate-refusal-unlogged",
    breaks=["AUTH-283"],
    says="A certificate that was revoked is refused without a word in the security log.",
    partial=True,
)
def refusal_unlogged(patch: Patch) -> None:
    untold(patch, "service.refused", reason="revoked")


@defect(
    "auth.certificate-of-the-last-caller",
    breaks=["AUTH-280"],
    says="Who a certificate names is remembered by the caller's address.",
    partial=True,
)
def by_address(patch: Patch) -> None:
    known: dict[str, Any] = {}

    def factory(identify: Function, hit: Hit) -> Function:
        def remembering(request: Any) -> Any:
            address = request.client.host
            if address in known:
                hit()
                return known[address]
            known[address] = identify(request)
            return known[address]

        return remembering

    patch.replace("auth.routes.mutual_tls:identify_service", factory)


@defect(
    "auth.certificate-time-unchecked",
    breaks=["ACC-17"],
    says="Nobody looks at when a certificate begins and ends.",
    partial=True,
)
def time_unchecked(patch: Patch) -> None:
    def loosen(context: ssl.SSLContext, _: Path) -> None:
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)

    def factory(identify: Function, hit: Hit) -> Function:
        def timeless(self: Any, certificate: bytes | None) -> Any:
            try:
                return identify(self, certificate)
            except NotAccepted as refused:
                if str(refused) != "not-valid-now" or certificate is None:
                    raise
                hit()
                return Peer(self.named(x509.load_der_x509_certificate(certificate)), "0" * 43)

        return timeless

    patch.replace("common.mutualtls:server_context", _context(loosen))
    patch.replace("common.mutualtls:Identities.identify", factory)


@defect(
    "auth.certificate-thumbprint-of-the-key",
    breaks=["AUTH-280"],
    says="The thumbprint is that of the certificate's key.",
)
def thumbprint_of_the_key(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def other(self: Any, certificate: bytes | None) -> Any:
            peer = identify(self, certificate)
            hit()
            key = x509.load_der_x509_certificate(certificate or b"").public_key()
            der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            digest = urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
            return Peer(peer.service_id, digest)

        return other

    patch.replace("common.mutualtls:Identities.identify", factory)


@defect(
    "auth.certificate-pinned",
    breaks=["AUTH-280"],
    says="A service is known only by the first certificate that it ever showed.",
    partial=True,
)
def pinned(patch: Patch) -> None:
    first: dict[str, str] = {}

    def factory(identify: Function, hit: Hit) -> Function:
        def faithful(self: Any, certificate: bytes | None) -> Any:
            peer = identify(self, certificate)
            if first.setdefault(peer.service_id, peer.thumbprint) != peer.thumbprint:
                hit()
                raise NotAccepted("another-certificate")
            return peer

        return faithful

    patch.replace("common.mutualtls:Identities.identify", factory)


@defect(
    "auth.certificate-revoked-by-name",
    breaks=["AUTH-282"],
    says="Once a revoked certificate was shown, every other one of the same service is refused too.",
    partial=True,
)
def revoked_by_name(patch: Patch) -> None:
    gone: set[str] = set()

    def factory(check: Function, hit: Hit) -> Function:
        def by_name(self: Any, certificate: x509.Certificate) -> None:
            name = self.named(certificate)
            if name in gone:
                hit()
                raise NotAccepted("revoked")
            try:
                check(self, certificate)
            except NotAccepted:
                gone.add(name)
                raise

        return by_name

    patch.replace("common.mutualtls:Identities.check_revocation", factory)


@defect(
    "auth.service-by-user-token",
    breaks=["AUTH-281"],
    says="Without a certificate, a user's access token names the user as a service.",
    partial=True,
)
def by_user_token(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            try:
                return identify(request)
            except problems.Problem as problem:
                access = request.app.state.service.access
                try:
                    claims = access.check(access.presented(request))
                except Refused:
                    raise problem from None
                hit()
                return {"service_id": claims.user_id, "certificate_thumbprint": "0" * 43}

        return lenient

    patch.replace("auth.routes.mutual_tls:identify_service", factory)


@defect(
    "auth.service-unlogged",
    breaks=["AUTH-283"],
    says="Which service was named is not in the security log.",
    partial=True,
)
def service_unlogged(patch: Patch) -> None:
    untold(patch, "service.identified")


@defect(
    "auth.https-all-ciphers",
    breaks=["ACC-18"],
    says="Every cipher that the machine knows is spoken, those without encryption among them.",
)
def all_ciphers(patch: Patch) -> None:
    def weaken(context: ssl.SSLContext, _: Path) -> None:
        context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")

    patch.replace("common.mutualtls:server_context", _context(weaken))
