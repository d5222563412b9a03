"""Decisions as they were recorded, some thousands at a time, to be decided again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, tuple_

from exchange.store.tables.consent import consent
from exchange.store.tables.contact import contact_clearance
from exchange.store.tables.inquiry import inquiry
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.member import member


@dataclass(frozen=True, slots=True)
class StoredLook:
    """An inquiry, what it rested on (consent or lawful ground; None: neither), and who asked, as registered now."""

    asked_at: datetime
    inquiry_key: UUID
    subject_key: UUID
    member_id: str
    member_class: str
    purpose: str
    staff_named: bool
    basis: str
    consent_id: UUID | None
    granted: bool
    requested: Sequence[str]
    released: Sequence[str]
    reasons: Sequence[str]
    leaf_hash: bytes
    artefact: bytes | None
    ground_classes: Sequence[str] | None
    ground_purpose: str | None
    ground_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredClearance:
    """A clearance that was asked for: what came of it, and the facts that it was decided on."""

    asked_at: datetime
    clearance_id: UUID
    actor: str
    granted: bool
    reasons: Sequence[str]
    pack_version: str
    leaf_hash: bytes
    facts: dict[str, Any]


def count_decisions(connection: Connection, from_time: datetime, until_time: datetime, most: int) -> int:
    """How many looks and clearances a period holds; of each no more than `most` are counted."""
    counted = 0
    for table in (inquiry, contact_clearance):
        asked_at = table.c.asked_at
        some = select(asked_at).where(asked_at >= from_time, asked_at < until_time).limit(most)
        counted += connection.scalar(select(func.count()).select_from(some.subquery())) or 0
    return counted


def looks_recorded(connection: Connection, at: datetime, key: UUID, until: datetime, most: int) -> list[StoredLook]:
    """Looks after this place (`at`, `key`) and before `until`, the oldest first."""
    rows, basis, ground = inquiry.c, consent.c, lawful_ground.c
    consented = (basis.subject_key == rows.subject_key) & (basis.consent_id == rows.consent_id)
    grounded = (ground.subject_key == rows.subject_key) & (ground.ground_id == rows.ground_id)
    wanted = (
        select(
            rows.asked_at, rows.inquiry_key, rows.subject_key, rows.member_id, member.c.member_class, rows.purpose,
            rows.staff.is_not(None), rows.basis, rows.consent_id, rows.granted, rows.requested, rows.released,
            rows.reasons, rows.leaf_hash, basis.artefact, ground.field_classes, ground.purpose, ground.expires_at,
        )
        .join_from(inquiry, member, member.c.member_id == rows.member_id)
        .outerjoin(consent, consented)
        .outerjoin(lawful_ground, grounded)
        .where(tuple_(rows.asked_at, rows.inquiry_key) > tuple_(at, key), rows.asked_at < until)
        .order_by(rows.asked_at, rows.inquiry_key)
        .limit(most)
    )  # fmt: skip
    return [StoredLook(*row) for row in connection.execute(wanted)]


def clearances_recorded(
    connection: Connection, at: datetime, key: UUID, until: datetime, most: int
) -> list[StoredClearance]:
    """Clearances after this place (`at`, `key`) and before `until`, the oldest first."""
    rows = contact_clearance.c
    wanted = (
        select(
            rows.asked_at, rows.clearance_id, rows.actor, rows.granted, rows.reasons, rows.pack_version, rows.leaf_hash,
            rows.facts,
        )
        .where(tuple_(rows.asked_at, rows.clearance_id) > tuple_(at, key), rows.asked_at < until)
        .order_by(rows.asked_at, rows.clearance_id)
        .limit(most)
    )  # fmt: skip
    return [StoredClearance(*row) for row in connection.execute(wanted)]
