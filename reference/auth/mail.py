"""Mails: put into an outbox in the transaction that asks for them, sent from there until they have been taken."""

import logging
import math
import smtplib
import threading
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from reference.auth import sessions
from reference.auth.database import Database, outbox, reset_tokens, users, verification_tokens
from reference.auth.securitylog import SecurityLog
from reference.auth.settings import Settings
from reference.common import clock, files, problems

VERIFICATION = "verification"
ALREADY_REGISTERED = "already-registered"
PASSWORD_RESET = "password-reset"
PASSWORD_CHANGED = "password-changed"
PASSWORD_SET_ANEW = "password-set-anew"
ACCOUNT_DELETED = "account-deleted"
_SENDER = "Accounts <accounts@auth.assay.test>"
_POLL_SECONDS = 1.0
_SMTP_SECONDS = 3.0
_LOG = logging.getLogger("assay.mail")


class Outbox:
    """Mails that are owed. One that was interrupted is sent again with a token of its own."""

    def __init__(self, database: Database, settings: Settings, smtp: str, log: SecurityLog) -> None:
        self._database, self._settings, self._log = database, settings, log
        host, _, port = smtp.rpartition(":")
        self._host, self._port = host, int(port)
        self._wake = threading.Event()

    def add(
        self,
        connection: Connection,
        kind: str,
        user_id: str | None = None,
        hashed_password: str | None = None,
        full_name: str | None = None,
        address: str | None = None,
    ) -> None:
        """Owes a mail from the moment that the transaction is committed: to a user, or to whoever may have an address."""
        now = clock.now()
        values = {
            "kind": kind,
            "user_id": user_id,
            "hashed_password": hashed_password,
            "full_name": full_name,
            "address": address,
        }
        connection.execute(insert(outbox).values(**values, created_at=now, next_attempt_at=now))

    def wake(self) -> None:
        """Says that there is something to send."""
        self._wake.set()

    def start(self) -> None:
        """Sends what is owed, now and from now on."""
        threading.Thread(target=self._run, name="outbox", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                while self.send_one():
                    pass
            except problems.Problem:
                _LOG.warning("the database does not answer; mails wait")
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()

    def send_one(self) -> bool:
        """Sends the oldest mail that is due; False when there is none."""
        with self._database.transaction() as connection:
            owner = (users.c.id == outbox.c.user_id) | (users.c.email == outbox.c.address)
            due = select(outbox, users.c.id.label("owner_id"), users.c.email).join(users, owner, isouter=True)
            oldest = due.where(outbox.c.next_attempt_at <= clock.now()).order_by(outbox.c.id).limit(1)
            locked = oldest.with_for_update(of=outbox, skip_locked=True)
            owed = connection.execute(locked).mappings().first()
            if owed is None:
                return False
            if self._send(owed):
                connection.execute(delete(outbox).where(outbox.c.id == owed["id"]))
            else:
                self._postpone(connection, owed)
            return True

    def _send(self, owed: RowMapping) -> bool:
        """Whether the mail has been taken; one that cannot be written waits like any other and holds up no other."""
        try:
            message = self.compose(owed)
            return message is None or self.deliver(message)
        except (ValueError, LookupError) as error:
            _LOG.warning("a mail could not be written: %s", type(error).__name__)
            return False

    def compose(self, owed: RowMapping) -> EmailMessage | None:
        """The mail that is owed, with a new token where it needs one; None where nobody is to be written to."""
        title, _, text = files.read_text(f"auth/mails/{owed['kind']}.txt").partition("\n")
        settings = self._settings
        if owed["kind"] == VERIFICATION:
            hours = math.ceil(settings.verification_lifetime / 3600)
            text = text.format(link=settings.verification_link, token=self.make_token(owed), hours=hours)
        elif owed["kind"] == PASSWORD_RESET:
            reset = self.make_reset(owed)
            if reset is None:
                return None
            minutes = math.ceil(settings.reset_lifetime / 60)
            text = text.format(link=settings.reset_link, token=reset, minutes=minutes)
        message = EmailMessage()
        recipient = owed["address"] if owed["kind"] == ACCOUNT_DELETED else owed["email"]
        message["From"], message["To"], message["Subject"] = _SENDER, recipient, title
        message["Date"] = clock.now()
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.lstrip())
        return message

    def make_token(self, owed: RowMapping) -> str:
        """A verification token, kept as its hash and committed before it leaves."""
        token, now = sessions.new_token(), clock.now()
        with self._database.transaction() as connection:
            connection.execute(
                insert(verification_tokens).values(
                    token_hash=sessions.token_hash(token),
                    user_id=owed["user_id"],
                    hashed_password=owed["hashed_password"],
                    full_name=owed["full_name"],
                    created_at=now,
                    expires_at=now + timedelta(seconds=self._settings.verification_lifetime),
                )
            )
        return token

    def make_reset(self, owed: RowMapping) -> str | None:
        """A reset token, kept as its hash and committed before it leaves; the ones mailed before are void.

        There is none without an account in use, after the password was changed, or when enough have been mailed lately.
        """
        if owed["owner_id"] is None:
            return None
        token, now = sessions.new_token(), clock.now()
        with self._database.transaction() as connection:
            whose = users.c.id == owed["owner_id"]
            owner = connection.execute(select(users).where(whose).with_for_update()).mappings().first()
            if owner is None:  # deleted since the mail was found
                return None
            if (
                not owner["is_active"]
                or not owner["is_verified"]
                or owner["password_changed_at"] > owed["created_at"]
            ):
                return None
            of_this_mail = reset_tokens.c.mail_id == owed["id"]  # it is sent again, and counts once
            connection.execute(delete(reset_tokens).where(of_this_mail))
            if self.mailed(connection, owed["owner_id"]) >= self._settings.reset_mails:
                self._log.failure("password.reset-withheld", "too-many-mails", user_id=owed["owner_id"])
                return None
            void_resets(connection, owed["owner_id"])
            values = {
                "token_hash": sessions.token_hash(token),
                "user_id": owed["owner_id"],
                "mail_id": owed["id"],
            }
            ends = now + timedelta(seconds=self._settings.reset_lifetime)
            connection.execute(insert(reset_tokens).values(**values, created_at=now, expires_at=ends))
        self._log.success("password.reset-mailed", user_id=owed["owner_id"])
        return token

    def mailed(self, connection: Connection, user_id: str) -> int:
        """How many reset tokens an account was mailed lately."""
        since = clock.now() - timedelta(seconds=self._settings.reset_mail_window)
        recent = (reset_tokens.c.user_id == user_id) & (reset_tokens.c.created_at > since)
        return int(connection.scalar(select(func.count()).select_from(reset_tokens).where(recent)) or 0)

    def deliver(self, message: EmailMessage) -> bool:
        """Whether the mail server has taken the mail."""
        try:
            with smtplib.SMTP(self._host, self._port, timeout=_SMTP_SECONDS) as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            _LOG.warning("the mail server did not take a mail: %s", type(error).__name__)
            return False
        return True

    def _postpone(self, connection: Connection, owed: RowMapping) -> None:
        wait = min(0.25 * 2 ** owed["attempts"], 30.0)
        later = {"attempts": owed["attempts"] + 1, "next_attempt_at": clock.now() + timedelta(seconds=wait)}
        connection.execute(update(outbox).where(outbox.c.id == owed["id"]).values(later))


def void_resets(connection: Connection, user_id: str) -> None:
    """Voids every reset token of an account; they stay as used, so that it is known how many were mailed."""
    unused = (reset_tokens.c.user_id == user_id) & reset_tokens.c.used_at.is_(None)
    connection.execute(update(reset_tokens).where(unused).values(used_at=clock.now()))


def token_refusal(found: RowMapping | None, now: datetime) -> str | None:
    """Why a mailed token is not accepted, None where nothing about itself is against it."""
    if found is None:
        return "unknown"
    if found["used_at"] is not None:
        return "used"
    return "expired" if found["expires_at"] <= now else None
