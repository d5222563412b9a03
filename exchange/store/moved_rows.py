"""Contributed rows that move from one borrower's file to another, in SQL: read, ended where they were, added there.

An account keeps its key. In the file that it left, its row stays as one that was said until the move, with the version
before it, so that what the exchange said on an earlier day is still what it says of that day.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Table, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql

from exchange.store.records import key_column, table_of
from exchange.store.tables.account import account, account_identifier, account_version
from exchange.store.tables.borrower_words import statement
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.mandate import account_mandate
from schema.vocabulary.record_kind import RecordKind

Rows = list[dict[str, Any]]


def accounts_of(connection: Connection, subject_key: UUID) -> Rows:
    """The accounts of a file, those that were taken back and those that moved away before among them."""
    return _rows(connection, select(account).where(account.c.subject_key == subject_key))


def earlier_references(
    connection: Connection, subject_key: UUID, account_keys: Collection[UUID]
) -> dict[UUID, set[bytes]]:
    """The references, sealed, under which earlier versions of accounts were known, by account key."""
    versions = account_version.c
    sealed = func.decode(func.substr(versions.record["account_ref"].astext, 3), "hex")
    wanted = select(versions.account_key, sealed).where(
        versions.subject_key == subject_key, versions.account_key.in_(account_keys)
    )
    found: dict[UUID, set[bytes]] = {}
    for key, reference in connection.execute(wanted.distinct()):
        found.setdefault(key, set()).add(reference)
    return found


def end_accounts(
    connection: Connection, subject_key: UUID, account_keys: Collection[UUID], reason: str, now: datetime
) -> None:
    """Ends accounts in this file, and keeps them as they stood as versions."""
    rows = account.c
    here = (rows.subject_key == subject_key) & rows.account_key.in_(account_keys)
    stood = select(
        rows.subject_key, rows.account_key, rows.version, rows.recorded_at, func.coalesce(rows.superseded_at, now),
        literal(reason), func.to_jsonb(account.table_valued()),
    ).where(here)  # fmt: skip
    names = ["subject_key", "account_key", "version", "recorded_at", "superseded_at", "reason", "record"]
    connection.execute(insert(account_version).from_select(names, stood))
    ended = {"version": rows.version + 1, "recorded_at": now, "superseded_at": now}
    connection.execute(update(account).where(here).values(ended))


def put_accounts(connection: Connection, rows: Rows) -> None:
    """Adds accounts; one that moved away from this file before takes its place again."""
    if not rows:
        return
    added = postgresql.insert(account)
    key = [column.name for column in account.primary_key]
    replaced = {column.name: added.excluded[column.name] for column in account.c if column.name not in key}
    connection.execute(added.on_conflict_do_update(index_elements=key, set_=replaced), rows)


def move_account_tokens(
    connection: Connection, source: UUID, target: UUID, account_key: UUID, tokens: Collection[bytes]
) -> None:
    """Has look-up tokens of an account lead to the other file."""
    columns = account_identifier.c
    here = (columns.subject_key == source) & (columns.account_key == account_key)
    moved = update(account_identifier).where(here, columns.bidx.in_(tokens))
    connection.execute(moved.values(subject_key=target))


def delinquencies_of(connection: Connection, subject_key: UUID, account_keys: Collection[UUID]) -> Rows:
    """The current delinquencies of accounts."""
    columns = delinquency.c
    current = select(delinquency).where(columns.subject_key == subject_key, columns.superseded_at.is_(None))
    return _rows(connection, current.where(columns.account_key.in_(account_keys)))


def move_delinquencies(connection: Connection, ended: Rows, added: Rows, now: datetime) -> None:
    """Ends these delinquencies, and adds those."""
    _end(connection, delinquency, ended, {"superseded_at": now})
    _add(connection, delinquency, added)


def move_mandates(
    connection: Connection, source: UUID, target: UUID, account_keys: Collection[UUID], now: datetime
) -> None:
    """Has the mandates that cover these accounts now cover them in the other file."""
    columns = account_mandate.c
    standing = select(account_mandate).where(columns.subject_key == source, columns.ended_at.is_(None))
    covered = _rows(connection, standing.where(columns.account_key.in_(account_keys)))
    _end(connection, account_mandate, covered, {"ended_at": now})
    _add(connection, account_mandate, [{**row, "subject_key": target, "recorded_at": now} for row in covered])


def statements_of(connection: Connection, subject_key: UUID) -> Rows:
    """The borrower's statements that stand."""
    columns = statement.c
    return _rows(
        connection, select(statement).where(columns.subject_key == subject_key, columns.withdrawn_at.is_(None))
    )


def move_statements(connection: Connection, ended: Rows, added: Rows, now: datetime, another_persons: bool) -> None:
    """Ends these statements, and adds those. `another_persons`: they end as if never said here."""
    _end(connection, statement, ended, {"withdrawn_at": statement.c.stated_at if another_persons else now})
    _add(connection, statement, added)


def records_of(connection: Connection, kind: RecordKind, subject_key: UUID) -> Rows:
    """The newest versions of the records of a file, also of those that were taken back."""
    table = table_of(kind)
    newest = select(table).where(table.c.subject_key == subject_key, table.c.superseded_at.is_(None))
    return _rows(connection, newest)


def move_records(
    connection: Connection, kind: RecordKind, ended: Rows, added: Rows, now: datetime, another_persons: bool
) -> None:
    """Ends these versions of records, and adds those. `another_persons`: every version here counts as taken back."""
    table = table_of(kind)
    _end(connection, table, ended, {"superseded_at": now})
    if another_persons:
        for row in ended:
            same = [table.c[name] == row[name] for name in ("subject_key", key_column(kind))]
            connection.execute(update(table).where(*same).values(withdrawn=True))
    _add(connection, table, added)


def _add(connection: Connection, table: Table, rows: Rows) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _end(connection: Connection, table: Table, rows: Rows, values: Mapping[str, Any]) -> None:
    for row in rows:
        this = [column == row[column.name] for column in table.primary_key]
        connection.execute(update(table).where(*this).values(values))


def _rows(connection: Connection, wanted: Select[Any]) -> Rows:
    return [dict(row) for row in connection.execute(wanted).mappings()]
