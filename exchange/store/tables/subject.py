"""The borrower: keys, look-up tokens, sealed personal fields, the log's own count, erasures."""

from sqlalchemy import (
    ARRAY,
    UUID,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

subject_key = Table(
    "subject_key",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("key_no", Integer, nullable=False),
    Column("kek_ref", Text, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("suite", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, comment="ACTIVE, RETIRED or WIPED"),
    PrimaryKeyConstraint("subject_key", "key_no"),
)

subject_identifier = Table(
    "subject_identifier",
    metadata,
    Column("bidx", LargeBinary, nullable=False, comment="HMAC-SHA256 of the normalised id"),
    Column("index_key_id", Integer, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("subject_key", UUID, nullable=False),
    PrimaryKeyConstraint("bidx", "index_key_id"),
    Index(None, "subject_key"),
    comment="Look-up table, sharded by its index.",
)

subject = Table(
    "subject",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("id_number", LargeBinary, nullable=False, comment="sealed"),
    Column("names", LargeBinary, nullable=False, comment="sealed JSON list"),
    Column("birth_date", LargeBinary, comment="sealed ISO date"),
    Column("phones", LargeBinary, comment="sealed JSON list"),
    Column("emails", LargeBinary, comment="sealed JSON list"),
    Column("addresses", LargeBinary, comment="sealed JSON list"),
    Column("employment", LargeBinary, comment="sealed JSON list"),
    Column("birth_check", LargeBinary, comment="commitment to the birth date, to compare without opening"),
    Column("name_checks", ARRAY(LargeBinary), comment="commitments to the normalised names that are accepted"),
    Column("time_zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("security_freeze", Boolean, nullable=False, server_default="false"),
    Column("synthetic_identity", Boolean, nullable=False, server_default="false"),
    Column("deceased_on", Date),
    Column("incapacity_since", Date),
    Column("fraud_alert", LargeBinary, comment="sealed JSON: how to reach the borrower before anything is opened"),
    Column("fraud_alert_until", Instant),
    Column("vulnerability", Text, comment="never a diagnosis"),
    Column("vulnerability_verified_by", Text),
    Column("vulnerability_until", Date),
    Column("merged_into", UUID, comment="the file that this one is now part of"),
    Column("split_from", UUID, comment="the file that this one was part of"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key"),
    Index(None, "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)

subject_version = Table(
    "subject_version",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("superseded_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("record", JSONB, nullable=False, comment="the subject row as it stood"),
    PrimaryKeyConstraint("subject_key", "version"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    comment="Append-only: who we said it was before.",
)

subject_review = Table(
    "subject_review",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("review_id", UUID, nullable=False),
    Column("kind", Text, nullable=False),
    Column("contributor", Text, nullable=False),
    Column("other_subject_key", UUID, comment="the other file, where the documents of one record disagree"),
    Column("claimed", LargeBinary, nullable=False, comment="sealed JSON: the identity that was furnished"),
    Column("claim_check", LargeBinary, nullable=False, comment="commitment to the claim: the same one is kept once"),
    Column("raised_at", Instant, nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", Instant),
    PrimaryKeyConstraint("subject_key", "review_id"),
    UniqueConstraint("subject_key", "contributor", "claim_check"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["contributor"], ["member.member_id"]),
    Index(None, "raised_at", postgresql_where=text("decided_at IS NULL")),
    comment="Identities that a person must look at before they are believed.",
)

subject_sequence = Table(
    "subject_sequence",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("last", BigInteger, nullable=False, comment="number of log entries about this borrower"),
    PrimaryKeyConstraint("subject_key"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
)

erasure = Table(
    "erasure",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("done_at", Instant, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("subject_key"),
    comment="Replayed after every restore.",
)
