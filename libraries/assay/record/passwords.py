"""Stored passwords in the PHC string form: which function, how costly, with which salt."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PHC = re.compile(
    r"^\$(?P<kind>argon2(?:id|i|d))\$v=(?P<version>\d+)\$m=(?P<memory>\d+),t=(?P<passes>\d+),p=(?P<lanes>\d+)"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<digest>[A-Za-z0-9+/]+)$"
)

# OWASP Password Storage Cheat Sheet, Argon2id: settings of equal strength, KiB of memory and passes.
LEAST = {47104: 1, 19456: 2, 12288: 3, 9216: 4, 7168: 5}


@dataclass(frozen=True)
class Stored:
    """A stored password, taken apart."""

    kind: str
    version: int
    memory: int
    passes: int
    lanes: int
    salt: str
    phc: str

    @property
    def strong_enough(self) -> bool:
        """Whether memory and passes are at least one of the settings that OWASP names."""
        return any(self.memory >= memory and self.passes >= passes for memory, passes in LEAST.items())

    def fits(self, password: str) -> bool:
        """Whether this is the hash of exactly this password."""
        from cryptography.exceptions import InvalidKey
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        try:
            Argon2id.verify_phc_encoded(password.encode(), self.phc)
        except InvalidKey:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.kind} v={self.version} m={self.memory} t={self.passes} p={self.lanes}"


def parse(text: str) -> Stored | None:
    """The stored password that a text is, None when it is something else."""
    found = _PHC.match(text)
    if not found:
        return None
    return Stored(
        found["kind"],
        int(found["version"]),
        int(found["memory"]),
        int(found["passes"]),
        int(found["lanes"]),
        found["salt"],
        text,
    )
