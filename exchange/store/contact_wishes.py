"""What borrowers wish of those who collect: to stop, or that other hours suit them. Whoever writes holds the file.

A wish is for one lender with all its agencies, or (`member_id` is None) for all lenders. Of each kind and member one
stands at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, insert, select, update

from exchange.clock import new_id
from exchange.store.tables.contact import contact_wish
from schema.vocabulary.contact import WishKind


@dataclass(frozen=True, slots=True)
class StoredWish:
    """A wish as it is kept; it stands until `ended_at`."""

    wish_id: UUID
    kind: WishKind
    member_id: str | None
    stands_from: datetime
    ended_at: datetime | None


def add_wish(
    connection: Connection, subject_key: UUID, kind: WishKind, member_id: str | None, now: datetime
) -> UUID | None:
    """Writes a wish. None: just this one stands already."""
    same = _standing(subject_key, now, kind) & contact_wish.c.member_id.is_not_distinct_from(member_id)
    if connection.execute(select(contact_wish.c.wish_id).where(same)).first() is not None:
        return None
    wish_id = new_id(now)
    row = {"wish_id": wish_id, "kind": kind.value, "member_id": member_id, "stands_from": now}
    connection.execute(insert(contact_wish).values(subject_key=subject_key, **row))
    return wish_id


def stop_contact(connection: Connection, subject_key: UUID, member_id: str, now: datetime) -> UUID | None:
    """Stops a lender, as the borrower asked in a contact. None: it is stopped already."""
    return add_wish(connection, subject_key, WishKind.STOP, member_id, now)


def end_wish(connection: Connection, subject_key: UUID, wish_id: UUID, now: datetime) -> StoredWish | None:
    """Ends a wish that stands. None: there is no such wish, or it has ended."""
    columns = contact_wish.c
    this = (columns.subject_key == subject_key) & (columns.wish_id == wish_id) & columns.ended_at.is_(None)
    ended = update(contact_wish).where(this).values(ended_at=now).returning(*_COLUMNS)
    row = connection.execute(ended).one_or_none()
    return None if row is None else _wish(row)


def standing_wishes(
    connection: Connection, subject_key: UUID, now: datetime, lender: str | None = None
) -> Sequence[StoredWish]:
    """The wishes that stand, the oldest first; of a lender: those for it or for all."""
    columns = contact_wish.c
    stands = select(*_COLUMNS).where(_standing(subject_key, now))
    if lender is not None:
        stands = stands.where((columns.member_id == lender) | columns.member_id.is_(None))
    return [_wish(row) for row in connection.execute(stands.order_by(columns.stands_from, columns.wish_id))]


_COLUMNS = tuple(contact_wish.c[part.name] for part in fields(StoredWish))


def _standing(subject_key: UUID, now: datetime, kind: WishKind | None = None) -> ColumnElement[bool]:
    columns = contact_wish.c
    stands = (columns.subject_key == subject_key) & (columns.stands_from <= now) & columns.ended_at.is_(None)
    return stands if kind is None else stands & (columns.kind == kind.value)


def _wish(row: Any) -> StoredWish:
    return StoredWish(row.wish_id, WishKind(row.kind), row.member_id, row.stands_from, row.ended_at)
