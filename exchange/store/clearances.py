"""Clearances of contacts in the database: written with each decision, used up by the contact, and read by who asked.

Whoever writes holds the borrower first (`subject_file.find_and_hold_subject`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from exchange.store.tables.contact import contact_breach, contact_clearance
from schema.vocabulary.contact import BreachKind


@dataclass(frozen=True, slots=True)
class StoredClearance:
    """One decision about one contact. `counts`: (rule, counted, limit); `told`: (sentence, rule) of each reason.

    `expires_at` is None where it was denied; `again_at`: when the hours, which alone stood against it, no longer do.
    """

    subject_key: UUID
    clearance_id: UUID
    lender: str
    actor: str
    mandate_id: UUID | None
    account_keys: Sequence[UUID]
    stage: str
    channel: str
    target: str
    contact_token: bytes | None
    granted: bool
    counts: Sequence[Sequence[Any]]
    reasons: Sequence[str]
    told: Sequence[Sequence[str | None]]
    rules: Sequence[str]
    pack_version: str
    facts: dict[str, Any]
    asked_at: datetime
    expires_at: datetime | None
    again_at: datetime | None
    leaf_hash: bytes
    used_at: datetime | None = None
    action_key: UUID | None = None


@dataclass(frozen=True, slots=True)
class StoredBreach:
    """A contact that was made without leave: how, and the rules that spoke against it."""

    subject_key: UUID
    action_key: UUID
    kind: BreachKind
    actor: str
    lender: str
    rules: Sequence[str]
    happened_at: datetime
    recorded_at: datetime


def add_clearance(connection: Connection, clearance: StoredClearance) -> None:
    """Adds a decision in the caller's transaction."""
    connection.execute(insert(contact_clearance).values(_values(clearance)))


def find_clearance(connection: Connection, subject_key: UUID, clearance_id: UUID) -> StoredClearance | None:
    """The clearance of this id about this borrower; None where there is none."""
    columns = contact_clearance.c
    found = _clearances().where(columns.subject_key == subject_key, columns.clearance_id == clearance_id)
    row = connection.execute(found).one_or_none()
    return None if row is None else _clearance(row)


def use_clearance(
    connection: Connection, subject_key: UUID, clearance_id: UUID, action_key: UUID, now: datetime
) -> bool:
    """Uses a clearance up for this contact. False: another contact has used it."""
    columns = contact_clearance.c
    unused = (
        (columns.subject_key == subject_key)
        & (columns.clearance_id == clearance_id)
        & columns.granted
        & columns.used_at.is_(None)
    )
    used = update(contact_clearance).where(unused).values(used_at=now, action_key=action_key)
    return connection.execute(used).rowcount == 1


def clearances_asked_by(
    connection: Connection, actor: str, after: tuple[datetime, UUID] | None, most: int
) -> list[StoredClearance]:
    """What this member asked for, granted or denied, the oldest first; `after` the one of this instant and id."""
    columns = contact_clearance.c
    wanted = _clearances().where(columns.actor == actor)
    if after is not None:
        wanted = wanted.where(tuple_(columns.asked_at, columns.clearance_id) > tuple_(*after))
    ordered = wanted.order_by(columns.asked_at, columns.clearance_id).limit(most)
    return [_clearance(row) for row in connection.execute(ordered)]


def add_breach(connection: Connection, breach: StoredBreach) -> None:
    """Adds a breach in the caller's transaction; one of the same kind by the same contact stands as it was."""
    added = insert_or_leave(contact_breach).values(_values(breach) | {"kind": breach.kind.value})
    connection.execute(added.on_conflict_do_nothing())


def breaches_of(connection: Connection, subject_key: UUID, action_key: UUID) -> list[StoredBreach]:
    """How a contact broke the rules of clearance, by kind."""
    columns = contact_breach.c
    found = select(contact_breach).where(columns.subject_key == subject_key, columns.action_key == action_key)
    rows = connection.execute(found.order_by(columns.kind)).mappings()
    return [StoredBreach(**{**row, "kind": BreachKind(row["kind"])}) for row in rows]


def _clearances() -> Any:
    return select(*(contact_clearance.c[part.name] for part in fields(StoredClearance)))


def _clearance(row: Row[Any]) -> StoredClearance:
    return StoredClearance(**row._mapping)


def _values(stored: StoredClearance | StoredBreach) -> dict[str, Any]:
    return {part.name: getattr(stored, part.name) for part in fields(stored)}
