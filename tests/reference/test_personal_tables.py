"""No table with something of a user can be forgotten: by a deletion, or by an export."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from reference.auth import export
from reference.auth.database import metadata, users

TABLES = list(metadata.tables.values())
#: Tables with nothing of anybody.
NOBODYS = {"auth_signing_keys", "auth_services"}
#: What is deleted by hand in reference/auth/deletion.py, since whoever has the address may have no account.
BY_ADDRESS = {"auth_outbox.address"}


def personal() -> set[Table]:
    """The table of users, and every table that refers to one of these."""
    found = {users}
    while more := {table for table in TABLES if refers(table, found)} - found:
        found |= more
    return found


def refers(table: Table, others: set[Table]) -> bool:
    return any(key.column.table in others for key in table.foreign_keys)


def test_every_table_is_somebodys_or_known_to_be_nobodys() -> None:
    assert {table.name for table in TABLES} - {table.name for table in personal()} == NOBODYS


@pytest.mark.parametrize("table", personal() - {users}, ids=lambda table: table.name)
def test_rows_go_with_the_account(table: Table) -> None:
    keys = [key for key in table.foreign_keys if key.column.table in personal()]
    assert [str(key.column) for key in keys if key.ondelete != "CASCADE"] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_column_that_names_a_user_is_a_foreign_key(table: Table) -> None:
    naming = [
        column
        for column in table.columns
        if column.name in ("user_id", "account_id", "owner_id", "session_id")
    ]
    assert [str(column) for column in naming if not column.foreign_keys] == []
    addresses = {str(column) for column in table.columns if column.name in ("email", "address", "mail")}
    assert addresses - BY_ADDRESS <= {"auth_users.email"}


@pytest.mark.parametrize("table", personal(), ids=lambda table: table.name)
def test_an_export_tells_or_withholds_each_column(table: Table) -> None:
    told, withheld = export.TOLD.get(table, ()), export.WITHHELD.get(table, ())
    assert sorted([*told, *withheld]) == sorted(column.name for column in table.columns)
    assert not [name for name in told if "hash" in name or "sealed" in name or "secret" in name]
