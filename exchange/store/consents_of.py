"""What giving and withdrawing a consent needs of the database besides the register of consents."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, update

from exchange.store.look_up import SealedEntry
from exchange.store.tables.authorization import authorization_code, refresh_token
from exchange.store.tables.consent import consent
from exchange.store.tables.log import log_opening
from exchange.store.tables.member import member


@dataclass(frozen=True, slots=True)
class KeptBeside:
    """What is kept beside a consent: how its recipient is called and reached, what was shown, and the evidence."""

    recipient_name: str
    recipient_contact: str
    notice: str | None
    signer_key: UUID | None
    key_entry: UUID | None
    authority_entry: UUID | None


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A log entry about a borrower, both openings sealed."""

    sealed: SealedEntry
    subject_opening: bytes


def kept_beside(connection: Connection, subject_key: UUID) -> dict[UUID, KeptBeside]:
    """What is kept beside each consent of a borrower, by consent id."""
    columns = (
        consent.c.consent_id, member.c.name, member.c.contact, consent.c.notice,
        consent.c.signer_key, consent.c.key_entry, consent.c.authority_entry,
    )  # fmt: skip
    rows = select(*columns).join(member, member.c.member_id == consent.c.recipient)
    return {
        row[0]: KeptBeside(*row[1:]) for row in connection.execute(rows.where(consent.c.subject_key == subject_key))
    }


def last_refused_at(connection: Connection, subject_key: UUID, recipient: str, purpose: str) -> datetime | None:
    """When the borrower last refused this member for this purpose."""
    refused = select(func.max(consent.c.recorded_at)).where(
        consent.c.subject_key == subject_key,
        consent.c.recipient == recipient,
        consent.c.purpose == purpose,
        consent.c.state == "REJECTED",
    )
    return connection.scalar(refused)


def end_authorizations(connection: Connection, subject_key: UUID, consent_id: UUID, now: datetime) -> int:
    """Ends what a member could still get tokens with under a consent. Returns how many refresh tokens ended."""
    code, token = authorization_code.c, refresh_token.c
    connection.execute(
        update(authorization_code)
        .where(code.subject_key == subject_key, code.consent_id == consent_id, code.used_at.is_(None))
        .values(used_at=now)
    )
    return connection.execute(
        update(refresh_token)
        .where(token.subject_key == subject_key, token.consent_id == consent_id, token.revoked_at.is_(None))
        .values(revoked_at=now)
    ).rowcount


def ended_consents(connection: Connection, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Consents still marked as standing whose last instant has passed, as (subject_key, consent_id)."""
    ended = select(consent.c.subject_key, consent.c.consent_id).where(
        consent.c.state.in_(("ACTIVE", "PAUSED")), consent.c.expires_at <= now
    )
    return [(row.subject_key, row.consent_id) for row in connection.execute(ended.limit(most))]


def own_entry(connection: Connection, subject_key: UUID, entry_id: UUID) -> OwnEntry | None:
    """One log entry about a borrower."""
    entry = log_opening.c
    row = connection.execute(
        select(entry.entry_id, entry.leaf, entry.service_opening, entry.subject_opening).where(
            entry.subject_key == subject_key, entry.entry_id == entry_id
        )
    ).one_or_none()
    return OwnEntry(SealedEntry(*row[:3]), row.subject_opening) if row else None
