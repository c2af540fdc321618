"""What a service says on a link, in the protocols that are known."""

from __future__ import annotations

import pytest
from assay.crash.speech import OCTETS, Postgres, Redis, Smtp, Speech


def message(kind: bytes, content: bytes) -> bytes:
    return kind + (len(content) + 4).to_bytes(4, "big") + content


def query(sql: str) -> bytes:
    return message(b"Q", sql.encode() + b"\0")


def parse(sql: str, name: str = "") -> bytes:
    return message(b"P", f"{name}\0{sql}\0".encode() + b"\0\0")


def bind(name: str = "") -> bytes:
    return message(b"B", f"\0{name}\0".encode() + b"\0\0\0\0\0\0")


@pytest.fixture
def postgres() -> Postgres:
    said = Postgres()
    ssl = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    start = b"\0\x03\0\0user\0auth\0\0"
    assert said.heard(ssl) == said.heard((len(start) + 4).to_bytes(4, "big") + start) == []
    assert said.heard(message(b"p", b"a password")) == []
    return said


def test_a_transaction_is_one_write(postgres: Postgres) -> None:
    assert postgres.heard(query("BEGIN")) == [] and postgres.busy
    assert postgres.heard(parse("UPDATE users SET a = $1") + bind() + message(b"S", b"")) == []
    assert postgres.heard(query("insert into public.mails values (1)")) == []
    assert postgres.heard(query("COMMIT")) == ["COMMIT of UPDATE users, INSERT public.mails"]
    assert not postgres.busy


@pytest.mark.parametrize(
    "statements",
    [
        ["BEGIN", "SELECT 1 FOR UPDATE", "COMMIT"],
        ["BEGIN", "DELETE FROM a", "ROLLBACK", "BEGIN", "SELECT 1", "COMMIT"],
        ["", "SHOW all", "WITH a AS (SELECT 1) SELECT * FROM a"],
    ],
)
def test_what_is_only_read_or_undone_is_no_write(postgres: Postgres, statements: list[str]) -> None:
    assert [told for sql in statements for told in postgres.heard(query(sql))] == []


def test_a_statement_of_its_own_is_a_write(postgres: Postgres) -> None:
    assert postgres.heard(query("DELETE FROM a;")) == ["COMMIT of DELETE a"]
    assert postgres.heard(query("WITH gone AS (DELETE FROM a RETURNING *) SELECT 1")) == ["COMMIT of WITH a"]


def test_a_prepared_statement_is_known_by_its_name(postgres: Postgres) -> None:
    assert postgres.heard(parse("DELETE FROM a", "s1") + message(b"S", b"")) == []
    assert postgres.heard(bind("s1")) == ["COMMIT of DELETE a"]


def test_a_message_may_come_in_pieces(postgres: Postgres) -> None:
    octets = query("TRUNCATE TABLE a")
    assert postgres.heard(octets[:9]) == []
    assert postgres.heard(octets[9:]) == ["COMMIT of TRUNCATE a"]


def test_what_is_not_understood_counts_at_each_piece(postgres: Postgres) -> None:
    assert postgres.heard(b"\x16\xff\xff\xff\xff hello") == [OCTETS]
    assert postgres.heard(query("SELECT 1")) == [OCTETS]
    assert Speech().heard(b"anything") == [OCTETS]


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def test_commands_that_write_are_told() -> None:
    redis = Redis()
    assert redis.heard(command(b"GET", b"a")) == []
    assert redis.heard(command(b"SET", b"a", b"1") + command(b"del", b"b")) == ["SET", "DEL"]
    assert redis.heard(b"\x16\x03\x01") == [OCTETS]


def test_a_mail_is_written_by_its_last_line() -> None:
    smtp = Smtp()
    assert [smtp.heard(line) for line in (b"ehlo a\r\n", b"MAIL FROM:<a>\r\n", b"rcpt TO:<b>\r\n")] == [
        [],
        [],
        [],
    ]
    assert smtp.heard(b"data\r\n") == [] and smtp.busy
    assert smtp.heard(b"Subject: a\r\n\r\nbegins") == []
    assert smtp.heard(b" and ends\r\n.\r\n") == ["a mail"] and not smtp.busy
    assert smtp.heard(b"\x16\x03\x01 TLS") == [OCTETS]
