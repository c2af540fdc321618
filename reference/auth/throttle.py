"""Guessing made slow: failed log-ins are counted by account and address, and too many have to wait.

An attempt is counted as a failure before the password is looked at, and given back when it was right, so that those that
come at the same moment are no more than those that come one after the other.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from reference.auth import limits
from reference.auth.cache import Away
from reference.auth.settings import Settings
from reference.auth.windows import OwnWindows, Spent, Window, Windows
from reference.common import problems


@dataclass
class TooMany(problems.Problem):
    """Somebody has to wait; `first` of a flood, which is when the security log is told."""

    first: bool = False


class Throttle:
    """Counts failures. A stranger's failures never lock out an address that the owner has logged in from.

    While Redis is away each instance goes on counting by itself, from zero.
    """

    def __init__(self, windows: Windows, settings: Settings) -> None:
        self._windows, self._settings = windows, settings
        self._own = OwnWindows()

    def begin(self, email: str, address: str | None, known_address: bool) -> Spent:
        """Counts a log-in that may fail; refuses it, right or wrong, while there have been too many failures."""
        counted = [self.pair(email, address)]
        if not known_address:
            counted.append(self.account(email))
        return self._begin(counted)

    def begin_guess(self, user_id: str) -> Spent:
        """Counts one who is logged in and may guess the password wrong; refuses while there have been too many."""
        return self._begin([self.guesses(user_id)])

    def succeeded(self, attempt: Spent) -> None:
        """Gives an attempt back, and forgets the failures of somebody who then knew the password."""
        for windows in (self._own, self._windows):
            with contextlib.suppress(Away):
                windows.give_back(attempt)
                windows.forget(attempt.windows[0])

    def may_mail(self, email: str) -> bool:
        """Whether one more mail may be sent to an address because somebody signs up with it; counts it."""
        mails = Window(
            f"mails:{limits.digest(email)}", self._settings.signup_mails, self._settings.signup_mail_window
        )
        return not self._spend([mails]).refused

    def _begin(self, counted: Sequence[Window]) -> Spent:
        attempt = self._spend(counted)
        if attempt.refused:
            first = any(count.first for count in attempt.refused)
            raise TooMany(**vars(limits.refusal(attempt.refused)), first=first)
        return attempt

    def _spend(self, counted: Sequence[Window]) -> Spent:
        try:
            return self._windows.spend(counted)
        except Away:
            return self._own.spend(counted)

    def pair(self, email: str, address: str | None) -> Window:
        """The failures for an account from one address."""
        name = limits.digest(f"{email}|{limits.network(address)}")
        return self._window(f"login:{name}", self._settings.login_failures)

    def account(self, email: str) -> Window:
        """The failures for an account from everywhere; whether there is such an account makes no difference."""
        return self._window(f"login:{limits.digest(email)}", self._settings.login_failures_account)

    def guesses(self, user_id: str) -> Window:
        """The wrong guesses of one who is logged in."""
        return self._window(f"guess:{limits.digest(user_id)}", self._settings.login_failures)

    def _window(self, name: str, quota: int) -> Window:
        return Window(name, quota, self._settings.login_failure_window)
