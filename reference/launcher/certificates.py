"""The authorities of one start of a platform: one for its own names, one for the services that call it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import trustme

_DAYS = 2
_DAYS_OF_WORKERS = 4000  # the clock of the store can be set years ahead
_PRIVATE = b"PRIVATE KEY"


@dataclass(frozen=True)
class ClientAuthority:
    """Where an authority for callers keeps its certificate, its key and its list of what is revoked."""

    folder: Path
    name: str = "services-ca"

    @property
    def certificate(self) -> Path:
        """Its own certificate."""
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        """Its private key, readable by its owner alone."""
        return self.folder / f"{self.name}.key"

    @property
    def revocations(self) -> Path:
        """The list of certificates that are revoked."""
        return self.folder / f"{self.name}.crl"

    def description(self) -> dict[str, str]:
        """What is told of it, so that certificates can be issued and revoked."""
        return {
            "certificate": str(self.certificate),
            "key": str(self.key),
            "revocations": str(self.revocations),
        }


def worker_authority(folder: Path) -> ClientAuthority:
    """The authority for the workers of the store."""
    return ClientAuthority(folder, "workers-ca")


def make(folder: Path, services: Sequence[str] = ("auth",), more: Sequence[str] = ()) -> None:
    """Makes the authority of the platform's own names, a certificate for each service, and the authority for callers of auth.

    Each certificate is for this machine, for its service, and for the names in `more`.
    """
    import trustme

    folder.mkdir(mode=0o700, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for service in services:
        certificate = authority.issue_cert("127.0.0.1", "localhost", f"{service}.assay.test", *more)
        _keep(folder / f"{service}.pem", certificate.private_key_and_cert_chain_pem.bytes())
    _make_authority(ClientAuthority(folder), "Assay services")


def make_for_workers(folder: Path, names: Sequence[str], domain: str) -> None:
    """Makes the authority for the workers of a store, and a certificate for each of these."""
    folder.mkdir(mode=0o700, exist_ok=True)
    authority = _make_authority(worker_authority(folder), "Assay workers", _DAYS_OF_WORKERS)
    for name in names:
        made = authority.issue_cert(f"{name}.{domain}")
        _keep(folder / f"{name}.pem", made.private_key_and_cert_chain_pem.bytes())


def _make_authority(place: ClientAuthority, name: str, days: int = _DAYS) -> "trustme.CA":
    import trustme

    authority = trustme.CA(organization_name=name)
    certificate, key = authority.cert_pem.bytes(), authority.private_key_pem.bytes()
    authority.cert_pem.write_to_path(place.certificate)
    _keep(place.key, key)
    _keep(place.revocations, _empty_list(certificate, key, days))
    return authority


def remove_keys(folder: Path) -> None:
    """Removes what would let somebody pass for the platform, or vouch for others, after its end."""
    for path in folder.glob("*") if folder.is_dir() else ():
        if _PRIVATE in path.read_bytes():
            path.unlink(missing_ok=True)


def _keep(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _empty_list(certificate: bytes, key: bytes, days: int) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_pem_x509_certificate(certificate).subject)
        .last_update(now)
        .next_update(now + datetime.timedelta(days=days))
        .sign(serialization.load_pem_private_key(key, None), hashes.SHA256())  # type: ignore[arg-type]
    )
    return made.public_bytes(serialization.Encoding.PEM)
