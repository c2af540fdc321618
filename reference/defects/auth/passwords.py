"""Passwords that count for less than was typed, or are kept badly."""

from typing import Any

from reference.defects import Function, Hit, Patch, defect

_BCRYPT_BYTES = 72


def _shorten(patch: Patch, shorten: Function) -> None:
    """Hashes and compares shorten(password) in place of the password."""

    def factory_hash(hash_of: Function, _hit: Hit) -> Function:
        def of_less(self: Any, password: str) -> Any:
            return hash_of(self, shorten(password))

        return of_less

    def factory_matches(matches: Function, hit: Hit) -> Function:
        def by_less(self: Any, hashed: str | None, password: str) -> Any:
            less = shorten(password)
            if less != password:
                hit()
            return matches(self, hashed, less)

        return by_less

    patch.replace("auth.passwords:Passwords.hash", factory_hash)
    patch.replace("auth.passwords:Passwords.matches", factory_matches)


@defect(
    "auth.password-cut-at-72",
    breaks=["AUTH-11"],
    says="Only the first 72 bytes of a password count.",
    partial=True,
    blind=True,
)
def password_cut_at_72(patch: Patch) -> None:
    _shorten(patch, lambda password: password.encode()[:_BCRYPT_BYTES].decode(errors="ignore"))


@defect(
    "auth.password-trimmed",
    breaks=["AUTH-11"],
    says="Spaces at the ends of a password do not count.",
    partial=True,
    blind=True,
)
def password_trimmed(patch: Patch) -> None:
    _shorten(patch, lambda password: password.strip())


@defect(
    "auth.password-first-letter",
    breaks=["AUTH-11"],
    says="Whether the first letter of a password is a capital does not count.",
    partial=True,
    blind=True,
)
def password_first_letter(patch: Patch) -> None:
    def factory(matches: Function, hit: Hit) -> Function:
        def kind(self: Any, hashed: str | None, password: str) -> bool:
            if matches(self, hashed, password):
                return True
            other = password[:1].swapcase() + password[1:]
            if other != password and matches(self, hashed, other):
                hit()
                return True
            return False

        return kind

    patch.replace("auth.passwords:Passwords.matches", factory)


@defect(
    "auth.password-salt-shared",
    breaks=["AUTH-80"],
    says="All password hashes are made with one salt, so that equal passwords show.",
    partial=True,
    blind=True,
)
def password_salt_shared(patch: Patch) -> None:
    def factory(hash_of: Function, hit: Hit) -> Function:
        def unsalted(self: Any, password: str) -> Any:
            hit()
            return self._hasher.hash(password.encode(), salt=b"salt-of-everyone")

        return unsalted

    patch.replace("auth.passwords:Passwords.hash", factory)
