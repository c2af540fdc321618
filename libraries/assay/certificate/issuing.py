"""Certificates as an authority makes them, one of every kind that is to be refused among them (RFC 5280)."""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from assay.certificate.sha1 import signed_with_sha1
from assay.core.errors import accepted

_PEM = serialization.Encoding.PEM
_HOUR = datetime.timedelta(hours=1)
_UNKNOWN = ObjectIdentifier("1.3.6.1.4.1.55555.1")  # of nobody, so that nobody can know it


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, and the ones above it that are shown with it."""

    certificate: x509.Certificate
    key: Any
    above: tuple[x509.Certificate, ...] = ()

    def pem(self) -> bytes:
        """Key, certificate and those above it, as TLS clients read them."""
        key = self.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        shown = (self.certificate, *self.above)
        return bytes(key + b"".join(one.public_bytes(_PEM) for one in shown))


@dataclass(frozen=True)
class Wanted:
    """What is to be in a certificate; as it stands, what a service is known by."""

    names: tuple[x509.GeneralName, ...]
    common_name: str = "a service of Assay"
    begins: datetime.timedelta = -_HOUR
    ends: datetime.timedelta = _HOUR
    key: Callable[[], Any] = lambda: ec.generate_private_key(ec.SECP256R1())
    purposes: tuple[ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,)
    authority: bool = False
    path_length: int | None = None
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


def issue(wanted: Wanted, issuer: Signed | None, above: Sequence[x509.Certificate] = ()) -> Signed:
    """A certificate by an issuer, or by itself where there is none."""
    key, now = wanted.key(), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.common_name)])
    signer = issuer.key if issuer else key
    above_key: Any = issuer.certificate.public_key() if issuer else key.public_key()
    by = issuer.certificate.subject if issuer else subject
    builder = (
        x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + wanted.begins)
        .not_valid_after(now + wanted.ends)
        .add_extension(x509.BasicConstraints(wanted.authority, wanted.path_length), critical=True)
        .add_extension(_usage(wanted.authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above_key), critical=False)
    )
    if wanted.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(wanted.names), critical=False)
    if wanted.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(wanted.purposes), critical=False)
    for extension, critical in wanted.more:
        builder = builder.add_extension(extension, critical=critical)
    return Signed(builder.sign(signer, hashes.SHA256()), key, tuple(above))


class Authority:
    """An authority that a platform trusts to vouch for services."""

    def __init__(self, certificate: Path, key: Path, name: str, revocations: Path | None = None) -> None:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        self.signed = Signed(x509.load_pem_x509_certificate(certificate.read_bytes()), loaded)
        self._name, self._revocations = name, revocations

    def wanted(self, service: str) -> Wanted:
        """What a certificate of a service has to have."""
        return Wanted((x509.DNSName(self._name.format(service=service)),))

    def good(self, service: str) -> Signed:
        """A certificate that is to be accepted."""
        return self.good_as(self.wanted(service))

    def good_as(self, wanted: Wanted) -> Signed:
        """A certificate that the authority issues itself."""
        return issue(wanted, self.signed)

    def flawed(self, service: str, flaw: str) -> Signed:
        """A certificate that is to be refused, by the name of its flaw; ValueError tells the known ones."""
        if flaw not in FLAWS:
            raise ValueError(f"there is no certificate '{flaw}'{accepted(flaw, FLAWS)}")
        return FLAWS[flaw](self, self.wanted(service))

    def revoke(self, certificate: x509.Certificate) -> None:
        """Puts a certificate on the list of what is revoked, whoever else does so at the same moment.

        Raises ValueError where the authority has no list.
        """
        if self._revocations is None:
            raise ValueError("the target names no list of revocations")
        now = datetime.datetime.now(datetime.UTC)
        with self._revocations.with_suffix(".lock").open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = x509.load_pem_x509_crl(self._revocations.read_bytes())
            builder = x509.CertificateRevocationListBuilder(
                before.issuer, now, before.next_update_utc or now + _HOUR
            )
            for entry in before:
                builder = builder.add_revoked_certificate(entry)
            revoked = x509.RevokedCertificateBuilder(certificate.serial_number, now).build()
            made = builder.add_revoked_certificate(revoked).sign(self.signed.key, hashes.SHA256())
            draft = self._revocations.with_suffix(".draft")
            draft.write_bytes(made.public_bytes(_PEM))
            draft.replace(self._revocations)


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _rsa(bits: int) -> Callable[[], Any]:
    return lambda: rsa.generate_private_key(65537, bits)


def _changed(**what: Any) -> Callable[[Authority, Wanted], Signed]:
    """A flaw of the certificate itself, signed by the right authority."""
    return lambda authority, wanted: authority.good_as(replace(wanted, **what))


def _named(*names: Callable[[str], x509.GeneralName]) -> Callable[[Authority, Wanted], Signed]:
    """Other alternative names than the service's own."""

    def make(authority: Authority, wanted: Wanted) -> Signed:
        own = str(wanted.names[0].value)
        return authority.good_as(replace(wanted, names=tuple(name(own) for name in names)))

    return make


def _by_another(copied: bool) -> Callable[[Authority, Wanted], Signed]:
    """By an authority of our own, of another name or of the same as the right one."""

    def make(authority: Authority, wanted: Wanted) -> Signed:
        above = Wanted((), "another authority", authority=True, purposes=())
        other = issue(above, None)
        if copied:
            other = replace(other, certificate=authority.signed.certificate)
        return issue(wanted, other, () if copied else (other.certificate,))

    return make


def _below(above: dict[str, Any]) -> Callable[[Authority, Wanted], Signed]:
    """By one that the authority signed: an authority below it with limits, or no authority at all."""

    def make(authority: Authority, wanted: Wanted) -> Signed:
        said = {"authority": True, "purposes": (), "path_length": 0, **above}
        between = issue(Wanted((), "between", **said), authority.signed)
        return issue(wanted, between, (between.certificate,))

    return make


def _too_long(authority: Authority, wanted: Wanted) -> Signed:
    first = issue(Wanted((), "first", authority=True, purposes=(), path_length=0), authority.signed)
    second = issue(Wanted((), "second", authority=True, purposes=(), path_length=0), first)
    return issue(wanted, second, (second.certificate, first.certificate))


def _common_name_only(authority: Authority, wanted: Wanted) -> Signed:
    return authority.good_as(replace(wanted, names=(), common_name=str(wanted.names[0].value)))


def _sha1(authority: Authority, wanted: Wanted) -> Signed:
    made = authority.good_as(wanted)
    return replace(made, certificate=signed_with_sha1(made.certificate, authority.signed.key))


def _own(name: str) -> x509.GeneralName:
    return x509.DNSName(name)


def _other_domain(name: str) -> x509.GeneralName:
    return x509.DNSName(f"{name}.attacker.test")


def _lookalike(name: str) -> x509.GeneralName:
    service, _, domain = name.partition(".")
    return x509.DNSName(f"{service}.not-{domain}")


def _deeper(name: str) -> x509.GeneralName:
    service, _, domain = name.partition(".")
    return x509.DNSName(f"{service}.below.{domain}")


def _wildcard(name: str) -> x509.GeneralName:
    return x509.DNSName(f"*.{name.partition('.')[2]}")


def _second(name: str) -> x509.GeneralName:
    return x509.DNSName(f"other-{name}")


def _as_mail(name: str) -> x509.GeneralName:
    return x509.RFC822Name(f"service@{name}")


def _address(_name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.IPv4Address("203.0.113.7"))


def _uri(name: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(f"https://{name}/")


_ELSEWHERE = x509.NameConstraints([x509.DNSName("elsewhere.test")], None)

#: Certificates that name nobody, by what is wrong with them.
FLAWS: dict[str, Callable[[Authority, Wanted], Signed]] = {
    "signed by itself": lambda _, wanted: issue(wanted, None),
    "of another authority": _by_another(copied=False),
    "of another authority with the name of the right one": _by_another(copied=True),
    "expired": _changed(begins=-3 * _HOUR, ends=-_HOUR),
    "not yet valid": _changed(begins=_HOUR, ends=3 * _HOUR),
    "for servers only": _changed(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
    "for signing code only": _changed(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,)),
    "with a critical extension that nobody knows": _changed(
        more=((x509.UnrecognizedExtension(_UNKNOWN, b"\x05\x00"), True),)
    ),
    "with an RSA key of 1024 bits": _changed(key=_rsa(1024)),
    "signed with SHA-1": _sha1,
    "without an alternative name": _common_name_only,
    "named in another domain": _named(_other_domain),
    "named in a domain that ends alike": _named(_lookalike),
    "named one level deeper": _named(_deeper),
    "named by a wildcard": _named(_wildcard),
    "with two names": _named(_own, _second),
    "with a mailbox beside its name": _named(_own, _as_mail),
    "with an address beside its name": _named(_own, _address),
    "with a URI beside its name": _named(_own, _uri),
    "named as a mailbox": _named(_as_mail),
    "by a certificate that is no authority": _below({"authority": False, "path_length": None}),
    "by an authority that is limited to other names": _below({"more": ((_ELSEWHERE, True),)}),
    "by an authority that has expired": _below({"begins": -3 * _HOUR, "ends": -_HOUR}),
    "at the end of too long a chain": _too_long,
}
