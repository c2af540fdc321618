"""Reads a mailbox by IMAP (RFC 9051), kind `imap`: one folder in which the mails to all fresh addresses arrive.

Nothing is changed in it: the folder is opened for reading, and no mail is marked as seen. What was there the day before the
run began is not looked at.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import html
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from assay.core import reach
from assay.core.errors import NoAnswer
from assay.core.reach import Way
from assay.mail.outbox import PATIENCE, Mail

_RECIPIENTS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_DAY = 86400.0
_TAG = re.compile(r"<(?:a\s[^>]*?href=[\"']([^\"']*)[\"'][^>]*|[^>]*)>", re.IGNORECASE)
_CAPITALS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class _Connection(imaplib.IMAP4):
    """IMAP over TLS from the first octet, by a connection that is opened where all are."""

    def __init__(self, url: str, way: Way) -> None:
        self._url, self._way = url, way
        super().__init__(*reach.host_and_port(url), PATIENCE)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = reach.wrapped(self._url, self._way, time.monotonic() + (timeout or PATIENCE))
        sock.settimeout(timeout)
        return sock


class Mailbox:
    """A folder of a mailbox; a connection is kept from one look to the next, and made anew when it has ended."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        folder: str = "INBOX",
        way: Way | None = None,
        since: float = 0.0,
    ) -> None:
        self.url = url.rstrip("/")
        self._user, self._password, self._folder = user, password, folder
        self._way = way or Way()
        self._since = imaplib.Time2Internaldate((since or time.time()) - _DAY)[1:12]
        self._connection: _Connection | None = None
        self._read: dict[str, EmailMessage] = {}

    def mails_to(self, address: str) -> list[Mail]:
        """What arrived for an address so far, the oldest first; capital letters make no difference."""
        criteria = ["SINCE", self._since]
        if address.isascii() and not set(address) & set('"\\'):
            quoted = f'"{address}"'
            criteria += ["OR", "TO", quoted, "OR", "CC", quoted]
            criteria += ["OR", "HEADER", "Delivered-To", quoted, "OR", "HEADER", "X-Original-To", quoted]
            criteria += ["HEADER", "Envelope-To", quoted]
        wanted = _plain(address)
        found = self._found(criteria)
        return [
            _mail(number, one, address) for number, one in found if wanted in map(_plain, _recipients(one))
        ]

    def mails(self) -> list[Mail]:
        """What arrived for anybody so far, the oldest first."""
        return [_mail(number, one, "") for number, one in self._found(["SINCE", self._since])]

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                self._connection.logout()
            self._connection = None

    def _found(self, criteria: list[str]) -> list[tuple[str, EmailMessage]]:
        kept = self._connection is not None
        try:
            return self._look(criteria)
        except (OSError, imaplib.IMAP4.abort) as error:
            self._drop()
            if not kept:
                raise self._silent(error) from error
        try:
            return self._look(criteria)  # the server may have ended an idle connection meanwhile
        except (OSError, imaplib.IMAP4.abort) as error:
            self._drop()
            raise self._silent(error) from error

    def _drop(self) -> None:
        """Closes what does not answer any more."""
        if self._connection is not None:
            _shut(self._connection)
            self._connection = None

    def _look(self, criteria: list[str]) -> list[tuple[str, EmailMessage]]:
        connection = self._connection or self._opened()
        connection.noop()  # what has arrived since is told by the answer to any command
        numbers = self._asked(connection.uid("SEARCH", *criteria))[0] or b""
        return [
            (number, self._one(connection, number)) for number in sorted(numbers.decode().split(), key=int)
        ]

    def _one(self, connection: _Connection, number: str) -> EmailMessage:
        if number not in self._read:
            parts = self._asked(connection.uid("FETCH", number, "(BODY.PEEK[])"))
            octets = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            self._read[number] = email.message_from_bytes(octets, policy=email.policy.default)
        return self._read[number]

    def _opened(self) -> _Connection:
        connection = _Connection(self.url, self._way)
        try:
            self._enter(connection)
        except BaseException:
            _shut(connection)
            raise
        self._read.clear()  # the numbers may mean other mails now (UIDVALIDITY)
        self._connection = connection
        return connection

    def _enter(self, connection: _Connection) -> None:
        """Logs in and opens the folder for reading."""
        try:
            connection.login(self._user, self._password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise NoAnswer(f"mail at {self.url} does not let {self._user} in") from error
        quoted = '"' + self._folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if connection.select(quoted, readonly=True)[0] != "OK":
            raise NoAnswer(f"mail at {self.url} has no folder '{self._folder}' for {self._user}")

    def _asked(self, answer: tuple[str, list[Any]]) -> list[Any]:
        if answer[0] != "OK":
            raise NoAnswer(f"mail at {self.url} answered {answer[0]} where its mails were asked for")
        return answer[1]

    def _silent(self, error: BaseException) -> NoAnswer:
        if isinstance(error, ssl.SSLError):
            why = f"TLS failed: {getattr(error, 'verify_message', '') or error.reason or error}"
        else:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return NoAnswer(f"mail at {self.url} did not answer: {why}")


def _shut(connection: _Connection) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown()


def _mail(number: str, message: EmailMessage, address: str) -> Mail:
    senders = _addresses(message, ("From",))
    return Mail(
        id=number,
        sender=next(senders, ""),
        to=address or next(_recipients(message), ""),
        subject=str(message.get("Subject", "")),
        text=_text(message),
    )


def _recipients(message: EmailMessage) -> Iterator[str]:
    return _addresses(message, _RECIPIENTS)


def _addresses(message: EmailMessage, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        texts = [
            str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            for value in message.get_all(name, [])
        ]
        yield from (address for _, address in getaddresses(texts) if address)


def _text(message: EmailMessage) -> str:
    """The readable body; of a page, its text and, in its place, the address of each link."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except LookupError:  # a charset that nobody knows
        text = body.as_bytes().partition(b"\n\n")[2].decode("utf-8", "replace")
    if body.get_content_subtype() == "html":
        text = html.unescape(_TAG.sub(lambda found: f" {found.group(1) or ''} ", text))
    return text.replace("\r\n", "\n")


def _plain(address: str) -> str:
    """An address without capitals. Letters of A to Z alone, for others have lookalikes among those with capitals."""
    return address.translate(_CAPITALS)
