"""A row of a borrower in every table that borrowers have, whatever these tables are: for what must forget nobody."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from factories import Exchange
from sqlalchemy import ARRAY, Column, Connection, Table, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from exchange.clock import new_id
from exchange.store.tables import metadata

SOME_TIME = datetime(2026, 1, 2, 3, tzinfo=UTC)
SETTLED = {
    "state": "ENDED", "withdrawn": False, "closed_at": SOME_TIME, "answered_at": SOME_TIME, "decided_at": SOME_TIME,
    "ended_at": SOME_TIME, "taken_back_at": SOME_TIME, "superseded_at": None, "other_subject_key": None,
}  # fmt: skip
"""Values by which nothing is left running. A complaint is over once something was found."""


def tables_of_borrowers() -> list[Table]:
    """Every table with a column for the borrower."""
    return [table for table in metadata.sorted_tables if "subject_key" in table.c]


def fill_every_table(exchange: Exchange, borrower: UUID, contributor: str, sealed: bytes) -> None:
    """One more row of the borrower wherever there is none. Bytes are `sealed`; other values fit their types."""
    with exchange.engine.begin() as connection:
        for table in tables_of_borrowers():
            there = select(table.c.subject_key).where(table.c.subject_key == borrower).limit(1)
            if connection.scalar(there) is None:
                values = {column.name: _value(exchange, column, contributor, sealed) for column in table.c}
                values |= {"subject_key": borrower} | _referred(connection, table, borrower)
                if table.name == "complaint":
                    values["state"] = "FOUND"
                connection.execute(insert(table).values(values))


def rows_left(exchange: Exchange, borrower: UUID) -> dict[str, list[dict[str, Any]]]:
    """What every table still holds of a borrower."""
    left = {}
    with exchange.engine.connect() as connection:
        for table in tables_of_borrowers():
            found = connection.execute(select(table).where(table.c.subject_key == borrower)).mappings()
            if rows := [dict(row) for row in found]:
                left[table.name] = rows
    return left


def _referred(connection: Connection, table: Table, borrower: UUID) -> dict[str, Any]:
    """The columns that refer to a row of the same borrower: to the one that there is."""
    found: dict[str, Any] = {}
    for foreign in table.foreign_key_constraints:
        other = foreign.referred_table
        if "subject_key" in other.c and other.name != "subject":
            row = connection.execute(select(other).where(other.c.subject_key == borrower).limit(1)).mappings().one()
            found |= {element.parent.name: row[element.column.name] for element in foreign.elements}
    return found


def _value(exchange: Exchange, column: Column[Any], contributor: str, sealed: bytes) -> Any:
    if column.name in SETTLED and (column.nullable or SETTLED[column.name] is not None):
        return SETTLED[column.name]
    if any(foreign.column.table.name == "member" for foreign in column.foreign_keys):
        return contributor
    if column.name.endswith(("_digest", "_hash")):
        return b"d" * 32
    if isinstance(column.type, ARRAY):
        return []
    if isinstance(column.type, JSONB):
        return {}
    made: dict[type, Any] = {
        UUID: new_id(exchange.clock.now()), int: 1, bool: False, str: "x", bytes: sealed, date: SOME_TIME.date(),
        datetime: SOME_TIME,
    }  # fmt: skip
    return made[column.type.python_type]
