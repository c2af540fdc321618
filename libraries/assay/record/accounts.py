"""Finds what belongs to one account in tables whose names and columns nobody told us."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LONG = 16


@dataclass(frozen=True)
class Table:
    """A table of a database: its name, its columns' names, its rows."""

    name: str
    columns: list[str]
    rows: list[tuple[Any, ...]]

    def about(self, address: str) -> list[dict[str, Any]]:
        """The rows of which one field is exactly this address."""
        return [row for row in self.read() if address in row.values()]

    def others(self, address: str) -> list[dict[str, Any]]:
        """The rows of which no field is this address."""
        return [row for row in self.read() if address not in row.values()]

    def read(self) -> Iterator[dict[str, Any]]:
        """The rows, fields by column."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


def belonging(tables: Iterable[Table], address: str) -> list[dict[str, str]]:
    """The rows that hold an id of the account with this address, but not the address; fields by `table.column`.

    An id of the account stands in a column whose name ends in "id", in a row with the address and in no row of that table
    without it: what others have too, such as the id of a tenant, is nobody's own.
    """
    known = list(tables)
    own = [(table.name, *one) for table in known for one in own_ids(table, address)]
    return [
        {f"{table.name}.{column}": str(value) for column, value in row.items() if value is not None}
        for table in known
        for row in table.others(address)
        if any(
            value == id_ and links(origin, named, column, value)
            for column, id_ in ids(row).items()
            for origin, named, value in own
        )
    ]


def ids_of_accounts(tables: Iterable[Table], address: str, account_id: str) -> set[str] | None:
    """The ids of all accounts with an address, when the id of one is known; None where no row holds address and id.

    A column that holds the known id beside the address is a column of account ids, of accounts or of what belongs to them;
    what it holds in the other rows with the address are ids of further accounts.
    """
    found = set[str]()
    for table in tables:
        rows = [{column: spelt(value) for column, value in row.items()} for row in table.about(address)]
        columns = {column for row in rows for column, value in row.items() if value == spelt(account_id)}
        found |= {row[column] for row in rows for column in columns if row[column]}
    return found or None


def own_ids(table: Table, address: str) -> set[tuple[str, str]]:
    """The ids, by column, in rows with the address that stand in no other row of the table."""
    of_others = {one for row in table.others(address) for one in ids(row).items()}
    return {one for row in table.about(address) for one in ids(row).items()} - of_others


def links(table: str, column: str, other: str, value: str) -> bool:
    """Whether an id of one table, found in a column of another, means the same thing there.

    Long ids mean one thing wherever they stand. Short ones, numbers above all, need a name that says so: `user_id` is the
    `id` of `auth_users`, or any other `user_id`.
    """
    if len(value) >= LONG:
        return True
    here, there = (name.lower().replace("_", "") for name in (column, other))
    if here != "id":
        return here == there
    thing = table.lower().rpartition(".")[2].replace("_", "").removesuffix("s")
    stem = there.removesuffix("id")
    return bool(stem) and thing.endswith(stem)


def ids(row: dict[str, Any]) -> dict[str, str]:
    """The fields of a row whose column's name ends in "id"."""
    return {column: spelt(value) for column, value in row.items() if column.lower().endswith("id") and value}


def spelt(value: Any) -> str:
    """Ids as one text, whether a column keeps them as UUID, octets, number or text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return "" if value is None else str(value).replace("-", "").lower()
