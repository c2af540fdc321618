"""How proxies that end TLS tell the service behind them of a client's certificate, for callers who only pretend to be one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding


def _pem(certificate: x509.Certificate) -> str:
    return quote(certificate.public_bytes(Encoding.PEM).decode(), safe="")


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _name(certificate: x509.Certificate) -> str:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)[0]


def _envoy(certificate: x509.Certificate) -> dict[str, str]:
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    told = (
        f'Hash={digest};Cert="{_pem(certificate)}";Subject="CN={_name(certificate)}";DNS={_name(certificate)}'
    )
    return {"X-Forwarded-Client-Cert": told}


def _nginx(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "ssl-client-verify": "SUCCESS",
        "ssl-client-subject-dn": f"CN={_name(certificate)}",
        "ssl-client-cert": _pem(certificate),
    }


def _apache(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "X-SSL-Client-Verify": "SUCCESS",
        "X-SSL-Client-S-DN": f"CN={_name(certificate)}",
        "X-SSL-Client-Cert": _pem(certificate),
        "X-Client-Cert": _pem(certificate),
    }


def _haproxy(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "X-SSL": "1",
        "X-SSL-Client-Verify": "0",
        "X-SSL-Client-CN": _name(certificate),
        "X-SSL-Client-DER": _base64(certificate),
    }


def _rfc_9440(certificate: x509.Certificate) -> dict[str, str]:
    return {"Client-Cert": f":{_base64(certificate)}:"}


PROXIES: dict[str, Callable[[x509.Certificate], dict[str, str]]] = {
    "Envoy": _envoy,
    "nginx": _nginx,
    "Apache": _apache,
    "HAProxy": _haproxy,
    "RFC 9440": _rfc_9440,
}
