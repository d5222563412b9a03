"""Public records: what courts and authorities have on record. A row is one version of one record."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from exchange.store.tables.base import contributed, metadata

public_record = Table(
    "public_record",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("record_key", UUID, nullable=False),
    Column("reference", LargeBinary, nullable=False, comment="sealed: the number of the case or file"),
    Column("reference_token", LargeBinary, nullable=False, comment="HMAC of the furnisher's reference: same record"),
    Column("reason", Text, nullable=False, comment="why this version was made"),
    Column("withdrawn", Boolean, nullable=False, server_default="false", comment="the furnisher took the record back"),
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
