"""Passwords: which are accepted, and how they are kept (Argon2id, RFC 9106)."""

import functools

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from reference.auth.settings import Settings
from reference.common import files


class Passwords:
    """Hashes and checks passwords at the cost that is set."""

    def __init__(self, settings: Settings) -> None:
        self._min_length = settings.password_min_length
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._nobody = ""

    def prepare(self) -> None:
        """Makes what is compared with where there is nobody."""
        self._nobody = self.hash("nobody has this password")

    def objection(self, password: str, email: str) -> str | None:
        """What is wrong with a password that somebody chose, None if nothing is."""
        if len(password) < self._min_length:
            return f"must have at least {self._min_length} characters"
        if password.lower() in common_passwords():
            return "is one of the passwords that are tried first"
        if password.lower() in (email, email.partition("@")[0]):
            return "must not be the address"
        return None

    def hash(self, password: str) -> str:
        """What is kept of a password: Argon2id with its parameters and a salt of its own."""
        return self._hasher.hash(password.encode())

    def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; takes as long where there is nobody to compare with."""
        try:
            return self._hasher.verify(hashed or self._nobody, password.encode()) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made at another cost than the one set now."""
        return self._hasher.check_needs_rehash(hashed)


@functools.cache
def common_passwords() -> frozenset[str]:
    """Passwords that everybody tries first: thirty thousand by how often they were seen, and
    names and words of that kind which the list has elsewhere."""
    seen = FREQUENCY_LISTS["passwords"]
    return frozenset((*seen, *files.read_text("auth/common-passwords.txt").split()))
