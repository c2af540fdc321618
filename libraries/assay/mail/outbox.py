"""Reads the mail stand-in, kind `outbox`.

`GET <url>/messages?to=<address>`, with the key as a bearer token where the target names one, answers a list
`[{"id", "from", "to", "subject", "text"}, ...]` of the mails that were delivered to that address, the oldest first; `text` is the
readable body. An address without mail has an empty list. `GET <url>/messages` answers those to every address.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from assay.core import reach
from assay.core.errors import NoAnswer
from assay.core.reach import Way

_LINK = re.compile(r"https?://[^\s<>\"')\]]+")
PATIENCE = 5.0


@dataclass(frozen=True)
class Mail:
    """A mail as it lies in the mailbox."""

    id: str
    sender: str
    to: str
    subject: str
    text: str = field(repr=False)

    @property
    def links(self) -> list[str]:
        """Every address of a page that the text names."""
        return _LINK.findall(self.text)

    def __str__(self) -> str:
        return f"mail '{self.subject}' to {self.to}"


class Outbox:
    """The mails that a platform sent, as the stand-in shows them."""

    def __init__(self, url: str, key: str = "", way: Way | None = None) -> None:
        self.url = url.rstrip("/")
        self._way = way or Way()
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    def mails_to(self, address: str) -> list[Mail]:
        """What was sent to an address so far, the oldest first."""
        return [_mail(entry) for entry in self._get(f"/messages?to={quote(address, safe='')}")]

    def mails(self) -> list[Mail]:
        """What was sent to anybody so far, the oldest first."""
        return [_mail(entry) for entry in self._get("/messages")]

    def _get(self, path: str) -> list[dict[str, Any]]:
        connection = http.client.HTTPConnection(*reach.host_and_port(self.url), timeout=PATIENCE)
        opened = reach.wrapped if self.url.startswith("https:") else reach.connect
        try:
            connection.sock = opened(self.url, self._way, time.monotonic() + PATIENCE)
            connection.sock.settimeout(PATIENCE)
            connection.request("GET", urlsplit(self.url).path + path, headers=self._headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"mail at {self.url} did not answer: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise NoAnswer(f"mail at {self.url} answered {answer.status} where its messages were asked for")
        try:
            messages = json.loads(body)
        except ValueError:
            messages = None
        if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
            raise NoAnswer(f"mail at {self.url} answered something else than a list of messages")
        return messages


def _mail(entry: dict[str, Any]) -> Mail:
    return Mail(
        id=str(entry.get("id", "")),
        sender=str(entry.get("from", "")),
        to=str(entry.get("to", "")),
        subject=str(entry.get("subject", "")),
        text=str(entry.get("text", "")),
    )
