"""The mail stand-in's messages, read over a real connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from assay import MailLibrary
from assay.core.errors import NoAnswer
from assay.core.reach import Way
from assay.evidence.expect import Unmet
from assay.mail.outbox import Mail, Outbox

LETTER = {
    "id": "1",
    "from": "auth@platform.test",
    "to": "ann@people.test",
    "subject": "Confirm your address",
    "text": "Follow (https://www.platform.test/confirm?token=abc-1) or <https://www.platform.test/help>.",
}


class Mailbox(BaseHTTPRequestHandler):
    """Answers with what the test put into `answers`, by path."""

    answers: ClassVar[dict[str, tuple[int, Any]]] = {}

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if self.headers["Authorization"] != "Bearer its-key":
            return self.send_error(401)
        address = parse_qs(parts.query).get("to", ["everybody"])[0]
        status, body = self.answers.get(address, (200, []))
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the console quiet."""


@pytest.fixture
def mailbox() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mailbox)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Mailbox.answers = {"ann@people.test": (200, [LETTER])}
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_mail_is_read_with_its_links(mailbox: str) -> None:
    [mail] = Outbox(mailbox, "its-key").mails_to("ann@people.test")
    assert mail.to == "ann@people.test" and mail.sender == "auth@platform.test"
    assert mail.links == ["https://www.platform.test/confirm?token=abc-1", "https://www.platform.test/help"]


def test_an_address_without_mail_has_none(mailbox: str) -> None:
    assert Outbox(mailbox, "its-key").mails_to("bob+tag@people.test") == []


def test_the_text_of_a_mail_does_not_show_where_it_is_printed() -> None:
    assert "abc-1" not in repr(Mail("1", "a@b.test", "c@d.test", "s", "token=abc-1"))


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b"oops", "answered 500"),
        (200, b"<html>", "something else than a list"),
        (200, {"mails": []}, "something else than a list"),
    ],
)
def test_an_odd_answer_is_told_in_one_line(mailbox: str, status: int, body: object, told: str) -> None:
    Mailbox.answers["eve@people.test"] = (status, body)
    with pytest.raises(NoAnswer, match=told):
        Outbox(mailbox, "its-key").mails_to("eve@people.test")


def test_a_mail_server_that_is_not_there_is_named_with_its_address() -> None:
    with pytest.raises(NoAnswer, match=r"mail at http://127\.0\.0\.1:1 did not answer: .*refused"):
        Outbox("http://127.0.0.1:1").mails_to("ann@people.test")


def test_a_mailbox_that_wants_another_key_is_told(mailbox: str) -> None:
    with pytest.raises(NoAnswer, match="answered 401"):
        Outbox(mailbox).mails_to("ann@people.test")


@pytest.fixture
def keywords(mailbox: str, monkeypatch: pytest.MonkeyPatch) -> MailLibrary.MailLibrary:
    platform = SimpleNamespace(
        observed=lambda _: {"url": mailbox, "key": "its-key"}, way_to=lambda url, ca=None: Way()
    )
    monkeypatch.setattr(MailLibrary, "current", lambda: SimpleNamespace(platform=platform, ledger=None))
    return MailLibrary.MailLibrary()


TOKEN = "VmVyaWZpY2F0aW9uLXRva2Vu"
CONFIRM = {**LETTER, "text": f"Follow https://www.platform.test/confirm?token={TOKEN}"}


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([], None),
        ([{**LETTER, "to": "bob@people.test"}], None),
        ([{**CONFIRM, "to": "ANN@people.test"}], None),
        ([{**CONFIRM, "to": "bob@people.test"}], "bob@people"),
        ([{**LETTER, "to": "bob@people.test", "text": f"for ann: {TOKEN}"}], "bob@people"),
    ],
)
def test_a_token_that_went_to_somebody_else_too_is_found_out(
    keywords: MailLibrary.MailLibrary, others: list[dict[str, str]], told: str | None
) -> None:
    Mailbox.answers |= {"ann@people.test": (200, [CONFIRM]), "everybody": (200, [CONFIRM, *others])}
    mail = keywords.wait_for_mail("ann@people.test")
    if told is None:
        keywords.nobody_else_should_have_the_token_of(mail)
    else:
        with pytest.raises(Unmet, match=told):
            keywords.nobody_else_should_have_the_token_of(mail)


def test_an_outbox_that_does_not_show_everything_proves_nothing(keywords: MailLibrary.MailLibrary) -> None:
    Mailbox.answers |= {"ann@people.test": (200, [CONFIRM]), "everybody": (200, [])}
    with pytest.raises(Unmet, match="among the mails to everybody"):
        keywords.nobody_else_should_have_the_token_of(keywords.wait_for_mail("ann@people.test"))


def test_a_mention_is_found_in_whatever_capitals_and_nothing_proves_nothing(
    keywords: MailLibrary.MailLibrary,
) -> None:
    keywords.no_mail_should_mention("ann@people.test", "attacker.test")
    with pytest.raises(Unmet, match="Confirm your address"):
        keywords.no_mail_should_mention("ann@people.test", "WWW.platform.test")
    with pytest.raises(Unmet, match="mails to bob"):
        keywords.no_mail_should_mention("bob@people.test", "attacker.test")


def test_mails_with_a_token_are_told_from_others(keywords: MailLibrary.MailLibrary) -> None:
    notice = {**LETTER, "text": "Nothing to follow."}
    Mailbox.answers |= {"ann@people.test": (200, [notice, CONFIRM])}
    assert len(keywords.mails_to("ann@people.test")) == 2
    assert [mail.text for mail in keywords.mails_to("ann@people.test", with_token=True)] == [CONFIRM["text"]]
    assert keywords.wait_for_mail("ann@people.test", with_token=True).text == CONFIRM["text"]
