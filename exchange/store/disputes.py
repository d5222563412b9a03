"""Disputes in the database. Words and answers come and go sealed.

Whoever writes holds the borrower first (`own_file.hold_own_file`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, Select, Text, cast, func, insert, select, update

from exchange.handover import THE_BORROWER
from exchange.store.tables.dispute import dispute
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.member import member
from schema.vocabulary.dispute import DisputedKind, DisputeKind, DisputeState
from schema.vocabulary.disputed_field import DisputedField
from schema.vocabulary.scope import FieldClass


@dataclass(frozen=True, slots=True)
class StoredDispute:
    """A dispute as stored. `words` and `answer` are sealed; `evidence` are digests (SHA-256)."""

    subject_key: UUID
    dispute_id: UUID
    kind: DisputeKind
    record_kind: DisputedKind
    record_key: UUID
    record_version: int
    field: DisputedField | None
    contributor: str
    words: bytes
    evidence: Sequence[bytes]
    state: DisputeState
    filed_at: datetime
    pack_version: str
    marked_at: datetime | None = None
    answered_at: datetime | None = None
    answer: bytes | None = None
    corrected_version: int | None = None
    closed_at: datetime | None = None
    furnisher: str = ""


def add_dispute(connection: Connection, filed: StoredDispute) -> None:
    """Keeps a dispute that was just filed."""
    connection.execute(insert(dispute).values({column.name: getattr(filed, column.name) for column in dispute.c}))


def find_dispute(connection: Connection, subject_key: UUID, dispute_id: UUID) -> StoredDispute | None:
    """One dispute of a borrower."""
    this = _disputes().where(dispute.c.subject_key == subject_key, dispute.c.dispute_id == dispute_id)
    row = connection.execute(this).one_or_none()
    return None if row is None else _dispute(row)


def disputes_of(connection: Connection, subject_key: UUID) -> list[StoredDispute]:
    """A borrower's disputes, the newest first."""
    theirs = _disputes().where(dispute.c.subject_key == subject_key).order_by(dispute.c.dispute_id.desc())
    return [_dispute(row) for row in connection.execute(theirs)]


def disputes_about(
    connection: Connection, subject_key: UUID, kind: DisputedKind, record_keys: Sequence[UUID]
) -> list[StoredDispute]:
    """Every dispute about a record, open or closed."""
    columns = dispute.c
    about = _disputes().where(columns.subject_key == subject_key, columns.record_kind == kind.value)
    return [_dispute(row) for row in connection.execute(about.where(columns.record_key.in_(record_keys)))]


def find_dispute_to(connection: Connection, member_id: str, dispute_id: UUID) -> StoredDispute | None:
    """A dispute that this member has to answer, or answered."""
    this = _to(_disputes(), member_id, None).where(dispute.c.dispute_id == dispute_id)
    row = connection.execute(this).one_or_none()
    return None if row is None else _dispute(row)


def disputes_to(
    connection: Connection, member_id: str, after: UUID | None, most: int, is_open: bool | None
) -> list[StoredDispute]:
    """The disputes about a member's records after `after`, the oldest first; `is_open`: only open ones, or only closed
    ones.
    """
    wanted = _to(_disputes(), member_id, is_open).order_by(dispute.c.dispute_id).limit(most)
    if after is not None:
        wanted = wanted.where(dispute.c.dispute_id > after)
    return [_dispute(row) for row in connection.execute(wanted)]


def count_disputes_to(connection: Connection, member_id: str, is_open: bool | None) -> int:
    """How many disputes there are about a member's records."""
    return connection.scalar(_to(select(func.count()).select_from(dispute), member_id, is_open)) or 0


def change_dispute(connection: Connection, changed: StoredDispute, values: Mapping[str, Any]) -> None:
    """Moves a dispute on."""
    this = (dispute.c.subject_key == changed.subject_key) & (dispute.c.dispute_id == changed.dispute_id)
    connection.execute(update(dispute).where(this).values(values))


def readers_between(
    connection: Connection, subject_key: UUID, classes: Sequence[FieldClass], since: datetime, until: datetime
) -> list[str]:
    """The members, by id, to whom any of these parts of the borrower's file was released from `since` on and before
    `until`.
    """
    columns = inquiry.c
    looks = (
        select(columns.member_id)
        .distinct()
        .where(
            columns.subject_key == subject_key,
            columns.granted,
            columns.member_id != THE_BORROWER,
            columns.asked_at >= since,
            columns.asked_at < until,
            columns.released.op("&&")(cast([each.value for each in classes], ARRAY(Text))),
        )
    )
    return sorted(connection.scalars(looks).all())


def _disputes() -> Select[Any]:
    return select(dispute, member.c.name.label("furnisher")).join(member, member.c.member_id == dispute.c.contributor)


def _to(wanted: Select[Any], member_id: str, is_open: bool | None) -> Select[Any]:
    wanted = wanted.where(dispute.c.contributor == member_id)
    if is_open is None:
        return wanted
    return wanted.where(dispute.c.closed_at.is_(None) if is_open else dispute.c.closed_at.is_not(None))


def _dispute(row: Row[Any]) -> StoredDispute:
    values = dict(row._mapping)
    typed = {
        "kind": DisputeKind(values["kind"]),
        "record_kind": DisputedKind(values["record_kind"]),
        "field": DisputedField(values["field"]) if values["field"] else None,
        "state": DisputeState(values["state"]),
    }
    return StoredDispute(**values | typed)
