"""Guessing made slow: failed log-ins are counted by account and address, and too many have to wait."""

import hashlib

from reference.auth.cache import Cache
from reference.auth.settings import Settings
from reference.common import problems


class Throttle:
    """Counts failures. A stranger's failures never lock out an address that the owner has logged in from."""

    def __init__(self, cache: Cache, settings: Settings) -> None:
        self._cache, self._settings = cache, settings

    def check(self, email: str, address: str | None, known_address: bool) -> None:
        """Refuses a log-in, right or wrong, while there have been too many failures."""
        if self._cache.counted(self._pair(email, address)) >= self._settings.login_failures:
            raise self.refusal()
        if (
            not known_address
            and self._cache.counted(self._account(email)) >= self._settings.login_failures_account
        ):
            raise self.refusal()

    def failed(self, email: str, address: str | None) -> None:
        """Counts a failure."""
        window = self._settings.login_failure_window
        self._cache.count(self._pair(email, address), window)
        self._cache.count(self._account(email), window)

    def succeeded(self, email: str, address: str | None) -> None:
        """Forgets the failures of somebody who then knew the password."""
        self._cache.forget_count(self._pair(email, address))

    def check_guesses(self, user_id: str) -> None:
        """Refuses one who is logged in and guesses the password, while there have been too many wrong guesses."""
        if self._cache.counted(self._guesses(user_id)) >= self._settings.login_failures:
            raise self.refusal()

    def guessed_wrong(self, user_id: str) -> None:
        """Counts a wrong guess of the current password."""
        self._cache.count(self._guesses(user_id), self._settings.login_failure_window)

    def guessed_right(self, user_id: str) -> None:
        """Forgets the wrong guesses of somebody who then knew the password."""
        self._cache.forget_count(self._guesses(user_id))

    def refusal(self) -> problems.Problem:
        """The answer to one who has to wait."""
        return problems.Problem(
            "too-many-requests", headers={"Retry-After": str(self._settings.login_failure_window)}
        )

    @staticmethod
    def _pair(email: str, address: str | None) -> str:
        return f"login:{_digest(f'{email}|{address}')}"

    @staticmethod
    def _guesses(user_id: str) -> str:
        return f"guess:{user_id}"

    @staticmethod
    def _account(email: str) -> str:
        return f"login:{_digest(email)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
