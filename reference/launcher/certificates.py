"""The authorities of one start of a platform: one for its own names, one for the services that call it."""

import datetime
from dataclasses import dataclass
from pathlib import Path

_DAYS = 2


@dataclass(frozen=True)
class ClientAuthority:
    """Where the authority for services keeps its certificate, its key and its list of what is revoked."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """Its own certificate."""
        return self.folder / "services-ca.pem"

    @property
    def key(self) -> Path:
        """Its private key, readable by its owner alone."""
        return self.folder / "services-ca.key"

    @property
    def revocations(self) -> Path:
        """The list of certificates that are revoked."""
        return self.folder / "services-ca.crl"

    def description(self) -> dict[str, str]:
        """What is told of it, so that certificates can be issued and revoked."""
        return {
            "certificate": str(self.certificate),
            "key": str(self.key),
            "revocations": str(self.revocations),
        }


def make(folder: Path) -> None:
    """Makes both authorities, a certificate for the service and an empty list of revocations."""
    import trustme

    folder.mkdir(mode=0o700)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", "localhost", "auth.assay.test")
    _keep(folder / "auth.pem", certificate.private_key_and_cert_chain_pem.bytes())
    clients, vouching = ClientAuthority(folder), trustme.CA(organization_name="Assay services")
    vouching.cert_pem.write_to_path(clients.certificate)
    _keep(clients.key, vouching.private_key_pem.bytes())
    _keep(clients.revocations, _empty_list(vouching.cert_pem.bytes(), vouching.private_key_pem.bytes()))


def remove_keys(folder: Path) -> None:
    """Removes what would let somebody pass for the platform or vouch for services after its end."""
    for secret in (folder / "auth.pem", ClientAuthority(folder).key):
        secret.unlink(missing_ok=True)


def _keep(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _empty_list(certificate: bytes, key: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_pem_x509_certificate(certificate).subject)
        .last_update(now)
        .next_update(now + datetime.timedelta(days=_DAYS))
        .sign(serialization.load_pem_private_key(key, None), hashes.SHA256())  # type: ignore[arg-type]
    )
    return made.public_bytes(serialization.Encoding.PEM)
