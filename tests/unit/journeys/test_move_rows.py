"""What is sealed is known to whoever seals it anew: a column that were forgotten would be lost with the old key."""

import pytest
from sqlalchemy import Table

from exchange.journeys.known_identity import LISTS
from exchange.journeys.move_rows import SEALED_OF_ACCOUNT
from exchange.journeys.record_rows import SEALED
from exchange.store.records import table_of
from exchange.store.tables.account import account
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.mandate import account_mandate
from exchange.store.tables.subject import subject
from schema.vocabulary.record_kind import RecordKind


def sealed_columns(table: Table) -> set[str]:
    return {column.name for column in table.c if (column.comment or "").startswith("sealed")}


@pytest.mark.parametrize("kind", RecordKind)
def test_every_sealed_column_of_a_record_is_sealed_anew(kind: RecordKind) -> None:
    assert set(SEALED[kind]) == sealed_columns(table_of(kind))


def test_every_sealed_column_of_what_moves_beside_is_sealed_anew() -> None:
    assert set(SEALED_OF_ACCOUNT) == sealed_columns(account)
    assert sealed_columns(statement) == {"words"}
    assert sealed_columns(delinquency) == sealed_columns(account_mandate) == set()


def test_every_sealed_column_of_a_borrower_is_joined_or_stays_with_the_document() -> None:
    assert sealed_columns(subject) == {*LISTS, "birth_date", "fraud_alert", "id_number"}
