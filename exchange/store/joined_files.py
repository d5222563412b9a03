"""Borrowers' files that are joined or divided, in SQL: their locks, who they say the borrower is, their documents.

Every statement belongs to the caller's transaction.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, literal, select, update

from exchange.handover import WrappedKey
from exchange.store.tables.subject import (
    subject,
    subject_identifier,
    subject_key,
    subject_sequence,
    subject_version,
)


def hold_files(connection: Connection, subject_keys: Collection[UUID], beside: Collection[UUID] = ()) -> bool:
    """Keeps everybody else away from these files until the transaction ends. False: an import is at work on one.

    First the counts of the log's entries, in one order, as looks and all other acts lock them; so it is too with those
    `beside`, in whose files something is only logged. Then the files, without waiting: an import may hold many.
    """
    counter, files = subject_sequence.c, subject.c
    for key in sorted({*subject_keys, *beside}):
        connection.execute(select(counter.last).where(counter.subject_key == key).with_for_update())
    for key in sorted(subject_keys):
        one = select(files.subject_key).where(files.subject_key == key).with_for_update(skip_locked=True)
        if connection.execute(one).first() is None:
            return False
    return True


def who_is(connection: Connection, borrower: UUID) -> Mapping[str, Any]:
    """The row of a borrower, its personal columns sealed."""
    return dict(connection.execute(select(subject).where(subject.c.subject_key == borrower)).mappings().one())


def change_who(connection: Connection, borrower: UUID, changes: Mapping[str, Any], reason: str, now: datetime) -> None:
    """Changes the row of a borrower, and keeps it as it stood as a version."""
    here = subject.c.subject_key == borrower
    stood = select(
        subject.c.subject_key, subject.c.version, subject.c.recorded_at, literal(now), literal(reason),
        func.to_jsonb(subject.table_valued()),
    ).where(here)  # fmt: skip
    names = ["subject_key", "version", "recorded_at", "superseded_at", "reason", "record"]
    connection.execute(insert(subject_version).from_select(names, stood))
    changed = {**changes, "version": subject.c.version + 1, "recorded_at": now}
    connection.execute(update(subject).where(here).values(changed))


def add_file(connection: Connection, row: Mapping[str, Any], key: WrappedKey) -> None:
    """A new borrower with their key; nothing is logged about them yet."""
    connection.execute(insert(subject).values(row))
    wrapped = {column.name: getattr(key, column.name) for column in subject_key.c if column.name != "state"}
    connection.execute(insert(subject_key).values(wrapped | {"state": "ACTIVE"}))
    connection.execute(insert(subject_sequence).values(subject_key=key.subject_key, last=0))


def surviving_file(connection: Connection, borrower: UUID) -> UUID:
    """The file that this one is now part of; itself, where it was not merged."""
    while merged_into := connection.scalar(select(subject.c.merged_into).where(subject.c.subject_key == borrower)):
        borrower = merged_into
    return borrower


def files_merged_into(connection: Connection, borrower: UUID) -> list[UUID]:
    """The files that are now part of this one, also through another, in the order in which they began."""
    found: list[UUID] = []
    latest = [borrower]
    while latest:
        latest = list(connection.scalars(select(subject.c.subject_key).where(subject.c.merged_into.in_(latest))))
        found += latest
    return sorted(found)


def files_before(connection: Connection, borrower: UUID) -> list[UUID]:
    """The files that are now part of this one, and the one from which it was divided: what was written there stays."""
    divided_from = connection.scalar(select(subject.c.split_from).where(subject.c.subject_key == borrower))
    return [*files_merged_into(connection, borrower), *([divided_from] if divided_from else [])]


def move_documents(connection: Connection, source: UUID, target: UUID, tokens: Collection[bytes] | None = None) -> int:
    """Has documents of one file lead to another: all, or those with these look-up tokens. Returns how many rows."""
    columns = subject_identifier.c
    moved = update(subject_identifier).where(columns.subject_key == source)
    if tokens is not None:
        moved = moved.where(columns.bidx.in_(tokens))
    return connection.execute(moved.values(subject_key=target)).rowcount
