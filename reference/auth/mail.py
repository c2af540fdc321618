"""Mails: put into an outbox in the transaction that asks for them, sent from there until they have been taken."""

import logging
import math
import smtplib
import threading
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from reference.auth import sessions
from reference.auth.database import Database, outbox, users, verification_tokens
from reference.auth.settings import Settings
from reference.common import clock, files, problems

VERIFICATION = "verification"
ALREADY_REGISTERED = "already-registered"
_SENDER = "Accounts <accounts@auth.assay.test>"
_POLL_SECONDS = 1.0
_SMTP_SECONDS = 3.0
_LOG = logging.getLogger("assay.mail")


class Outbox:
    """Mails that are owed. One that was interrupted is sent again with a token of its own."""

    def __init__(self, database: Database, settings: Settings, smtp: str) -> None:
        self._database, self._settings = database, settings
        host, _, port = smtp.rpartition(":")
        self._host, self._port = host, int(port)
        self._wake = threading.Event()

    def add(
        self,
        connection: Connection,
        kind: str,
        user_id: str,
        hashed_password: str | None,
        full_name: str | None,
    ) -> None:
        """Owes a mail from the moment that the transaction is committed."""
        now = clock.now()
        values = {
            "kind": kind,
            "user_id": user_id,
            "hashed_password": hashed_password,
            "full_name": full_name,
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
            due = select(outbox, users.c.email).join(users, users.c.id == outbox.c.user_id)
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
            return self.deliver(self.compose(owed))
        except (ValueError, LookupError) as error:
            _LOG.warning("a mail could not be written: %s", type(error).__name__)
            return False

    def compose(self, owed: RowMapping) -> EmailMessage:
        """The mail that is owed, with a new token where it needs one."""
        title, _, text = files.read_text(f"auth/mails/{owed['kind']}.txt").partition("\n")
        if owed["kind"] == VERIFICATION:
            hours = math.ceil(self._settings.verification_lifetime / 3600)
            text = text.format(
                link=self._settings.verification_link, token=self.make_token(owed), hours=hours
            )
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = _SENDER, owed["email"], title
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
