"""Keywords about the mails that a platform sends."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

from robot.api import logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core.reach import Way
from assay.core.run import current
from assay.core.waiting import until
from assay.evidence.expect import Unmet, expect
from assay.evidence.finding import Finder, plain
from assay.evidence.redact import conceal, redact
from assay.mail.imap import Mailbox
from assay.mail.outbox import Mail, Outbox

TOKEN = r"[?&#/]token[=/]([A-Za-z0-9._~%-]+)"
_STARTED = time.time()


@library(scope="GLOBAL", auto_keywords=False)
class MailLibrary:
    """Reads the mails that the platform sent, where the target lets them be observed (`auth.mail`).

    The target says where: `observes: {mail: {url: http://127.0.0.1:8025, kind: outbox}}`. What the token in a mail looks
    like can be said there too, as a regular expression with one group (`token: ...`).
    A mailbox is read by IMAP: `{kind: imap, url: imaps://imap.example.com, user: ..., password: {env: NAME}}`.
    Mails are awaited by looking again and again until a deadline; nothing here sleeps for a fixed time.
    """

    @keyword
    def wait_for_mail(
        self,
        address: str,
        containing: str = "",
        number: int = 1,
        within: timedelta = timedelta(seconds=5),
        with_token: bool = False,
    ) -> Mail:
        """Waits until a mail to an address is there and returns it.

        | =Argument=   | =Meaning= |
        | `address`    | the recipient, exactly as it was given to the platform |
        | `containing` | a piece of the subject or text; other mails are passed over |
        | `number`     | which of the mails that fit, counted from 1 |
        | `within`     | how long to wait; longer where the target says that its mails take longer |
        | `with_token` | mails without a link that holds a token are passed over |

        Returns a mail with `subject`, `text`, `sender`, `to` and `links`. Fails on its expectation when none came.
        Example: | ${mail} = | `Wait For Mail` | ${account.email} | containing=confirm |
        """
        found: list[Mail] = []

        def arrived() -> Mail | None:
            found[:] = [
                mail for mail in _mails(address, with_token) if containing in mail.subject + mail.text
            ]
            return found[number - 1] if len(found) >= number else None

        seconds = max(within.total_seconds(), float(_where().get("within", 0)))
        mail = until(arrived, seconds)
        if mail is None:
            what = f"mail number {number}" if number > 1 else "a mail"
            about = f" that holds '{containing}'" if containing else ""
            raise Unmet(
                f"{what}{about} to {address} within {seconds:g} s",
                f"{len(found)} such mails",
                f"mail at {_outbox().url}",
            )
        logger.info(redact(f"{mail} from {mail.sender}\n\n{_hidden(mail)}"))
        return mail

    @keyword
    def mailed_token_in(self, mail: Mail) -> Secret:
        """The token that a mail brings to confirm an address or to reset a password, taken from its link.

        Fails on its expectation when the mail holds no link with a token.
        Example: | ${token} = | `Mailed Token In` | ${mail} |
        """
        found = _token(mail)
        if found is None:
            raise Unmet("a link with a token", f"{len(mail.links)} links without one", str(mail))
        conceal(found, "mailed token")
        if book := current().ledger:
            book.belongs(found, mail.to)
        return Secret(found)

    @keyword
    def no_mail_should_mention(self, address: str, text: str) -> None:
        """No mail to an address holds a text, in whatever capitals; there is at least one mail.

        Example: | `No Mail Should Mention` | ${account.email} | attacker.example.com |
        """
        mails = _outbox().mails_to(address)
        expect(bool(mails), f"mails to {address}", "none", f"mail at {_outbox().url}")
        holding = [str(mail) for mail in mails if text.lower() in f"{mail.subject}\n{mail.text}".lower()]
        expect(not holding, f"no mail that mentions {text}", ", ".join(holding), f"mail at {_outbox().url}")

    @keyword
    def mails_to(self, address: str, with_token: bool = False) -> list[Mail]:
        """The mails that went to an address until now, the oldest first; those with a link that holds a token only, if asked."""
        return _mails(address, with_token)

    @keyword
    def nobody_else_should_have_the_token_of(self, mail: Mail) -> None:
        """No mail to another address holds the token that this one brings, however it is spelt.

        All mails of the platform are looked at, those to people of other tests too. Call it when a mail that was asked for
        later has come; a mail that is still under way is not seen.
        Example: | `Nobody Else Should Have The Token Of` | ${mail} |
        """
        finder = Finder({"the token": plain(self.mailed_token_in(mail))})
        holders = [one for one in _outbox().mails() if finder.names_in(f"{one.subject}\n{one.text}")]
        own = [one for one in holders if one.to.lower() == mail.to.lower()]
        expect(own, f"{mail} among the mails to everybody", "it not among them", f"mail at {_outbox().url}")
        others = sorted({one.to for one in holders} - {one.to for one in own})
        expect(not others, f"the token mailed to {mail.to} only", f"to {others} too", str(mail))

    @keyword
    def mail_should_hold_no_secret(self, mail: Mail, **secrets: Secret | str) -> None:
        """Looks for secrets in a mail, raw, in base64, in hexadecimal and escaped; the names tell which was found.

        Example: | `Mail Should Hold No Secret` | ${mail} | password=${account.password} |
        """
        named = {name.replace("_", " "): plain(value) for name, value in secrets.items()}
        if not named:
            raise ValueError("name at least one secret: password=${account.password}")
        held = Finder(named).names_in(f"{mail.subject}\n{mail.text}")
        expect(not held, "no secret in the mail", ", ".join(held), str(mail))


def _mails(address: str, with_token: bool) -> list[Mail]:
    mails = _outbox().mails_to(address)
    return [mail for mail in mails if _token(mail) is not None] if with_token else mails


def _where() -> Mapping[str, Any]:
    found: Mapping[str, Any] = current().platform.observed("mail")
    return found


def _outbox() -> Outbox | Mailbox:
    where = _where()
    way = current().platform.way_to(where["url"], ca=where.get("ca"))
    if where.get("kind") != "imap":
        return Outbox(where["url"], where.get("key", ""), way)
    conceal(where["password"], "password")
    return _mailbox(where["url"], where["user"], where["password"], where.get("folder", "INBOX"), way)


@cache
def _mailbox(url: str, user: str, password: str, folder: str, way: Way) -> Mailbox:
    return Mailbox(url, user, password, folder, way, _STARTED)


def _token(mail: Mail) -> str | None:
    pattern = _where().get("token", TOKEN)
    return next((unquote(found.group(1)) for link in mail.links if (found := re.search(pattern, link))), None)


def _hidden(mail: Mail) -> str:
    if (found := _token(mail)) is not None:
        conceal(found, "mailed token")
    return mail.text
