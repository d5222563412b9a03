"""Lawful grounds in the database: recorded by operators, relied on by looks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, update

from exchange.store.look_up import StoredGround
from exchange.store.tables.lawful_ground import lawful_ground


def add_ground(
    connection: Connection, ground: StoredGround, document_digest: bytes, entry_id: UUID, now: datetime
) -> None:
    """Adds a ground and the log entry that records it."""
    row = {
        "subject_key": ground.subject_key,
        "ground_id": ground.ground_id,
        "kind": ground.kind,
        "reference": ground.reference,
        "document_digest": document_digest,
        "recipient": ground.recipient,
        "purpose": ground.purpose,
        "field_classes": list(ground.field_classes),
        "recorded_at": now,
        "expires_at": ground.expires_at,
        "entry_id": entry_id,
    }
    connection.execute(insert(lawful_ground).values(row))


def end_ground(connection: Connection, subject_key: UUID, ground_id: UUID, now: datetime) -> bool:
    """False: there is no such ground, or it has ended."""
    rows = lawful_ground.c
    standing = update(lawful_ground).where(
        rows.subject_key == subject_key, rows.ground_id == ground_id, rows.expires_at > now, rows.ended_at.is_(None)
    )
    return connection.execute(standing.values(ended_at=now)).rowcount == 1
