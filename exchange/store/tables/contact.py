"""Contact: what borrowers wish of it, what was cleared before it was made, and what was made without leave."""

from sqlalchemy import (
    ARRAY,
    UUID,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from exchange.store.tables.base import Instant, metadata

contact_clearance = Table(
    "contact_clearance",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("clearance_id", UUID, nullable=False),
    Column("lender", Text, nullable=False, comment="for whom the debt is collected"),
    Column("actor", Text, nullable=False, comment="who asked: the lender, or an agency under its mandate"),
    Column("mandate_id", UUID),
    Column("account_keys", ARRAY(UUID), nullable=False, comment="the debts that the contact is about"),
    Column("stage", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("contact_token", LargeBinary, comment="HMAC of the normalised number or address"),
    Column("granted", Boolean, nullable=False),
    Column("counts", JSONB, nullable=False, comment="list of [rule, counted, limit]"),
    Column("reasons", ARRAY(Text), nullable=False, comment="codes; none where leave was given"),
    Column("told", JSONB, nullable=False, comment="list of [sentence, rule or null], one for each of the reasons"),
    Column("rules", ARRAY(Text), nullable=False),
    Column("pack_version", Text, nullable=False),
    Column("facts", JSONB, nullable=False, comment="what was decided on, to decide it again; holds no number"),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, comment="null: no leave was given"),
    Column("again_at", Instant, comment="when the hours, which alone stood against it, no longer do"),
    Column("used_at", Instant),
    Column("action_key", UUID, comment="the contact that used it"),
    Column("leaf_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("subject_key", "clearance_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["lender"], ["member.member_id"]),
    ForeignKeyConstraint(["actor"], ["member.member_id"]),
    Index(None, "subject_key", "asked_at"),
    Index(None, "actor", "asked_at"),
)

contact_wish = Table(
    "contact_wish",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("wish_id", UUID, nullable=False),
    Column("kind", Text, nullable=False, comment="STOP or AGREED_HOURS"),
    Column("member_id", Text, comment="the lender it is for, with all its agencies; null: all lenders"),
    Column("stands_from", Instant, nullable=False),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("subject_key", "wish_id"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
)

contact_breach = Table(
    "contact_breach",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("action_key", UUID, nullable=False, comment="the collection action that broke them"),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("lender", Text, nullable=False),
    Column("rules", ARRAY(Text), nullable=False, comment="the rules that would have spoken against it"),
    Column("happened_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key", "action_key", "kind"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    Index(None, "actor", "recorded_at"),
)

contact_reply = Table(
    "contact_reply",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("action_key", UUID, nullable=False, comment="the contact, in whichever version"),
    Column("replied_at", Instant, nullable=False),
    Column("says", Text, nullable=False, comment="ACKNOWLEDGED or OBJECTED; the newest counts"),
    PrimaryKeyConstraint("subject_key", "action_key", "replied_at"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    comment="What borrowers themselves say to a contact.",
)

contact_source = Table(
    "contact_source",
    metadata,
    Column("subject_key", UUID, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("contact_token", LargeBinary, nullable=False, comment="HMAC of the normalised number or address"),
    Column("recorded_at", Instant, nullable=False),
    PrimaryKeyConstraint("subject_key", "member_id", "contact_token"),
    ForeignKeyConstraint(["subject_key"], ["subject.subject_key"]),
    ForeignKeyConstraint(["member_id"], ["member.member_id"]),
    comment="Which member told us of which number or address.",
)
