"""What a service says on a link: which of its messages write something, by the protocols of PostgreSQL, Redis and SMTP.

Whatever is spoken otherwise, or encrypted, is not understood, and each piece of it counts as a write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OCTETS = "octets"
COMMIT = "COMMIT of "

_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_LARGEST = 1 << 26
_BEGIN = ("BEGIN", "START")
_END = ("COMMIT", "END")
_READ = re.compile("SELECT|SET|SHOW|SAVEPOINT|RELEASE|LOCK|FETCH|CLOSE|DECLARE|EXPLAIN|VALUES")
_TABLE = re.compile(r"\b(?:INTO|UPDATE|FROM|TABLE)\s+([\w.\"]+)", re.IGNORECASE)
_WRITING = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_REDIS_READ = re.compile("AUTH|CLIENT|EXISTS|GET|HELLO|HGET|HGETALL|INFO|KEYS|MGET|PING|SCAN|TTL")


class Speech:
    """What one connection says. `heard` takes pieces as they come and tells the writes in each."""

    busy = False
    """Whether the service is in the middle of something."""

    def heard(self, octets: bytes) -> list[str]:
        """What is written by these octets, in words: a statement and its table, a command, a mail."""
        return [OCTETS]


class Postgres(Speech):
    """PostgreSQL's protocol, version 3: statements, sent simply or prepared.

    What is written in a transaction is one write, its commit: what came before that is undone together.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._begun = self._lost = False
        self._written: list[str] = []
        self._statements: dict[bytes, str] = {}

    def heard(self, octets: bytes) -> list[str]:
        """The statements in these octets that write."""
        if self._lost:
            return [OCTETS]
        self._buffer += octets
        found = [told for statement in self._statements_in() if (told := self._write(statement))]
        return [OCTETS] if self._lost else found

    def _statements_in(self) -> Iterator[str]:
        while not self._lost and (message := self._next()):
            kind, content = message
            if kind == b"Q":
                yield content.rstrip(b"\0").decode("utf-8", "replace")
            elif kind == b"P":
                name, sql, *_ = content.split(b"\0")
                self._statements[name] = sql.decode("utf-8", "replace")
            elif kind == b"B":
                _, name, *_ = content.split(b"\0", 2)
                yield self._statements.get(name, "an unknown statement")

    def _next(self) -> tuple[bytes, bytes] | None:
        """The next whole message, its kind empty before the session began."""
        head = 1 if self._begun else 0
        if len(self._buffer) < head + 4:
            return None
        size = int.from_bytes(self._buffer[head : head + 4], "big")
        if not 4 <= size <= _LARGEST:
            self._lost = True
            return None
        if len(self._buffer) < head + size:
            return None
        kind, content = self._buffer[:head], self._buffer[head + 4 : head + size]
        self._buffer = self._buffer[head + size :]
        if not self._begun:
            self._begun = int.from_bytes(content[:4], "big") not in (_SSL_REQUEST, _GSS_REQUEST)
        return kind, content

    def _write(self, statement: str) -> str:
        """What a statement writes, in words; nothing where it only reads."""
        verb = (statement.split(None, 1) or [""])[0].upper().rstrip(";")
        if verb in _BEGIN or verb in _END or verb == "ROLLBACK":
            written, self._written = self._written, []
            self.busy = verb in _BEGIN
            return COMMIT + ", ".join(dict.fromkeys(written)) if verb in _END and written else ""
        if not verb or _READ.fullmatch(verb) or (verb == "WITH" and not _WRITING.search(statement)):
            return ""
        table = _TABLE.search(statement)
        told = f"{verb} {table[1]}" if table else verb
        if not self.busy:
            return COMMIT + told
        self._written.append(told)
        return ""


class Redis(Speech):
    """Redis's protocol: commands as arrays."""

    def heard(self, octets: bytes) -> list[str]:
        """The commands in these octets that write."""
        if not octets.startswith(b"*"):
            return [OCTETS]
        words = re.findall(rb"(?:^|\r\n)\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n", octets)
        named = [word.decode("ascii").upper() for word in words]
        return [name for name in named if not _REDIS_READ.fullmatch(name)]


class Smtp(Speech):
    """SMTP: a mail is written when its last line is."""

    def heard(self, octets: bytes) -> list[str]:
        """A mail, where these octets end it."""
        if self.busy:
            self.busy = not octets.endswith(b"\r\n.\r\n")
            return [] if self.busy else ["a mail"]
        self.busy = octets.upper().startswith(b"DATA")
        return [OCTETS] if octets.startswith(b"\x16\x03") else []


KINDS: dict[str, type[Speech]] = {"database": Postgres, "session-store": Redis, "mail": Smtp}
