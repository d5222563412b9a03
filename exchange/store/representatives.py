"""Who may act for whom."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from exchange.handover import WrappedKey
from exchange.store.tables.borrower_words import representative
from exchange.store.tables.subject import subject, subject_key


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who may act for a borrower. `kind` is DELEGATE or GUARDIAN; `entry_id` the log entry that says so."""

    subject_key: UUID
    acting_subject_key: UUID
    kind: str
    document_digest: bytes
    starts_at: datetime
    ends_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Represented:
    """A borrower for whom somebody acts. `names` are sealed under `wrapped_key`."""

    authority: Representative
    names: bytes
    wrapped_key: WrappedKey


def add_representative_row(connection: Connection, added: Representative) -> None:
    """Adds somebody who may act for a borrower."""
    row = {column.name: getattr(added, column.name) for column in representative.c if column.name != "ended_at"}
    connection.execute(insert(representative).values(row))


def authorities(
    connection: Connection, acting: UUID, now: datetime, subject_of: UUID | None = None
) -> list[Representative]:
    """By whom somebody may act now: all whom they represent, or this one."""
    rows = representative.c
    held = select(*(column for column in rows if column.name != "ended_at")).where(
        rows.acting_subject_key == acting, rows.starts_at <= now, rows.ends_at > now, rows.ended_at.is_(None)
    )
    if subject_of is not None:
        held = held.where(rows.subject_key == subject_of)
    return [Representative(**row._mapping) for row in connection.execute(held.order_by(rows.ends_at.desc()))]


def represented(connection: Connection, authority: Representative) -> Represented:
    """The borrower for whom this authority lets somebody act."""
    keys = subject_key.c
    row = connection.execute(
        select(subject.c.names, keys.subject_key, keys.key_no, keys.kek_ref, keys.kek_version, keys.suite, keys.wrapped)
        .join(subject_key, keys.subject_key == subject.c.subject_key)
        .where(subject.c.subject_key == authority.subject_key, keys.state == "ACTIVE")
        .order_by(keys.key_no.desc())
        .limit(1)
    ).one()
    return Represented(authority, row.names, WrappedKey(*row[1:]))


def end_authority(connection: Connection, subject_of: UUID, acting: UUID, now: datetime) -> bool:
    """False: this person could not act for the borrower any more."""
    rows = representative.c
    standing = update(representative).where(
        rows.subject_key == subject_of, rows.acting_subject_key == acting, rows.ends_at > now, rows.ended_at.is_(None)
    )
    return connection.execute(standing.values(ended_at=now)).rowcount > 0
