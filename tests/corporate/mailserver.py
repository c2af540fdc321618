"""A small IMAP server on Twisted's protocol: python -m tests.corporate.mailserver FOLDER [OUTBOX]

Its one mailbox, INBOX of `qa` with the password in MAILSERVER_PASSWORD, holds the files FOLDER/*.eml in the order of their
names, and what the mail stand-in at OUTBOX has (its key in OUTBOX_KEY). It prints its port; TLS is ended in front of it. It ends with its standard input.
"""

from __future__ import annotations

import email
import email.utils
import io
import json
import os
import sys
import threading
import urllib.request
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

from twisted.cred import checkers, error, portal
from twisted.internet import protocol, reactor
from twisted.mail import imap4
from zope.interface import implementer

USER = "qa"


@implementer(imap4.IMessage)
class Letter:
    """A mail as the protocol reads it."""

    def __init__(self, number: int, message: Message) -> None:
        self.number, self.message = number, message
        self.octets = message.as_bytes()

    def getHeaders(self, negate: bool, *names: bytes | str) -> dict[str, str]:
        asked = {name.decode().lower() if isinstance(name, bytes) else name.lower() for name in names}
        return {
            name.lower(): str(value)
            for name, value in self.message.items()
            if not asked or (name.lower() in asked) != negate
        }

    def getBodyFile(self) -> io.BytesIO:
        return io.BytesIO(self.octets.partition(b"\n\n")[2])

    def getSize(self) -> int:
        return len(self.octets)

    def isMultipart(self) -> bool:
        return False

    def getSubPart(self, part: int) -> Letter:
        raise IndexError(part)

    def getUID(self) -> int:
        return self.number

    def getFlags(self) -> list[str]:
        return []

    def getInternalDate(self) -> str:
        return str(self.message["Date"])

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.octets)


@implementer(imap4.IMessageFile, imap4.IMailboxInfo, imap4.IMailbox)
class Inbox:
    """The folder; what came since the last look is announced at the next command."""

    def __init__(self, folder: Path, outbox: str) -> None:
        self.folder, self.outbox = folder, outbox
        self.letters: list[Letter] = []
        self.listeners: list[Any] = []

    def look(self) -> None:
        found = [email.message_from_bytes(path.read_bytes()) for path in sorted(self.folder.glob("*.eml"))]
        if self.outbox:
            asked = urllib.request.Request(
                f"{self.outbox}/messages", headers={"Authorization": f"Bearer {os.environ['OUTBOX_KEY']}"}
            )
            with urllib.request.urlopen(asked, timeout=5) as answer:
                found += [_letter(one) for one in json.load(answer)]
        self.letters += [
            Letter(len(self.letters) + 1 + at, one) for at, one in enumerate(found[len(self.letters) :])
        ]

    def getUIDValidity(self) -> int:
        return 1

    def getUIDNext(self) -> int:
        return len(self.letters) + 1

    def getUID(self, message: int) -> int:
        return message

    def getMessageCount(self) -> int:
        self.look()
        return len(self.letters)

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return len(self.letters)

    def isWriteable(self) -> bool:
        return False

    def getFlags(self) -> list[str]:
        return ["\\Seen"]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def addListener(self, listener: Any) -> None:
        self.listeners.append(listener)

    def removeListener(self, listener: Any) -> None:
        self.listeners.remove(listener)

    def fetch(self, messages: Any, uid: bool) -> list[tuple[int, Letter]]:
        self.look()
        messages.last = len(self.letters)
        return [(one.number, one) for one in self.letters if one.number in messages]


class Account(imap4.MemoryAccount):  # type: ignore[misc]
    """The account of `qa`, with an INBOX that is there already."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(USER)
        self.addMailbox("INBOX", inbox)


@implementer(portal.IRealm)
class Realm:
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def requestAvatar(self, who: Any, mind: Any, *interfaces: Any) -> Any:
        del who, mind, interfaces
        return imap4.IAccount, Account(self.inbox), lambda: None


@implementer(checkers.ICredentialsChecker)
class Checker(checkers.InMemoryUsernamePasswordDatabaseDontUse):  # type: ignore[misc]
    """Knows one password."""

    def requestAvatarId(self, credentials: Any) -> Any:
        if (
            credentials.username == USER.encode()
            and credentials.password == os.environb[b"MAILSERVER_PASSWORD"]
        ):
            return credentials.username
        raise error.UnauthorizedLogin


class Server(imap4.IMAP4Server):  # type: ignore[misc]
    """Searches by text, where the protocol of this package still hands octets to functions of text."""

    def search_SINCE(self, query: list[Any], id: int, msg: Any) -> bool:
        query[0] = query[0].decode()
        return bool(super().search_SINCE(query, id, msg))

    def search_TO(self, query: list[Any], id: int, msg: Any) -> bool:
        query[0] = query[0].decode()
        return bool(super().search_TO(query, id, msg))

    def search_CC(self, query: list[Any], id: int, msg: Any) -> bool:
        query[0] = query[0].decode()
        return bool(super().search_CC(query, id, msg))

    def search_HEADER(self, query: list[Any], id: int, msg: Any) -> bool:
        query[:2] = [word.decode() for word in query[:2]]
        return bool(super().search_HEADER(query, id, msg))


class Factory(protocol.Factory):  # type: ignore[misc]
    def __init__(self, inbox: Inbox) -> None:
        self.portal = portal.Portal(Realm(inbox), [Checker()])

    def buildProtocol(self, address: Any) -> Any:
        made = Server()
        made.portal, made.factory = self.portal, self
        return made


def _letter(said: dict[str, str]) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = said["from"], said["to"], said["subject"]
    made["Date"] = email.utils.localtime()
    made.set_content(said["text"])
    return made


def main(folder: str, outbox: str = "") -> None:
    loop: Any = reactor
    port = loop.listenTCP(0, Factory(Inbox(Path(folder), outbox)), interface="127.0.0.1")
    print(port.getHost().port, flush=True)

    def wait() -> None:
        sys.stdin.read()
        loop.callFromThread(loop.stop)

    threading.Thread(target=wait, daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
