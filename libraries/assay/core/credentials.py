"""What a client proves itself with, beyond texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate that the suite made for a client: a PEM file of key and chain, readable by its owner alone, and what it is in words."""

    path: Path
    about: str

    def __str__(self) -> str:
        return f"<a certificate: {self.about}>"
