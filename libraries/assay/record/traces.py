"""What would still tell of a person after the account is gone: looked for everywhere, in tables that nobody told us."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from assay.evidence.search import forms
from assay.record import accounts
from assay.record.accounts import Table

_ACCOUNT = "account"


@dataclass(frozen=True)
class Mark:
    """An id by which rows are a person's, and the table and column that made it known."""

    table: str
    column: str
    value: str


@dataclass(frozen=True)
class Traces:
    """A person: words that stand for nobody else, wherever they are found, and the ids of what belonged to the account."""

    words: Mapping[str, str]
    marks: list[Mark]
    _forms: list[tuple[str, bytes]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spelt = [(name, octets) for name, word in self.words.items() for octets in _spellings(word)]
        object.__setattr__(self, "_forms", spelt)

    def in_text(self, text: str) -> list[str]:
        """Which of the person's words a text holds, in whatever form and capitals."""
        octets = [one.encode("utf-8", "surrogatepass") for one in (text, text.casefold())]
        return sorted({name for name, form in self._forms if any(form in one for one in octets)})

    def in_table(self, table: Table) -> Iterator[str]:
        """The columns of a table that name something of the account by its id."""
        for row in table.read():
            for column, value in accounts.ids(row).items():
                named = (one for one in self.marks if one.value == value and _names(one, table.name, column))
                if (mark := next(named, None)) is not None:
                    yield f"the {mark.column} of {mark.table} in {table.name}.{column}"

    @staticmethod
    def stands(mark: Mark, tables: Iterable[Table]) -> bool:
        """Whether the id stands in the table and column that made it known."""
        rows = (row for table in tables if mark.table in (table.name, _ACCOUNT) for row in table.read())
        if mark.table == _ACCOUNT:
            return any(mark.value in accounts.ids(row).values() for row in rows)
        return any(accounts.ids(row).get(mark.column) == mark.value for row in rows)


def of(tables: Iterable[Table], account_id: str, address: str, name: str = "") -> Traces:
    """The traces of a person, told from what the tables hold while the account is there.

    Ids in the rows with the address, or with the account's id, are the person's where no other row of the table has them;
    so are long ones in the rows that name such an id, and so on: sessions by the account, what belongs to sessions by those.
    """
    known = list(tables)
    marks = {
        Mark(table.name, column, value)
        for table in known
        for column, value in accounts.own_ids(table, address)
    }
    marks.add(Mark(_ACCOUNT, "id", accounts.spelt(account_id)))
    while more := {mark for table in known for mark in _further(table, marks)} - marks:
        marks |= more
    words = {"the address": address, "the name": name, "the account's id": _long(account_id)}
    return Traces(
        {what: word for what, word in words.items() if word},
        sorted(marks, key=lambda one: (one.table, one.column)),
    )


def _further(table: Table, marks: set[Mark]) -> Iterator[Mark]:
    own, others = [], set[tuple[str, str]]()
    for row in table.read():
        held = accounts.ids(row)
        if any(
            value == mark.value and _names(mark, table.name, column)
            for column, value in held.items()
            for mark in marks
        ):
            own.append(held)
        else:
            others |= set(held.items())
    for held in own:
        for column, value in held.items():
            if len(value) >= accounts.LONG and (column, value) not in others:
                yield Mark(table.name, column, value)


def _names(mark: Mark, table: str, column: str) -> bool:
    same = (mark.table, mark.column) == (table, column)
    return same or accounts.links(mark.table, mark.column, column, mark.value)


def _long(account_id: str) -> str:
    return account_id if len(accounts.spelt(account_id)) >= accounts.LONG else ""


def _spellings(word: str) -> set[bytes]:
    found = {*forms(word).values(), *forms(word.casefold()).values()}
    try:
        octets = uuid.UUID(word).bytes
    except ValueError:
        return found
    return found | {
        octets.hex().encode(),
        base64.b64encode(octets).rstrip(b"="),
        base64.urlsafe_b64encode(octets).rstrip(b"="),
    }
