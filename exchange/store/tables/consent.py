"""Consents: the frozen artefact, and beside it the little that may change (state and use count)."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

consent = Table(
    "consent",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("consent_id", UUID, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("uses", BigInteger, nullable=False, server_default="0"),
    Column("window_started_at", Instant, comment="start of the running frequency window"),
    Column("window_uses", BigInteger, nullable=False, server_default="0"),
    Column("artefact", LargeBinary, nullable=False, comment="canonical bytes (RFC 8785), frozen"),
    Column("signatures", JSONB, nullable=False),
    Column("signer_key", UUID, comment="whose passkey signed; null: nobody's"),
    Column("key_entry", UUID, comment="the signer's log entry that registered the passkey"),
    Column("authority_entry", UUID, comment="the borrower's log entry that lets a representative act"),
    Column("notice", Text, comment="what the borrower was shown, as its digest in the artefact says"),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key", "consent_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["recipient"], ["member.member_id"]),
    Index(None, "subject_key", "recipient"),
    Index(None, "expires_at", postgresql_where=text("state IN ('ACTIVE', 'PAUSED')")),
)

consent_move = Table(
    "consent_move",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("consent_id", UUID, nullable=False),
    Column("moved_at", Instant, nullable=False),
    Column("move_id", UUID, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("entry_id", UUID, comment="the borrower's log entry about it"),
    PrimaryKeyConstraint("subject_key", "consent_id", "moved_at", "move_id"),
    ForeignKeyConstraint(["subject_key", "consent_id"], ["consent.subject_key", "consent.consent_id"]),
    comment="Append-only: every move of a consent's state.",
)
