"""A borrower's record in its versions, of whichever kind: which one is current, and what each of them said.

Who asks holds the borrower first where the answer decides about a write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, case, func, literal_column, select, tuple_, update

from exchange.store.records import key_column, table_of
from exchange.store.tables.account import account, account_version
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.member import member
from schema.vocabulary.dispute import DisputedKind
from schema.vocabulary.disputed_field import DisputedField
from schema.vocabulary.record_kind import RecordKind

_TABLES: dict[DisputedKind, tuple[Table, str]] = {
    DisputedKind.ACCOUNT: (account, "account_key"),
    DisputedKind.DELINQUENCY: (delinquency, "delinquency_key"),
    **{DisputedKind(kind.value): (table_of(kind), key_column(kind)) for kind in RecordKind},
}
_COLUMNS = {
    DisputedField.BALANCE: ("balance_minor",),
    DisputedField.PAST_DUE: ("past_due_minor",),
    DisputedField.CREDIT_LIMIT: ("credit_limit_minor",),
    DisputedField.ORIGINAL_AMOUNT: ("original_amount_minor",),
    DisputedField.AMOUNT: ("amount_minor",),
    DisputedField.WAIVED: ("waived_minor",),
    DisputedField.PROMISED: ("promised_minor", "promised_on"),
}
"""The columns of a field, where they are not called as it is."""
_HISTORY = ("history_days_past_due", "history_past_due_minor", "history_balance_minor", "history_paid_minor")


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """A record as it stands, and who reports it."""

    kind: DisputedKind
    record_key: UUID
    version: int
    contributor: str
    furnisher: str
    furnisher_contact: str


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """What was said of a record from `recorded_at` on; `row` as JSON holds it. `ended_at`: of the newest version, since
    when nothing is said any more.
    """

    version: int
    recorded_at: datetime
    contributor: str
    ended_at: datetime | None
    row: Mapping[str, Any]

    def agrees(self, other: "RecordVersion", field: DisputedField) -> bool:
        """Whether both say the same in a field; of a history, in every month that both tell of."""
        if field is DisputedField.HISTORY:
            mine, theirs = self._months(), other._months()
            return all(mine[month] == theirs[month] for month in mine.keys() & theirs.keys())
        columns = _COLUMNS.get(field, (field.value.lower(),))
        return all(self.row.get(column) == other.row.get(column) for column in columns)

    def _months(self) -> dict[int, list[Any]]:
        """What is said of each month, by its number since the year 0."""
        codes, newest = self.row.get("history_codes") or "", self.row.get("history_month")
        if not newest:
            return {}
        month = int(newest[:4]) * 12 + int(newest[5:7])
        beside = [self.row.get(name) or [None] * len(codes) for name in _HISTORY]
        return {month - at: [code, *(each[at] for each in beside)] for at, code in enumerate(codes)}


@dataclass(frozen=True, slots=True)
class SealedReference:
    """How a furnisher calls a record, sealed in this column of the row with this key."""

    table: str
    column: str
    row_key: UUID
    sealed: bytes


def standing_record(
    connection: Connection, subject_key: UUID, kind: DisputedKind, record_key: UUID
) -> StandingRecord | None:
    """The record as it stands; None where the borrower has none with this key, or none any more."""
    table, _ = _TABLES[kind]
    wanted = select(table.c.version, table.c.contributor, member.c.name, member.c.contact)
    wanted = wanted.join(member, member.c.member_id == table.c.contributor)
    shown: list[ColumnElement[bool]] = [table.c.superseded_at.is_(None)]
    if "withdrawn" in table.c:
        shown.append(~table.c.withdrawn)
    if "suppressed_by" in table.c:
        shown.append(table.c.suppressed_by.is_(None))
    row = connection.execute(wanted.where(*_this(subject_key, kind, record_key), *shown)).one_or_none()
    return None if row is None else StandingRecord(kind, record_key, *row)


def reference_of(
    connection: Connection, subject_key: UUID, kind: DisputedKind, record_key: UUID
) -> SealedReference | None:
    """The furnisher's own reference of a record, or of the account that a delinquency belongs to. None: it is gone."""
    table, _ = _TABLES[kind]
    if kind is DisputedKind.DELINQUENCY:
        named = select(delinquency.c.account_key).where(*_this(subject_key, kind, record_key))
        account_key = connection.scalar(named)
        return reference_of(connection, subject_key, DisputedKind.ACCOUNT, account_key) if account_key else None
    column = table.c.account_ref if kind is DisputedKind.ACCOUNT else table.c.reference
    newest = select(column).where(*_this(subject_key, kind, record_key)).order_by(table.c.version.desc()).limit(1)
    sealed = connection.scalar(newest)
    return SealedReference(table.name, column.name, record_key, sealed) if sealed is not None else None


def versions_of(
    connection: Connection, subject_key: UUID, kind: DisputedKind, record_key: UUID
) -> Sequence[RecordVersion]:
    """Every version of a record that is still held, the oldest first."""
    table, _ = _TABLES[kind]
    same = _same_delinquency(subject_key, record_key) if kind is DisputedKind.DELINQUENCY else None
    here = [same] if same is not None else _this(subject_key, kind, record_key)
    ended_at: ColumnElement[Any] = table.c.superseded_at
    if "withdrawn" in table.c:
        ended_at = case((table.c.withdrawn, table.c.recorded_at))
    columns = table.c.version, table.c.recorded_at, table.c.contributor, ended_at
    row = func.to_jsonb(literal_column(table.name))
    found = [RecordVersion(*each) for each in connection.execute(select(*columns, row).where(*here))]
    if kind is DisputedKind.ACCOUNT:
        found += _earlier(connection, subject_key, record_key)
    return sorted(found, key=lambda each: (each.version, each.recorded_at))


def said_since(versions: Sequence[RecordVersion], contested: RecordVersion, field: DisputedField | None) -> datetime:
    """Since when the record says what is contested: in a field, through every version that says the same there; as a
    whole (None), since it was first reported.
    """
    since = contested.recorded_at
    for earlier in reversed([each for each in versions if each.version < contested.version]):
        if field is not None and not earlier.agrees(contested, field):
            break
        since = earlier.recorded_at
    return since


def keys_of(connection: Connection, subject_key: UUID, kind: DisputedKind, record_key: UUID) -> Sequence[UUID]:
    """Every key of the record: each version of a delinquency has its own."""
    if kind is not DisputedKind.DELINQUENCY:
        return [record_key]
    keys = select(delinquency.c.delinquency_key).where(_same_delinquency(subject_key, record_key))
    return connection.scalars(keys).all()


def set_mark(connection: Connection, subject_key: UUID, kind: DisputedKind, record_key: UUID, mark: str | None) -> None:
    """Has readers of the record told this from now on (None: nothing). Earlier versions stay as they were."""
    table, key = _TABLES[kind]
    keys = keys_of(connection, subject_key, kind, record_key)
    current = [table.c.subject_key == subject_key, table.c[key].in_(keys)]
    if kind is not DisputedKind.ACCOUNT:
        current.append(table.c.superseded_at.is_(None))
    connection.execute(update(table).where(*current).values(dispute_mark=mark))


def _earlier(connection: Connection, subject_key: UUID, account_key: UUID) -> list[RecordVersion]:
    columns = account_version.c
    wanted = select(columns.version, columns.recorded_at, columns.record).where(
        columns.subject_key == subject_key, columns.account_key == account_key
    )
    return [
        RecordVersion(version, recorded_at, row["contributor"], None, row)
        for version, recorded_at, row in connection.execute(wanted)
    ]


def _this(subject_key: UUID, kind: DisputedKind, record_key: UUID) -> list[ColumnElement[bool]]:
    table, key = _TABLES[kind]
    return [table.c.subject_key == subject_key, table.c[key] == record_key]


def _same_delinquency(subject_key: UUID, delinquency_key: UUID) -> ColumnElement[bool]:
    columns, known = delinquency.c, delinquency.alias("known")
    named = select(known.c.account_key, known.c.first_delinquent_on).where(
        known.c.subject_key == subject_key, known.c.delinquency_key == delinquency_key
    )
    return (columns.subject_key == subject_key) & tuple_(columns.account_key, columns.first_delinquent_on).in_(named)
