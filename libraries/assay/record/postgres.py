"""Reads every row of a PostgreSQL database, without knowing its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.core.errors import NoAnswer
from assay.record.accounts import Table

_TABLES = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Cells:
    """What a column holds, one text for each row that has something in it."""

    place: str
    texts: list[str]


def columns(url: str) -> Iterator[Cells]:
    """Every column of every table, as texts; octets are read both as text and as hexadecimal digits."""
    for place, names, rows in _tables(url):
        for index, name in enumerate(names):
            yield Cells(f"{place}.{name}", [_text(row[index]) for row in rows if row[index] is not None])


def rows_with(url: str, value: str) -> list[dict[str, str]]:
    """The rows, of any table, of which one field is this value; fields by `table.column`."""
    return [
        {f"{place}.{name}": _text(cell) for name, cell in zip(names, row, strict=True) if cell is not None}
        for place, names, rows in _tables(url)
        for row in rows
        if value in row
    ]


def tables(url: str) -> list[Table]:
    """Every table with all its rows."""
    return [Table(place, names, rows) for place, names, rows in _tables(url)]


def _tables(url: str) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    import psycopg
    from psycopg import sql

    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            for schema, table in connection.execute(_TABLES).fetchall():
                rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
                yield f"{schema}.{table}", [column.name for column in rows.description or ()], rows.fetchall()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise NoAnswer(f"the database did not let itself be read: {reason}") from error


def _text(cell: object) -> str:
    if isinstance(cell, bytes | bytearray | memoryview):
        octets = bytes(cell)
        return f"{octets.decode('utf-8', 'replace')}\n{octets.hex()}"
    return str(cell)
