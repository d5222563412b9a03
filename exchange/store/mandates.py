"""Mandates in versions, and the accounts that they name. Whoever writes holds the lender's turn (`submissions`)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from exchange.store.tables.account import account, account_identifier
from exchange.store.tables.mandate import account_mandate, mandate
from exchange.store.tables.member import member


@dataclass(frozen=True, slots=True)
class StoredMandate:
    """One version of a mandate. `portfolio` is None where accounts are named one by one."""

    mandate_id: UUID
    version: int
    lender: str
    agency: str
    reference: str
    portfolio: str | None
    channels: Sequence[str]
    starts_on: date
    ends_on: date
    evaluation_due_on: date
    state: str
    reason: str
    recorded_at: datetime
    commitment: bytes


def find_mandate(connection: Connection, mandate_id: UUID) -> StoredMandate | None:
    """The mandate of this id as it stands; None where there is none."""
    return _one(connection, _current().where(mandate.c.mandate_id == mandate_id))


def find_by_reference(connection: Connection, lender: str, reference: str) -> StoredMandate | None:
    """The mandate that a lender calls so, as it stands; None where there is none."""
    named = (mandate.c.lender == lender) & (mandate.c.reference == reference)
    return _one(connection, _current().where(named))


def mandate_lender(connection: Connection, mandate_id: UUID) -> str | None:
    """The name of the lender who gave a mandate; None where there is none of this id."""
    gave = _current().with_only_columns(member.c.name).join(member, member.c.member_id == mandate.c.lender)
    name: str | None = connection.scalar(gave.where(mandate.c.mandate_id == mandate_id))
    return name


def add_version(connection: Connection, added: StoredMandate) -> None:
    """Adds a version; the one before it stood until now."""
    columns = mandate.c
    before = (columns.mandate_id == added.mandate_id) & columns.superseded_at.is_(None)
    connection.execute(update(mandate).where(before).values(superseded_at=added.recorded_at))
    row = {part.name: getattr(added, part.name) for part in fields(added)} | {"channels": list(added.channels)}
    connection.execute(insert(mandate).values(row))


def mandates_of(connection: Connection, member_id: str, after: UUID | None, most: int) -> list[StoredMandate]:
    """Mandates that a member gave or was given, as they stand, the oldest first, after this one."""
    wanted = _of(_current(), member_id).order_by(mandate.c.mandate_id).limit(most)
    if after is not None:
        wanted = wanted.where(mandate.c.mandate_id > after)
    return [_mandate(row) for row in connection.execute(wanted)]


def count_mandates_of(connection: Connection, member_id: str) -> int:
    """How many mandates a member gave or was given."""
    counted = select(func.count()).select_from(mandate).where(mandate.c.superseded_at.is_(None))
    return connection.scalar(_of(counted, member_id)) or 0


def list_mandates(connection: Connection) -> list[StoredMandate]:
    """Every mandate as it stands, the oldest first."""
    return [_mandate(row) for row in connection.execute(_current().order_by(mandate.c.mandate_id))]


def find_accounts(connection: Connection, contributor: str, tokens: Collection[bytes]) -> list[tuple[UUID, UUID]]:
    """The accounts under these tokens that the contributor reports now: subject key, account key."""
    places, rows = account_identifier.c, account.c
    here = (rows.subject_key == places.subject_key) & (rows.account_key == places.account_key)
    found = (
        select(places.subject_key, places.account_key)
        .join(account, here)
        .where(places.bidx.in_(tokens), rows.contributor == contributor, rows.superseded_at.is_(None))
    )
    return [(subject_key, account_key) for subject_key, account_key in connection.execute(found)]


def name_accounts(
    connection: Connection, mandate_id: UUID, places: Collection[tuple[UUID, UUID]], now: datetime
) -> None:
    """The mandate covers exactly these accounts (subject key, account key) from now on."""
    rows = account_mandate.c
    standing = (rows.mandate_id == mandate_id) & rows.ended_at.is_(None)
    held = {(row.subject_key, row.account_key) for row in connection.execute(select(account_mandate).where(standing))}
    for subject_key, account_key in held - set(places):
        one = (rows.subject_key == subject_key) & (rows.account_key == account_key)
        connection.execute(update(account_mandate).where(standing, one).values(ended_at=now))
    added = [
        {"subject_key": subject_key, "account_key": account_key, "mandate_id": mandate_id, "recorded_at": now}
        for subject_key, account_key in sorted(set(places) - held)
    ]
    if added:
        connection.execute(insert(account_mandate), added)


def accounts_named(connection: Connection, subject_key: UUID, mandate_id: UUID) -> set[UUID]:
    """The accounts of a borrower that a mandate names."""
    rows = account_mandate.c
    named = select(rows.account_key).where(
        rows.subject_key == subject_key, rows.mandate_id == mandate_id, rows.ended_at.is_(None)
    )
    return set(connection.scalars(named))


def _current() -> Select[Any]:
    return select(*(mandate.c[part.name] for part in fields(StoredMandate))).where(mandate.c.superseded_at.is_(None))


def _of(wanted: Select[Any], member_id: str) -> Select[Any]:
    return wanted.where(or_(mandate.c.lender == member_id, mandate.c.agency == member_id))


def _one(connection: Connection, wanted: Select[Any]) -> StoredMandate | None:
    row = connection.execute(wanted).one_or_none()
    return _mandate(row) if row else None


def _mandate(row: Row[Any]) -> StoredMandate:
    return StoredMandate(**row._mapping)
