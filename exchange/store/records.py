"""Single records in versions: the newest one is current unless it was withdrawn. An earlier one is never changed, but
for the instant from which it was no longer current.

Whoever writes holds the borrower first (`subject_file.find_and_hold_subject`).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, update

from exchange.store.tables.account import account, account_identifier
from exchange.store.tables.assessment import assessment
from exchange.store.tables.base import contributed
from exchange.store.tables.collection import collection_action
from exchange.store.tables.public_record import public_record
from exchange.store.tables.repayment import repayment_plan
from schema.vocabulary.record_kind import RecordKind

_TABLES = {
    RecordKind.COLLECTION_ACTION: (collection_action, "action_key"),
    RecordKind.REPAYMENT_PLAN: (repayment_plan, "plan_key"),
    RecordKind.PUBLIC_RECORD: (public_record, "record_key"),
    RecordKind.ASSESSMENT: (assessment, "assessment_key"),
}

_PLACE = ("subject_key", "reference_token", "contact_token", "reason", "withdrawn", "dispute_mark")
_NOT_CONTENT = frozenset((*_PLACE, *(column.name for column in contributed())))


def table_of(kind: RecordKind) -> Table:
    """Where records of this kind are kept."""
    return _TABLES[kind][0]


def key_column(kind: RecordKind) -> str:
    """The name of the column that tells one record of a borrower from another."""
    return _TABLES[kind][1]


def content_columns(kind: RecordKind) -> tuple[str, ...]:
    """The names of what a record says, in their order: all but its place, its version and where it comes from."""
    names = (column.name for column in table_of(kind).c)
    return tuple(name for name in names if name not in _NOT_CONTENT | {key_column(kind)})


def newest_version(
    connection: Connection, kind: RecordKind, subject_key: UUID, reference_tokens: Sequence[bytes]
) -> Mapping[str, Any] | None:
    """The newest version of the record that its furnisher calls so, withdrawn or not; None: it was never reported."""
    columns = table_of(kind).c
    same = (columns.subject_key == subject_key) & columns.reference_token.in_(reference_tokens)
    found = select(table_of(kind)).where(same).order_by(columns.version.desc()).limit(1)
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else dict(row)


def add_version(connection: Connection, kind: RecordKind, row: Mapping[str, Any]) -> None:
    """Adds a version; the one before it was current until now, and hands on the mark of a dispute."""
    table, key = table_of(kind), key_column(kind)
    columns = table.c
    earlier = (
        (columns.subject_key == row["subject_key"])
        & (columns[key] == row[key])
        & (columns.version == row["version"] - 1)
    )
    still_current = update(table).where(earlier, columns.superseded_at.is_(None))
    connection.execute(still_current.values(superseded_at=row["recorded_at"]))
    mark = select(columns.dispute_mark).where(earlier).scalar_subquery()
    connection.execute(insert(table).values({**row, "dispute_mark": mark}))


def own_accounts(
    connection: Connection, subject_key: UUID, contributor: str, tokens: Sequence[bytes]
) -> Sequence[UUID]:
    """The keys of the accounts of a borrower, under these tokens, that the contributor reports now."""
    places, rows = account_identifier.c, account.c
    here = (rows.subject_key == places.subject_key) & (rows.account_key == places.account_key)
    found = (
        select(rows.account_key)
        .join(account_identifier, here)
        .where(
            places.bidx.in_(tokens),
            rows.subject_key == subject_key,
            rows.contributor == contributor,
            rows.superseded_at.is_(None),
        )
    )
    return connection.scalars(found).all()


def reports_on(connection: Connection, contributor: str, subject_key: UUID) -> bool:
    """Whether the contributor reports an account of this borrower now."""
    rows = account.c
    theirs = (rows.subject_key == subject_key) & (rows.contributor == contributor) & rows.superseded_at.is_(None)
    return bool(connection.scalar(select(select(account).where(theirs).exists())))


def account_version(connection: Connection, subject_key: UUID, account_key: UUID) -> int:
    """The version of an account as it stands."""
    rows = account.c
    here = (rows.subject_key == subject_key) & (rows.account_key == account_key)
    return int(connection.execute(select(rows.version).where(here)).scalar_one())
