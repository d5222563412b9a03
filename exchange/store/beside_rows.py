"""Rows that stand beside what members contributed: wishes, clearances, disputes, reviews, clocks. They have no
versions: moved to another file they are added there and leave the one they were in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql

Rows = list[dict[str, Any]]


def rows_beside(connection: Connection, table: Table, subject_key: UUID, *which: Any) -> Rows:
    """The rows of a file, in the order of their keys."""
    wanted = select(table).where(table.c.subject_key == subject_key, *which).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def add_beside(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Adds rows; one that is there already stays as it is."""
    if added := list(rows):
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), added)


def leave_beside(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Removes rows from the file that they were in."""
    for row in rows:
        connection.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
