"""Keywords about the encryption between clients and services."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

from robot.api import logger
from robot.api.deco import keyword, library

from assay.core import reach
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import Way
from assay.core.run import current
from assay.evidence.expect import Unmet, expect
from assay.tls.versions import VERSIONS, agreed_here, client_of

_SECONDS = 5.0


@library(scope="GLOBAL", auto_keywords=False)
class TlsLibrary:
    """Looks at a service's TLS from outside: which certificate, which versions, what happens without it."""

    @keyword
    def certificate_should_fit(self, service: str) -> None:
        """The certificate is by the target's authority, for the name of the service, and valid today.

        Example: | `Certificate Should Fit` | auth |
        """
        try:
            version = _shake_hands(service, reach.context(_way(service)))
        except ssl.SSLCertVerificationError as error:
            raise Unmet("a certificate that fits", error.verify_message, _url(service)) from error
        logger.info(f"{_url(service)} speaks {version}")

    @keyword
    def tls_should_be_spoken(self, service: str, version: str, at: str = "") -> None:
        """A client that speaks only this version (`TLSv1.2`, `TLSv1.3`) can connect; `at` another address of the service, host and port."""
        try:
            seen = _shake_hands(service, _client_of(version), at)
        except (ssl.SSLError, ConnectionError) as error:
            raise Unmet(f"{version} to be spoken", _reason(error), _url(service, at)) from error
        expect(seen == version, f"{version} to be spoken", seen, _url(service, at))

    @keyword
    def tls_should_not_be_spoken(self, service: str, version: str, at: str = "") -> None:
        """A client that speaks only this version (`TLSv1.0`, `TLSv1.1`) cannot connect.

        A client that cannot speak the version itself proves nothing by being refused: it has to agree on it with a server
        of its own first, and where this machine does not allow that it is an error of ours, not the service's merit.
        """
        client = _client_of(version)
        _require_spoken_here(version)
        try:
            seen = _shake_hands(service, client, at)
        except (ssl.SSLError, ConnectionError) as error:
            logger.info(f"refused: {_reason(error)}")
            return
        raise Unmet(f"{version} not to be spoken", f"a connection in {seen}", _url(service, at))

    @keyword
    def ciphers_should_not_be_spoken(self, service: str, family: str) -> None:
        """A client that offers only ciphers of this family, as OpenSSL names it (`aNULL`, `kRSA`), cannot connect.

        TLS 1.2 is offered, since 1.3 has none of them. A family that this machine does not have is an error of ours.
        Source: ASVS 5.0, 12.1.2; RFC 9325, section 4.
        Example: | `Ciphers Should Not Be Spoken` | auth | eNULL |
        """
        client = _client_of("TLSv1.2")
        try:
            client.set_ciphers(f"{family}:@SECLEVEL=0")
        except ssl.SSLError as error:
            raise AssayError(f"{ssl.OPENSSL_VERSION} has no ciphers of the family {family}") from error
        try:
            seen = _shake_hands(service, client)
        except (ssl.SSLError, ConnectionError) as error:
            logger.info(f"refused: {_reason(error)}")
            return
        raise Unmet(
            f"no cipher of the family {family} to be spoken", f"a connection in {seen}", _url(service)
        )

    @keyword
    def plain_http_should_not_be_answered(self, service: str) -> None:
        """A request without TLS at the same port gets no answer from the service: the connection ends.

        An HTTP error of the server itself (400) that tells of the mistake is accepted, a redirect is not.
        """
        netloc = urlsplit(_url(service)).netloc
        request = f"GET / HTTP/1.1\r\nHost: {netloc}\r\nConnection: close\r\n\r\n"
        try:
            with _connected(service) as connection:
                connection.sendall(request.encode())
                answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
        except OSError as error:
            raise NoAnswer(f"{service} at {_url(service)} did not answer: {error}") from error
        plain = answer.startswith(b"HTTP/") and answer.split(b" ", 2)[1:2] != [b"400"]
        expect(not plain, "no answer in plain HTTP", answer.split(b"\r\n", 1)[0], _url(service))


def _url(service: str, at: str = "") -> str:
    return f"https://{at}" if at else str(current().platform.url(service))


def _way(service: str) -> Way:
    return current().platform.way(service)


def _connected(service: str, at: str = "") -> socket.socket:
    return reach.connect(_url(service, at), _way(service), time.monotonic() + _SECONDS)


def _client_of(version: str) -> ssl.SSLContext:
    if version not in VERSIONS:
        raise ValueError(f"unknown version '{version}'; known: {', '.join(VERSIONS)}")
    return client_of(version)


def _require_spoken_here(version: str) -> None:
    try:
        agreed = agreed_here(version)
    except ssl.SSLError as error:
        agreed = _reason(error)
    if agreed != version:
        raise AssayError(
            f"{version} cannot be tried from this machine: {ssl.OPENSSL_VERSION} does not speak it ({agreed}); "
            "run the suite where OpenSSL was built with old versions"
        )


def _shake_hands(service: str, context: ssl.SSLContext, at: str = "") -> str:
    parts = urlsplit(_url(service, at))
    if parts.scheme != "https":
        raise Unmet("a service behind HTTPS", parts.scheme, _url(service))
    if at:
        context.set_alpn_protocols(
            ["h2"]
        )  # what speaks gRPC there may refuse whoever does not (RFC 9113, 3.3)
    if context is not reach.context(_way(service)):
        reach.show(context, _way(service))
    try:
        plain = _connected(service, at)
    except OSError as error:
        raise NoAnswer(f"{service} at {_url(service, at)} did not answer: {error}") from error
    with plain, context.wrap_socket(plain, server_hostname=parts.hostname) as connection:
        return connection.version() or "an unknown version"


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or str(error) or type(error).__name__
