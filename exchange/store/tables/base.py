"""What the tables share: one metadata with fixed constraint names, and the columns of a contributed record."""

from typing import Any

from sqlalchemy import UUID, Boolean, Column, Date, DateTime, Integer, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Instant = DateTime(timezone=True)


def dispute_mark() -> Column[Any]:
    """What a dispute has readers told of a record: kept across its versions, and never written by its furnisher."""
    return Column("dispute_mark", Text, comment="DISPUTED or UNVERIFIABLE; null: no dispute")


def recorded(key: str, reference: str = "the furnisher's own reference") -> list[Column[Any]]:
    """The first columns of a table whose rows are versions of records: whose, which, and why there is a version."""
    return [
        Column("subject_key", UUID, nullable=False),
        Column(key, UUID, nullable=False),
        Column("reference", LargeBinary, nullable=False, comment=f"sealed: {reference}"),
        Column("reference_token", LargeBinary, nullable=False, comment="HMAC of the reference: the same record"),
        Column("reason", Text, nullable=False, comment="why this version was made"),
        Column("withdrawn", Boolean, nullable=False, server_default="false", comment="taken back by the furnisher"),
        dispute_mark(),
    ]


def contributed() -> list[Column[Any]]:
    """The columns of every contributed record: who says it, since when it is true, since when we know it, on
    which basis, under which law, and a commitment to its content. The current version is `superseded_at is null`.
    """
    return [
        Column("contributor", Text, nullable=False),
        Column("version", Integer, nullable=False, server_default="1"),
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date),
        Column("recorded_at", Instant, nullable=False),
        Column("superseded_at", Instant),
        Column("basis", Text, nullable=False),
        Column("jurisdiction", Text, nullable=False),
        Column("pack_version", Text, nullable=False),
        Column("commitment", LargeBinary, nullable=False),
    ]
