"""Keywords about the certificates that services prove themselves with."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from robot.api.deco import keyword, library

from assay.certificate.issuing import FLAWS, Authority, Signed
from assay.certificate.proxied import PROXIES
from assay.core import names
from assay.core.credentials import IssuedCertificate
from assay.core.errors import accepted
from assay.core.run import current
from assay.core.target import environment


@library(scope="GLOBAL", auto_keywords=False)
class CertificateLibrary:
    """Issues certificates for services by the authority that the target names, good ones and ones to be refused.

    The certificates are for `Call    auth.identifyService    certificate=${certificate}`. Their keys lie in the run's own
    folder, readable by its owner alone, and go with the run.
    """

    @keyword
    def fresh_service(self) -> str:
        """The name of a service that nobody else uses.

        Example: | ${service} = | `Fresh Service` |
        """
        return names.fresh_name(current().id, "service")

    @keyword
    def issue_certificate(
        self, service: str, flaw: str | None = None, issuer: str = "auth"
    ) -> IssuedCertificate:
        """A certificate of a service, good or with one flaw.

        | =Argument= | =Meaning= |
        | `service`  | the name of the service that it is for |
        | `flaw`     | what is wrong with it, one of the names below; nothing when left out |
        | `issuer`   | the service of the target whose authority issues it |

        %FLAWS%

        Sources: RFC 5280, sections 4.2 and 6.1; RFC 9525, section 2.
        Example: | ${certificate} = | `Issue Certificate` | ${service} | flaw=expired |
        """
        authority = _authority(issuer)
        made = authority.flawed(service, flaw) if flaw else authority.good(service)
        return _kept(made, f"of {service}, {flaw}" if flaw else f"of {service}")

    @keyword
    def revoke_certificate(self, certificate: IssuedCertificate, issuer: str = "auth") -> None:
        """Puts a certificate on its authority's list of what is revoked (RFC 5280, section 5).

        Example: | `Revoke Certificate` | ${certificate} |
        """
        _authority(issuer).revoke(_read(certificate))

    @keyword
    def certificate_thumbprint(self, certificate: IssuedCertificate) -> str:
        """The SHA-256 of a certificate in base64url, as `x5t#S256` has it (RFC 8705, section 3.1).

        Example: | ${thumbprint} = | `Certificate Thumbprint` | ${certificate} |
        """
        return _thumbprint(_read(certificate))

    @keyword
    def certificate_as_headers(self, certificate: IssuedCertificate, proxy: str) -> dict[str, str]:
        """The headers in which a proxy tells the service behind it of a client's certificate.

        | =Argument=    | =Meaning= |
        | `certificate` | the certificate that is told of |
        | `proxy`       | whose headers: %PROXIES% |

        Source: RFC 9440 for ``RFC 9440``; the others as those products document them.
        Example: | ${headers} = | `Certificate As Headers` | ${certificate} | Envoy |
        """
        if proxy not in PROXIES:
            raise ValueError(f"there are no headers of '{proxy}'{accepted(proxy, PROXIES)}")
        return PROXIES[proxy](_read(certificate))


CertificateLibrary.certificate_as_headers.__doc__ = (
    CertificateLibrary.certificate_as_headers.__doc__ or ""
).replace("%PROXIES%", ", ".join(f"``{proxy}``" for proxy in PROXIES))
CertificateLibrary.issue_certificate.__doc__ = (CertificateLibrary.issue_certificate.__doc__ or "").replace(
    "%FLAWS%", "The flaws: " + ", ".join(f"``{flaw}``" for flaw in FLAWS) + "."
)


def _authority(service: str) -> Authority:
    platform = current().platform
    said: Mapping[str, object] = platform.service_certificates(service)
    found = {
        name: str(environment(value, f"{name} of the service certificates")) for name, value in said.items()
    }
    revocations = Path(found["revocations"]) if "revocations" in found else None
    return Authority(Path(found["certificate"]), Path(found["key"]), found["name"], revocations)


def _kept(made: Signed, about: str) -> IssuedCertificate:
    folder = current().folder / "certificates"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}.pem"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.pem())
    return IssuedCertificate(path, about)


def _read(certificate: IssuedCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificates(certificate.path.read_bytes())[0]


def _thumbprint(certificate: x509.Certificate) -> str:
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
