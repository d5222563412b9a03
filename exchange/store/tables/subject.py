"""The borrower: keys, look-up tokens, sealed personal fields, the log's own count, erasures."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

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
    Column("addresses", LargeBinary, comment="sealed JSON list"),
    Column("time_zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("security_freeze", Boolean, nullable=False, server_default="false"),
    Column("synthetic_identity", Boolean, nullable=False, server_default="false"),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key"),
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
