"""What opens a borrower's file besides consents, in SQL: lawful grounds, representatives, ways of signing in.

Every statement belongs to the caller's transaction.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select, update

from exchange.store.tables.borrower_words import representative
from exchange.store.tables.lawful_ground import lawful_ground
from exchange.store.tables.sign_in import passkey, recovery_code, totp, web_session


def standing_grounds(connection: Connection, subject_key: UUID, now: datetime) -> list[UUID]:
    """The lawful grounds that have not ended."""
    rows = lawful_ground.c
    standing = select(rows.ground_id).where(
        rows.subject_key == subject_key, rows.ended_at.is_(None), rows.expires_at > now
    )
    return list(connection.scalars(standing.order_by(rows.ground_id)))


def standing_authorities(connection: Connection, subject_key: UUID, now: datetime) -> list[tuple[UUID, UUID]]:
    """Who may act for this borrower, and for whom this borrower may act: (borrower, who acts), each pair once."""
    rows = representative.c
    standing = select(rows.subject_key, rows.acting_subject_key).where(
        or_(rows.subject_key == subject_key, rows.acting_subject_key == subject_key),
        rows.ended_at.is_(None),
        rows.ends_at > now,
    )
    return sorted({(row.subject_key, row.acting_subject_key) for row in connection.execute(standing)})


def end_sign_in(connection: Connection, subject_key: UUID) -> bool:
    """Removes every way of signing in, and ends every session. False: there was no such way."""
    sessions = update(web_session).where(web_session.c.subject_key == subject_key, web_session.c.revoked.is_(False))
    connection.execute(sessions.values(revoked=True, data={}))
    ways = [delete(table).where(table.c.subject_key == subject_key) for table in (passkey, totp, recovery_code)]
    return sum(connection.execute(way).rowcount for way in ways) > 0
