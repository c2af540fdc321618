"""A second factor: codes of an app (TOTP, RFC 6238), recovery codes, and log-ins in two steps."""

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from reference.auth.accounts import User
from reference.auth.database import Database, login_challenges, recovery_codes, second_factors, users
from reference.auth.passwords import Passwords
from reference.auth.securitylog import SecurityLog
from reference.auth.sessions import Renewed, Sessions, new_token, token_hash
from reference.auth.settings import Settings
from reference.auth.throttle import Throttle, TooMany
from reference.common import clock, problems

_ISSUER = "Assay"
_STEP = 30
_RECOVERY_CODES = 10
_OF_AN_APP = re.compile(r"[0-9]{6}")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Challenge:
    """What a right password gives where there is a second factor: a token that can do nothing but finish the log-in."""

    token: str = field(repr=False)
    lifetime: int


class SecondFactor:
    """The second factors of all users. Each use of a code is one transaction that holds the factor."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        throttle: Throttle,
        settings: Settings,
        secret: bytes,
        log: SecurityLog,
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._throttle, self._settings, self._log = throttle, settings, log
        self._cipher = AESGCM(HKDF(SHA256(), 32, None, b"second factors of auth").derive(secret))

    def begin(self, user: User, password: str) -> tuple[str, str]:
        """A new secret for an app, and the same as the address that apps read; it counts once it is confirmed."""
        self._require_password(user, password)
        secret = pyotp.random_base32()
        values = {"sealed_secret": self._seal(user.id, secret), "created_at": clock.now()}
        with self._database.transaction() as connection:
            self._hold_user(connection, user.id)
            found = self._find(connection, user.id)
            present = found is not None and found["confirmed_at"] is not None
            if not present:
                self._forget(connection, user.id)
                connection.execute(insert(second_factors).values(user_id=user.id, **values))
        if present:
            raise problems.Problem("second-factor-present")
        self._log.success("second-factor.begun", user_id=user.id)
        return secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)

    def confirm(self, user_id: str, session_id: str, code: str) -> list[str]:
        """Switches the factor on with a code of the app, ends every other session, and gives recovery codes, once."""
        refusal, ended, codes = "missing", list[str](), [_recovery_code() for _ in range(_RECOVERY_CODES)]
        with self._database.transaction() as connection:
            self._hold_user(connection, user_id)
            found = self._find(connection, user_id)
            if found is not None and found["confirmed_at"] is None:
                refusal = self.use(connection, found, code)
                if not refusal:
                    this = second_factors.c.user_id == user_id
                    connection.execute(update(second_factors).where(this).values(confirmed_at=clock.now()))
                    self._keep_recovery_codes(connection, user_id, codes)
                    ended = [*self._sessions.end_within(connection, user_id, "second-factor-on", session_id)]
        self._insist(refusal, user_id, found)
        self._sessions.announce_end(ended, user_id, "second-factor-on")
        self._log.success("second-factor.switched-on", user_id=user_id, session_id=session_id)
        return codes

    def disable(self, user: User, password: str, code: str) -> None:
        """Switches the factor off with the password and a code, of the app or for recovery."""
        self._require_password(user, password)
        refusal = "missing"
        with self._database.transaction() as connection:
            self._hold_user(connection, user.id)
            found = self._find(connection, user.id)
            if found is not None and found["confirmed_at"] is not None:
                refusal = self.use(connection, found, code)
                if not refusal:
                    self._forget(connection, user.id)
        self._insist(refusal, user.id, found)
        self._tell_recovery(user.id, code)
        self._log.success("second-factor.switched-off", user_id=user.id)

    def recovery_codes_left(self, user_id: str) -> int | None:
        """How many recovery codes are unused; None where no factor is switched on."""
        unused = (recovery_codes.c.user_id == user_id) & recovery_codes.c.used_at.is_(None)
        with self._database.transaction() as connection:
            found = self._find(connection, user_id)
            if found is None or found["confirmed_at"] is None:
                return None
            count = select(func.count()).select_from(recovery_codes).where(unused)
            return int(connection.scalar(count) or 0)

    def admit(self, user: User, device_id: str | None) -> Renewed | Challenge:
        """A session for who knows the password; where there is a second factor, a challenge."""
        if self.is_on(user.id):
            return self._challenge(user, device_id)
        begun = self._sessions.begin(user.id, user.permissions, device_id, user.hashed_password)
        if self.is_on(user.id):  # switched on meanwhile, by one who could not see this session yet
            self._sessions.end(begun.session_id, user.id, "second-factor-on")
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})
        self._log.success("login.succeeded", user_id=user.id, session_id=begun.session_id)
        return begun

    def finish(self, token: str, code: str) -> tuple[str, Renewed]:
        """The account and the session of a log-in that was begun with the password, once the code is right.

        One transaction uses code and log-in up and begins the session, so that nobody loses a code for nothing.
        """
        refusal, begun, surplus = "unknown", None, list[str]()
        with self._database.transaction() as connection:
            self._hold_user_of(connection, token)
            waiting = self._find_challenge(connection, token)
            factor = self._find(connection, waiting["user_id"]) if waiting is not None else None
            if waiting is not None:
                refusal = self.objection(waiting, factor, clock.now())
            usable = not refusal
            if waiting is not None and factor is not None and usable:
                refusal = self.use(connection, factor, code)
                if not refusal:
                    self._use_up(connection, token)
                    begun, surplus = self._sessions.begin_within(
                        connection,
                        waiting["user_id"],
                        waiting["permissions"],
                        waiting["device_id"],
                        waiting["hashed_password"],
                    )
        if waiting is None or not usable:
            self._log.failure(
                "login.failed", refusal, user_id=waiting["user_id"] if waiting is not None else None
            )
            raise invalid_challenge()
        user_id = waiting["user_id"]
        self._insist(refusal, user_id, factor)
        assert begun is not None
        self._sessions.announce_end(surplus, user_id, "session-limit")
        self._tell_recovery(user_id, code)
        self._log.success("login.succeeded", user_id=user_id, session_id=begun.session_id)
        return user_id, begun

    def is_on(self, user_id: str) -> bool:
        """Whether a log-in of this user needs a code."""
        with self._database.transaction() as connection:
            found = self._find(connection, user_id, hold=False)
        return found is not None and found["confirmed_at"] is not None

    @staticmethod
    def objection(waiting: RowMapping, factor: RowMapping | None, now: datetime) -> str:
        """Why a log-in cannot be finished any more, whatever the code; an empty text where it can."""
        if waiting["used_at"] is not None:
            return "challenge-used"
        if waiting["expires_at"] <= now:
            return "challenge-expired"
        if factor is None or not waiting["is_active"]:
            return "challenge-void"
        return "" if waiting["hashed_password"] == waiting["present_password"] else "password-changed"

    def use(self, connection: Connection, factor: RowMapping, code: str) -> str:
        """Uses a code up; why it is not accepted, an empty text where it is. Wrong ones are counted for the account."""
        now = clock.now()
        failures = self.recent_failures(factor, now)
        if failures >= self._settings.code_failures:
            return "too-many-failures"
        if _OF_AN_APP.fullmatch(code):
            refusal = self.use_code(connection, factor, code, now)
        else:
            refusal = self.use_recovery_code(connection, factor, code, now)
        counted = {"failures": 0} if not refusal else self._one_more(factor, failures, now)
        this = second_factors.c.user_id == factor["user_id"]
        connection.execute(update(second_factors).where(this).values(**counted))
        return refusal

    def use_code(self, connection: Connection, factor: RowMapping, code: str, now: datetime) -> str:
        """Uses a code of the app, of this step of time or one beside it; each step works once, none before the last used."""
        totp = pyotp.TOTP(self._open(factor["user_id"], factor["sealed_secret"]))
        present = int(now.timestamp()) // _STEP
        steps = [one for one in self.accepted_steps(present) if compare_digest(totp.generate_otp(one), code)]
        if not steps:
            return "wrong-code"
        fresh = [step for step in steps if factor["last_step"] is None or step > factor["last_step"]]
        if not fresh:
            return "used-code"
        this = second_factors.c.user_id == factor["user_id"]
        connection.execute(update(second_factors).where(this).values(last_step=fresh[0]))
        return ""

    @staticmethod
    def accepted_steps(present: int) -> Sequence[int]:
        """The steps of time whose codes are accepted now."""
        return range(present - 1, present + 2)

    def use_recovery_code(self, connection: Connection, factor: RowMapping, code: str, now: datetime) -> str:
        """Uses a recovery code, each of which works once."""
        this = recovery_codes.c.code_hash == token_hash(f"{factor['user_id']} {code}")
        unused = update(recovery_codes).where(this, recovery_codes.c.used_at.is_(None))
        if not connection.execute(unused.values(used_at=now)).rowcount:
            return "wrong-code"
        return ""

    def recent_failures(self, factor: RowMapping, now: datetime) -> int:
        """How many wrong codes were given for an account lately."""
        since = factor["failing_since"]
        window = timedelta(seconds=self._settings.code_failure_window)
        return int(factor["failures"]) if since is not None and now < since + window else 0

    @staticmethod
    def _one_more(factor: RowMapping, failures: int, now: datetime) -> dict[str, Any]:
        since = factor["failing_since"] if failures else now
        return {"failures": failures + 1, "failing_since": since}

    def _challenge(self, user: User, device_id: str | None) -> Challenge:
        token, now, lifetime = new_token(), clock.now(), self._settings.challenge_lifetime
        values = {
            "token_hash": token_hash(token),
            "user_id": user.id,
            "hashed_password": user.hashed_password,
            "device_id": device_id,
        }
        ends = now + timedelta(seconds=lifetime)
        with self._database.transaction() as connection:
            connection.execute(insert(login_challenges).values(**values, created_at=now, expires_at=ends))
        self._log.success("login.challenged", user_id=user.id)
        return Challenge(token, lifetime)

    @staticmethod
    def _find_challenge(connection: Connection, token: str) -> RowMapping | None:
        columns = (users.c.permissions, users.c.is_active, users.c.hashed_password.label("present_password"))
        query = select(login_challenges, *columns).join(users, users.c.id == login_challenges.c.user_id)
        this = query.where(login_challenges.c.token_hash == token_hash(token))
        return connection.execute(this.with_for_update(of=login_challenges)).mappings().first()

    @staticmethod
    def _use_up(connection: Connection, token: str) -> None:
        this = login_challenges.c.token_hash == token_hash(token)
        connection.execute(update(login_challenges).where(this).values(used_at=clock.now()))

    def _require_password(self, user: User, password: str) -> None:
        """Refuses who does not know the password; wrong guesses are counted as those at a change of it."""
        try:
            guess = self._throttle.begin_guess(user.id)
        except TooMany as refusal:
            if refusal.first:
                self._log.failure("second-factor.refused", "too-many-failures", user_id=user.id)
            raise
        if self._passwords.matches(user.hashed_password, password):
            self._throttle.succeeded(guess)
            return
        self._log.failure("second-factor.refused", "wrong-password", user_id=user.id)
        raise problems.Problem("wrong-password")

    def _insist(self, refusal: str, user_id: str, factor: RowMapping | None) -> None:
        """Refuses a code by name, after the transaction that counted it."""
        if not refusal:
            return
        self._log.failure("second-factor.refused", refusal, user_id=user_id)
        if refusal == "too-many-failures" and factor is not None:
            ends = factor["failing_since"] + timedelta(seconds=self._settings.code_failure_window)
            left = max(1, int((ends - clock.now()).total_seconds()) + 1)
            raise problems.Problem("too-many-requests", headers={"Retry-After": str(left)})
        raise problems.Problem("second-factor-missing" if refusal == "missing" else "wrong-code")

    def _tell_recovery(self, user_id: str, code: str) -> None:
        """Tells that the code which has just been used was one for recovery, after the transaction that used it."""
        if not _OF_AN_APP.fullmatch(code):
            self._log.success("second-factor.recovery-used", user_id=user_id)

    def _hold_user_of(self, connection: Connection, token: str) -> None:
        """Holds the account before anything of it, as everybody does who holds both: nobody waits for each other."""
        this = select(login_challenges.c.user_id).where(login_challenges.c.token_hash == token_hash(token))
        user_id = connection.scalar(this)
        if user_id is not None:
            self._hold_user(connection, user_id)

    @staticmethod
    def _hold_user(connection: Connection, user_id: str) -> None:
        connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())

    @staticmethod
    def _find(connection: Connection, user_id: str, hold: bool = True) -> RowMapping | None:
        query = select(second_factors).where(second_factors.c.user_id == user_id)
        return connection.execute(query.with_for_update() if hold else query).mappings().first()

    @staticmethod
    def _forget(connection: Connection, user_id: str) -> None:
        for table in (recovery_codes, second_factors):
            connection.execute(delete(table).where(table.c.user_id == user_id))

    @staticmethod
    def _keep_recovery_codes(connection: Connection, user_id: str, codes: Sequence[str]) -> None:
        rows = [{"code_hash": token_hash(f"{user_id} {code}"), "user_id": user_id} for code in codes]
        connection.execute(insert(recovery_codes), rows)

    def _seal(self, user_id: str, secret: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), user_id.encode())

    def _open(self, user_id: str, sealed: bytes) -> str:
        return self._cipher.decrypt(sealed[:12], sealed[12:], user_id.encode()).decode()


def invalid_challenge() -> problems.Problem:
    """The answer to whoever cannot finish a log-in any more."""
    return problems.Problem("invalid-challenge", headers={"WWW-Authenticate": "Bearer"})


def _recovery_code() -> str:
    """Twenty-four letters and digits, 120 bits of chance, in groups that a person can copy."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(24))
    return "-".join(letters[at : at + 6] for at in range(0, 24, 6))
