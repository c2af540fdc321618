"""Wrong passwords and codes, counted: a few are part of many tests, more of them lock people out.

Accounts that a test made are counted in that test. The target's own accounts are lent to one test after the other, and their
platform counts by time; so they are counted over the whole run, by all of its processes, until a right log-in.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from robot.api import SkipExecution

from assay.core import capabilities, run, tolerance
from assay.core.errors import AssayError
from assay.core.ledger import Ledger
from assay.core.tolerance import HARMLESS, LOCKOUTS

PROBLEMS = ("invalid-credentials", "wrong-password", "wrong-code")
NOBODY = "nobody"
"""Whose request names no account: there is none to be locked out."""
_PASSWORDS = ("password", "current_password")
_LOG_INS = ("auth.logIn", "auth.finishLogIn", "auth.logInByCookie", "auth.finishLogInByCookie")
_WAITS_FOR_A_CODE = 202


class WrongPasswords:
    """Counts the refusals of each account in the test that runs, and the guesses at the target's own accounts in the run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._test = ""
        self._counts: Counter[str] = Counter()

    def check(
        self, test: str, account: str, fields: Mapping[str, Any] | None = None, book: Ledger | None = None
    ) -> None:
        """Refuses to send what may be one too many, where the target does not tolerate lockouts.

        A test that sends more than any may is an error of ours. One that sends more than this target allows, or for which others
        left none at an account of the target, is skipped.
        """
        with self._lock:
            if test != self._test:
                self._test = test
                self._counts.clear()
            seen = self._counts[account]
        if seen >= HARMLESS:
            tolerance.require(
                LOCKOUTS, f"another request of {account}, after {seen} with a wrong password in this test,"
            )
        if seen and seen >= _allowed() and capabilities.missing([LOCKOUTS]):
            raise _skipped(account, seen, "test")
        if book and account.lower() in book.given and _may_be_wrong(account.lower(), fields or {}, book):
            _guess(account.lower())

    def heard(
        self,
        account: str,
        problem: str | None,
        operation: str = "",
        status: int = 0,
        book: Ledger | None = None,
    ) -> None:
        """Counts an answer, when it refuses a password; a right log-in forgives what was wrong before it."""
        if problem in PROBLEMS and account != NOBODY:
            with self._lock:
                self._counts[account] += 1
        elif (
            book
            and account.lower() in book.given
            and operation in _LOG_INS
            and 200 <= status < 300
            and status != _WAITS_FOR_A_CODE
        ):
            _forget(account.lower())


def _allowed() -> int:
    return int(run.current().target.data.get("wrong_passwords", HARMLESS))


def _skipped(account: str, seen: int, where: str) -> SkipExecution:
    return SkipExecution(
        f"{account} was sent {seen} wrong passwords or codes in this {where}; more are not sent, for the target allows "
        f"{_allowed()} (wrong_passwords) and does not tolerate {LOCKOUTS}."
    )


def _may_be_wrong(account: str, fields: Mapping[str, Any], book: Ledger) -> bool:
    """Whether a request presents anything but the account's password; whether a code is right is not known before."""
    if "code" in fields:
        return True
    sent = [str(fields[name]) for name in _PASSWORDS if fields.get(name) is not None]
    right = ""
    with suppress(AssayError):  # a password that is not said cannot be sent
        right = run.current().platform.account(book.given[account])["password"]
    return any(password != (book.changed_password(account) or right) for password in sent)


def _guess(account: str) -> None:
    """Counts a guess before it is sent, so that several at the same moment count too."""
    if not capabilities.missing([LOCKOUTS]):
        return
    with _file().open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        seen = 0
        for line in file:
            if line[1:].strip() == account:
                seen = seen + 1 if line[0] == "+" else 0
        if seen >= _allowed():
            raise _skipped(account, seen, "run")
        file.write(f"+{account}\n")


def _forget(account: str) -> None:
    with suppress(FileNotFoundError), open(os.open(_file(), os.O_WRONLY | os.O_APPEND), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"0{account}\n")


def _file() -> Path:
    return run.current().folder / "wrong-passwords"
