"""Services that prove who they are by a client certificate."""

from fastapi import Request
from pydantic import Field

from reference.auth import schemas
from reference.auth.endpoints import parts
from reference.auth.operation import Operation
from reference.common import problems, serving
from reference.common.mutualtls import NotAccepted


class ServiceIdentity(schemas.Strict):
    """The service that a certificate names."""

    service_id: str = Field(max_length=63)
    certificate_thumbprint: str = Field(min_length=43, max_length=43)


def identify_service(request: Request) -> ServiceIdentity:
    """Tell a service who it is by the certificate of its connection."""
    service = parts(request)
    certificate = getattr(request.state, serving.PEER_CERTIFICATE, None)
    try:
        peer = service.identities.identify(certificate)
    except NotAccepted as refused:
        service.log.failure("service.refused", str(refused))
        raise problems.Problem(
            "invalid-certificate", headers={"WWW-Authenticate": "ClientCertificate"}
        ) from None
    service.log.success("service.identified", service_id=peer.service_id)
    return ServiceIdentity(service_id=peer.service_id, certificate_thumbprint=peer.thumbprint)


def operations() -> list[Operation]:
    """What services can ask by certificate."""
    return [
        Operation(
            "identifyService",
            "GET",
            "/auth/service-identity",
            identify_service,
            "services",
            200,
            ServiceIdentity,
            (401,),
            security=({"client_certificate": ()},),
        )
    ]
