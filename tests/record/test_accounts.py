"""What belongs to an account, in tables of several shapes."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from assay.record.accounts import Table, belonging, ids_of_accounts

ANN, BOB = "ann@people.test", "bob@people.test"
ONE, TWO = uuid.uuid4(), uuid.uuid4()
HASH = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$ZGlnZXN0"


def users(*rows: tuple[Any, ...]) -> Table:
    return Table("public.users", ["id", "email", "tenant_id"], list(rows))


def credentials(*rows: tuple[Any, ...]) -> Table:
    return Table("public.credentials", ["user_id", "hash", "tenant_id"], list(rows))


def outbox(*rows: tuple[Any, ...]) -> Table:
    return Table("public.outbox", ["id", "user_id", "address"], list(rows))


@pytest.mark.parametrize(("one", "two"), [(ONE, TWO), (7, 8), ("a-1", "a-2"), (1, 2)])
def test_a_hash_in_a_table_of_its_own_is_found_by_the_id(one: object, two: object) -> None:
    tables = [
        users((one, ANN, 1), (two, BOB, 1)),
        credentials((one, HASH, 1), (two, "another", 1)),
        outbox((1, one, ANN), (2, two, BOB)),
    ]
    [row] = [row for row in belonging(tables, ANN) if "public.credentials.hash" in row]
    assert row["public.credentials.hash"] == HASH


def test_an_account_without_a_hash_gets_nobody_elses() -> None:
    tables = [users((ONE, ANN, 1), (TWO, BOB, 1)), credentials((TWO, HASH, 1))]
    assert belonging(tables, ANN) == []


def test_two_hashes_of_one_account_are_both_found() -> None:
    tables = [users((ONE, ANN, 1), (TWO, BOB, 1)), credentials((ONE, HASH, 1), (ONE, "old", 1))]
    assert len(belonging(tables, ANN)) == 2


def test_mails_and_events_about_one_account_make_no_second() -> None:
    tables = [users((ONE, ANN, 1), (TWO, BOB, 1)), outbox(*((number, ONE, ANN) for number in range(20)))]
    assert ids_of_accounts(tables, ANN, str(ONE)) == {ONE.hex}


def test_a_second_account_is_found_in_either_table() -> None:
    assert ids_of_accounts([users((ONE, ANN, 1), (TWO, ANN, 1))], ANN, str(ONE)) == {ONE.hex, TWO.hex}
    apart = [users((ONE, ANN, 1)), outbox((1, ONE.bytes, ANN), (2, TWO.bytes, ANN), (3, None, ANN))]
    assert ids_of_accounts(apart, ANN, str(ONE)) == {ONE.hex, TWO.hex}


def test_without_a_row_of_address_and_id_nothing_can_be_counted() -> None:
    assert ids_of_accounts([outbox((1, None, ANN))], ANN, str(ONE)) is None
