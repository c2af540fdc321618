"""What is believed of services that prove a certificate, and of the ciphers that it is proved with."""

import base64
import binascii
from contextvars import ContextVar
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from reference.auth.services import is_name
from reference.common.mutualtls import NotAccepted
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.certificate-last-revoked-only",
    breaks=["AUTH-282", "ACC-17"],
    says="The last certificate on the list of those that are revoked is refused; those above it are good again.",
    partial=True,
    blind=True,
)
def certificate_last_revoked_only(patch: Patch) -> None:
    def factory(check_revocation: Function, hit: Hit) -> Function:
        def last_only(self: Any, certificate: x509.Certificate) -> None:
            listed = self.revocation_list(certificate.issuer)
            serials = [one.serial_number for one in listed] if listed is not None else []
            if certificate.serial_number not in serials[:-1]:
                check_revocation(self, certificate)
                return
            hit()

        return last_only

    patch.replace("common.mutualtls:Identities.check_revocation", factory)


@defect(
    "auth.certificate-other-kinds-of-name",
    breaks=["AUTH-280", "ACC-17"],
    says="A certificate that has addresses of machines or of mail beside the name of its service names that service.",
    partial=True,
    blind=True,
)
def certificate_other_kinds_of_name(patch: Patch) -> None:
    def factory(named: Function, hit: Hit) -> Function:
        def hosts_only(self: Any, certificate: x509.Certificate) -> Any:
            try:
                return named(self, certificate)
            except NotAccepted as refused:
                if str(refused) != "several-names":
                    raise
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                hosts = names.get_values_for_type(x509.DNSName)
                service_id = hosts[0].removesuffix(self._suffix) if len(hosts) == 1 else ""
                if not is_name(service_id) or service_id == hosts[0]:
                    raise
            hit()
            return service_id

        return hosts_only

    patch.replace("common.mutualtls:Identities.named", factory)


@defect(
    "auth.certificate-logged-by-common-name",
    breaks=["AUTH-283"],
    says="The security log tells the common name of the certificate, where it has one, for the service that was named.",
    partial=True,
    blind=True,
)
def certificate_logged_by_common_name(patch: Patch) -> None:
    common_name: ContextVar[str | None] = ContextVar("common_name", default=None)

    def factory_identify(identify: Function, _hit: Hit) -> Function:
        def noting(self: Any, certificate: bytes | None) -> Any:
            peer = identify(self, certificate)
            subject = x509.load_der_x509_certificate(certificate or b"").subject
            found = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            common_name.set(str(found[0].value) if found else None)
            return peer

        return noting

    def factory_success(success: Function, hit: Hit) -> Function:
        def misled(self: Any, event: str, reason: str | None = None, **named: str | None) -> None:
            name = common_name.get()
            if event == "service.identified" and name not in (None, named["service_id"]):
                hit()
                named["service_id"] = name
            success(self, event, reason, **named)

        return misled

    patch.replace("common.mutualtls:Identities.identify", factory_identify)
    patch.replace("auth.securitylog:SecurityLog.success", factory_success)


@defect(
    "auth.certificate-header-from-services",
    breaks=["AUTH-281"],
    says="Who has proved the certificate of a service is taken for another whose certificate they put in Client-Cert.",
    partial=True,
    blind=True,
)
def certificate_header_from_services(patch: Patch) -> None:
    forwarded: ContextVar[str | None] = ContextVar("forwarded", default=None)

    def factory_endpoint(identify_service: Function, _hit: Hit) -> Function:
        def noting(request: Any) -> Any:
            forwarded.set(request.headers.get("client-cert"))
            return identify_service(request)

        return noting

    def factory_identify(identify: Function, hit: Hit) -> Function:
        def fooled(self: Any, certificate: bytes | None) -> Any:
            peer = identify(self, certificate)
            try:
                handed = base64.b64decode((forwarded.get() or "").strip(": "), validate=True)
                other = identify(self, handed)
            except (NotAccepted, ValueError, binascii.Error):
                return peer
            if other == peer:
                return peer
            hit()
            return other

        return fooled

    patch.replace("auth.routes.mutual_tls:identify_service", factory_endpoint)
    patch.replace("common.mutualtls:Identities.identify", factory_identify)


@defect(
    "auth.https-sha1-for-old-clients",
    breaks=["ACC-18"],
    says="Clients that know no newer cipher are spoken to with CBC and SHA-1.",
    partial=True,
    blind=True,
)
def https_sha1_for_old_clients(patch: Patch) -> None:
    def factory_ciphers(ciphers: str) -> str:
        return ciphers.replace(":@", ":ECDHE+AES+SHA1:@")

    def factory_connection(connection_made: Function, hit: Hit) -> Function:
        def counting(self: Any, transport: Any) -> None:
            tls = transport.get_extra_info("ssl_object")
            if tls is not None and tls.cipher()[0].endswith("-SHA"):
                hit()
            connection_made(self, transport)

        return counting

    patch.replace("common.mutualtls:_CIPHERS", factory_ciphers)
    patch.replace("common.serving:ProblemProtocol.connection_made", factory_connection)
