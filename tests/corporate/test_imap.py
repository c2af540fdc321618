"""A mailbox read by IMAP, from a real server over TLS."""

from __future__ import annotations

import email.utils
import imaplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay import MailLibrary
from assay.core.errors import NoAnswer
from assay.core.reach import Proxy, Way
from assay.evidence.expect import Unmet
from assay.mail.imap import Mailbox

from tests.corporate.conftest import MAIL_PASSWORD, mailbox
from tests.corporate.network import Authority, Listening, proxy

TOKEN = "VmVyaWZpY2F0aW9uLXRva2Vu"
LINK = f"https://www.platform.test/confirm?a=b&token={TOKEN}"


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    return folder


@pytest.fixture
def server(letters: Path, authority: Authority) -> Iterator[Listening]:
    with mailbox(letters, authority) as listening:
        yield listening


@pytest.fixture
def box(server: Listening, authority: Authority) -> Iterator[Mailbox]:
    made = _box(server, authority)
    yield made
    made.close()


def _box(server: Listening, authority: Authority, **other: str) -> Mailbox:
    said: dict[str, Any] = {"user": "qa", "password": MAIL_PASSWORD, "folder": "INBOX", **other}
    return Mailbox(f"imaps://localhost:{server.port}", way=Way((str(authority.pem),)), **said)


def _post(
    folder: Path, number: int, to: str, text: str = "Hello", days: int = 0, page: str = "", **headers: str
) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Auth <auth@platform.test>", to, f"Mail {number}"
    made["Date"] = email.utils.format_datetime(email.utils.localtime() - timedelta(days=days))
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(page or text, subtype="html" if page else "plain")
    (folder / f"{number:03}.eml").write_bytes(made.as_bytes())


def _subjects(box: Mailbox, address: str) -> list[str]:
    return [mail.subject for mail in box.mails_to(address)]


def test_mails_are_found_by_recipient_the_oldest_first(box: Mailbox, letters: Path) -> None:
    _post(letters, 1, "qa+ann@corp.example", LINK)
    _post(letters, 2, "QA+bob@corp.example")
    _post(letters, 3, "Ann <qa+ann@corp.example>, qa+eve@corp.example")
    _post(letters, 4, "list@corp.example", Delivered_To="qa+ann@corp.example")
    _post(letters, 5, "xqa+ann@corp.example")
    _post(letters, 6, "qa+ann@corp.example.org")
    assert _subjects(box, "qa+ann@corp.example") == ["Mail 1", "Mail 3", "Mail 4"]
    assert _subjects(box, "qa+BOB@corp.example") == ["Mail 2"]
    assert _subjects(box, "qa+zoe@corp.example") == []
    assert len(box.mails()) == 6
    [first, *_] = box.mails_to("qa+ann@corp.example")
    assert (first.sender, first.to, first.links) == ("auth@platform.test", "qa+ann@corp.example", [LINK])


def test_a_letter_that_only_looks_alike_is_another(box: Mailbox, letters: Path) -> None:
    _post(letters, 1, "k@corp.example")
    assert _subjects(box, "\N{KELVIN SIGN}@corp.example") == []
    assert _subjects(box, "k@corp.example") == ["Mail 1"]


def test_a_mail_that_comes_while_the_connection_is_open_is_seen(
    box: Mailbox, letters: Path, server: Listening
) -> None:
    assert box.mails() == []
    _post(letters, 1, "qa+ann@corp.example")
    assert _subjects(box, "qa+ann@corp.example") == ["Mail 1"]
    assert len(server.seen) == 1


def test_what_was_there_long_before_the_run_is_not_looked_at(box: Mailbox, letters: Path) -> None:
    _post(letters, 1, "qa+ann@corp.example", days=4)
    _post(letters, 2, "qa+ann@corp.example")
    assert _subjects(box, "qa+ann@corp.example") == ["Mail 2"]


def test_a_page_is_read_with_its_links(box: Mailbox, letters: Path) -> None:
    page = f'<p>Please <a class="b" href="{LINK.replace("&", "&amp;")}">confirm</a>.</p>'
    _post(letters, 1, "qa+ann@corp.example", page=page)
    [mail] = box.mails_to("qa+ann@corp.example")
    assert mail.links == [LINK]
    assert "<p>" not in mail.text


def test_a_connection_that_ended_is_made_anew(box: Mailbox, letters: Path, server: Listening) -> None:
    assert box.mails() == []
    assert box._connection is not None
    broken = box._connection.sock
    broken.shutdown(socket.SHUT_RDWR)
    _post(letters, 1, "qa+ann@corp.example")
    assert _subjects(box, "qa+ann@corp.example") == ["Mail 1"]
    assert broken.fileno() == -1
    assert len(server.seen) == 2


def test_what_is_wrong_is_told_in_one_line_without_the_password(
    server: Listening, authority: Authority
) -> None:
    where = f"mail at imaps://localhost:{server.port}"
    for box, told in (
        (_box(server, authority, password="another-one"), f"{where} does not let qa in"),
        (_box(server, authority, folder="Nowhere"), f"{where} has no folder 'Nowhere' for qa"),
        (
            Mailbox(f"imaps://localhost:{server.port}", "qa", MAIL_PASSWORD),
            f"{where} did not answer: TLS failed",
        ),
        (Mailbox("imaps://localhost:1", "qa", MAIL_PASSWORD), "did not answer: .*refused"),
    ):
        with pytest.raises(NoAnswer, match=told) as caught:
            box.mails()
        assert "another-one" not in str(caught.value)


@pytest.mark.parametrize("command", ["login", "select"])
@pytest.mark.parametrize("fault", [imaplib.IMAP4.abort("bye"), TimeoutError("timed out")])
def test_a_connection_that_breaks_while_it_is_opened_is_closed(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch, command: str, fault: Exception
) -> None:
    begun: list[imaplib.IMAP4] = []

    def breaks(connection: imaplib.IMAP4, *_: Any, **__: Any) -> None:
        begun.append(connection)
        raise fault

    monkeypatch.setattr(imaplib.IMAP4, command, breaks)
    with pytest.raises(NoAnswer, match="did not answer"):
        box.mails()
    assert [connection.sock.fileno() for connection in begun] == [-1]


def test_a_mailbox_is_reached_through_the_proxy(
    server: Listening, authority: Authority, letters: Path
) -> None:
    _post(letters, 1, "qa+ann@corp.example")
    with proxy() as between:
        way = Way((str(authority.pem),), Proxy(between.url))
        box = Mailbox(f"imaps://localhost:{server.port}", "qa", MAIL_PASSWORD, way=way)
        assert _subjects(box, "qa+ann@corp.example") == ["Mail 1"]
        box.close()
    assert between.seen == [f"CONNECT localhost:{server.port}"]


def test_the_keywords_read_it_like_any_other(
    server: Listening, authority: Authority, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: dict[str, Any] = {
        "kind": "imap",
        "url": f"imaps://localhost:{server.port}",
        "user": "qa",
        "password": MAIL_PASSWORD,
    }
    platform = SimpleNamespace(
        observed=lambda _: where, way_to=lambda url, ca=None: Way((str(authority.pem),))
    )
    monkeypatch.setattr(MailLibrary, "current", lambda: SimpleNamespace(platform=platform, ledger=None))
    keywords = MailLibrary.MailLibrary()
    _post(letters, 1, "qa+ann@corp.example", f"Follow {LINK}")
    _post(letters, 2, "qa+bob@corp.example", "Nothing to follow")
    mail = keywords.wait_for_mail("qa+ann@corp.example", with_token=True)
    assert keywords.mailed_token_in(mail).value == TOKEN
    keywords.nobody_else_should_have_the_token_of(mail)
    _post(letters, 3, "qa+eve@corp.example", f"Follow {LINK}")
    with pytest.raises(Unmet, match="qa.eve"):
        keywords.nobody_else_should_have_the_token_of(mail)
    with pytest.raises(Unmet, match="within 0.1 s"):
        keywords.wait_for_mail("qa+bob@corp.example", number=2, within=timedelta(seconds=0.1))
    where["within"] = 0.3
    with pytest.raises(Unmet, match="within 0.3 s"):
        keywords.wait_for_mail("qa+bob@corp.example", number=2, within=timedelta(seconds=0.1))
