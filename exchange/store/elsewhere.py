"""Lenders that a borrower lets watch over a loan, and the outbox of what they are to be told of other lenders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from consent.lifecycle import ConsentState
from exchange.clock import new_id
from exchange.store.tables.consent import consent
from exchange.store.tables.delinquency import delinquency
from exchange.store.tables.outbox import delinquent_elsewhere
from schema.vocabulary.purpose import Purpose

_COLUMNS = delinquent_elsewhere.c


@dataclass(frozen=True, slots=True)
class ToTell:
    """A lender that is to be told that the borrower fell behind elsewhere."""

    subject_key: UUID
    event_id: UUID
    member_id: str
    recorded_at: datetime


def note_new_delinquencies(
    connection: Connection, subject_keys: Collection[UUID], contributor: str, now: datetime
) -> None:
    """Notes whom to tell of the delinquencies that `contributor` reported `now` of these borrowers, and that go on:
    every other lender with an active consent to look after a loan. Where nobody has one, it costs one look into an
    index for the whole batch.
    """
    watching = _watching(connection, subject_keys, contributor, now) if subject_keys else []
    if not watching:
        return
    behind = _fell_behind(connection, {subject_key for subject_key, _ in watching}, contributor, now)
    rows = [
        {"subject_key": subject_key, "event_id": new_id(now), "member_id": member_id, "recorded_at": now}
        for subject_key, member_id in watching
        if subject_key in behind
    ]
    if rows:
        connection.execute(insert(delinquent_elsewhere), rows)


def _watching(
    connection: Connection, subject_keys: Collection[UUID], contributor: str, now: datetime
) -> list[tuple[UUID, str]]:
    """The borrowers and lenders between whom such a consent stands."""
    given = consent.c
    standing = select(given.subject_key, given.recipient).where(
        given.subject_key == func.any(list(subject_keys)),
        given.purpose == Purpose.POST_LOAN.value,
        given.state == ConsentState.ACTIVE.value,
        given.starts_at <= now,
        given.expires_at > now,
        given.recipient != contributor,
    )
    return [(row.subject_key, row.recipient) for row in connection.execute(standing.distinct())]


def _fell_behind(
    connection: Connection, subject_keys: Collection[UUID], contributor: str, now: datetime
) -> frozenset[UUID]:
    """Those of whom a delinquency was first reported now, and goes on."""
    late = delinquency.c
    new = select(late.subject_key).where(
        late.subject_key == func.any(list(subject_keys)), late.contributor == contributor, late.recorded_at == now,
        late.version == 1, late.superseded_at.is_(None), late.cured_on.is_(None), late.ended_on.is_(None),
    )  # fmt: skip
    return frozenset(connection.scalars(new))


def lenders_to_tell(connection: Connection, most: int) -> list[ToTell]:
    """Whom to tell, in no order that matters."""
    waiting = select(_COLUMNS.subject_key, _COLUMNS.event_id, _COLUMNS.member_id, _COLUMNS.recorded_at)
    waiting = waiting.where(_COLUMNS.told_at.is_(None)).order_by(_COLUMNS.event_id).limit(most)
    return [ToTell(*row) for row in connection.execute(waiting)]


def mark_told(connection: Connection, told: ToTell, now: datetime) -> bool:
    """Notes that this is dealt with. False: somebody else did it."""
    this = (_COLUMNS.subject_key == told.subject_key) & (_COLUMNS.event_id == told.event_id)
    return connection.execute(
        update(delinquent_elsewhere).where(this, _COLUMNS.told_at.is_(None)).values(told_at=now)
    ).rowcount == 1  # fmt: skip
