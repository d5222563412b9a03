"""Public records: what courts and authorities have on record. A row is one version of one record."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import contributed, metadata, recorded

public_record = Table(
    "public_record",
    metadata,
    *recorded("record_key", "the number of the case or file"),
    Column("kind", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", Text),
    Column("filed_on", Date, nullable=False),
    Column("decided_on", Date),
    Column("ended_on", Date, comment="when it was satisfied, dismissed or ended; retention counts from here"),
    *contributed(),
    PrimaryKeyConstraint("subject_key", "record_key", "version"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "subject_key", "reference_token"),
)
