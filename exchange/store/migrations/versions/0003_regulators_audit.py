"""Regulators audit: officers, what they search by, and checkpoints by origin.

Entries from before this step were sealed whole: regulators find them by time alone, as the act "earlier".
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "log_event",
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "kind",
            sa.BigInteger(),
            sa.Computed("hash_record_extended(ROW(act, purpose, basis, granted, reasons, rules), 0)", persisted=True),
            nullable=True,
            comment="equal where all but the member is equal",
        ),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_event")),
        comment="What each leaf is about, for regulators to search; written by the integrator with the leaf.",
    )
    for columns in (
        ["recorded_at", "leaf_index"],
        ["member_id", "recorded_at", "leaf_index"],
        ["kind", "recorded_at", "leaf_index"],
        ["member_id", "kind", "recorded_at", "leaf_index"],
    ):
        op.create_index(op.f(f"ix_log_event_{'_'.join(columns)}"), "log_event", columns, unique=False)
    op.create_table(
        "officer",
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="whose officer or staff it is"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False, comment="what they may do"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "invitation",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the code that adds the first passkey; null once used",
        ),
        sa.Column("invitation_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_officer_member_id_member")),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer")),
    )
    op.create_table(
        "log_export",
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="the authority"),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="the filter, as an address has it"),
        sa.Column(
            "wanted",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the same filter, as it is applied",
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="the checkpoint that the export is bound to"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events_total", sa.BigInteger(), nullable=False),
        sa.Column("events_done", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True, comment="SHA-256 of the lines, once finished"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.officer_id"], name=op.f("fk_log_export_officer_id_officer")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_log_export")),
    )
    op.create_index(op.f("ix_log_export_member_id_asked_at"), "log_export", ["member_id", "asked_at"], unique=False)
    op.create_table(
        "officer_passkey",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="given by the officer"),
        sa.Column("transports", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=False, comment="the log entry that registered it"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_officer_passkey_officer_id_officer")
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_officer_passkey")),
    )
    op.create_table(
        "opening_request",
        sa.Column("request_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False, comment="the authority"),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column(
            "reason", sa.LargeBinary(), nullable=False, comment="sealed under the log key: case and reason, in words"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column(
            "signature",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the second officer's passkey over the request",
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["officer.officer_id"], name=op.f("fk_opening_request_asked_by_officer")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["officer.officer_id"], name=op.f("fk_opening_request_decided_by_officer")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_opening_request")),
        comment="An event is opened by two persons: one asks, another one of the same authority agrees.",
    )
    op.create_index(
        op.f("ix_opening_request_member_id_asked_at"), "opening_request", ["member_id", "asked_at"], unique=False
    )
    op.create_table(
        "saved_search",
        sa.Column("search_id", sa.UUID(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="the address of the search, after the question mark"),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.officer_id"], name=op.f("fk_saved_search_officer_id_officer")
        ),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_saved_search")),
    )
    op.create_index(op.f("ix_saved_search_officer_id_name"), "saved_search", ["officer_id", "name"], unique=True)
    op.add_column("log_checkpoint", sa.Column("origin", sa.Text(), nullable=True))
    op.execute("UPDATE log_checkpoint SET origin = split_part(note, chr(10), 1)")
    op.alter_column("log_checkpoint", "origin", nullable=False)
    op.drop_constraint("pk_log_checkpoint", "log_checkpoint")
    op.create_primary_key("pk_log_checkpoint", "log_checkpoint", ["origin", "tree_size", "signed_at"])
    op.create_index(op.f("ix_log_opening_entry_id"), "log_opening", ["entry_id"], unique=False)
    op.create_index(op.f("ix_inquiry_asked_at_inquiry_key"), "inquiry", ["asked_at", "inquiry_key"], unique=False)
    op.create_index(op.f("ix_submission_submitted_at"), "submission", ["submitted_at"], unique=False)
    op.create_index(op.f("ix_unrecognised_look_raised_at"), "unrecognised_look", ["raised_at"], unique=False)
    op.add_column("log_pending", sa.Column("leaf_hash", sa.LargeBinary(), nullable=True))
    op.execute("UPDATE log_pending SET leaf_hash = sha256('\\x00'::bytea || leaf)")
    op.alter_column("log_pending", "leaf_hash", nullable=False)
    op.add_column("log_pending", sa.Column("act", sa.Text(), nullable=False, server_default="earlier"))
    op.alter_column("log_pending", "act", server_default=None)
    op.add_column("log_pending", sa.Column("member_id", sa.Text(), nullable=True))
    op.add_column("log_pending", sa.Column("purpose", sa.Text(), nullable=True))
    op.add_column("log_pending", sa.Column("basis", sa.Text(), nullable=True))
    op.add_column("log_pending", sa.Column("granted", sa.Boolean(), nullable=True))
    op.add_column("log_pending", sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("log_pending", "reasons", server_default=None)
    op.add_column("log_pending", sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("log_pending", "rules", server_default=None)
    op.add_column(
        "web_session",
        sa.Column("officer_id", sa.UUID(), nullable=True, comment="the officer of a regulator, instead of a borrower"),
    )
    op.alter_column(
        "web_session",
        "subject_key",
        existing_type=sa.UUID(),
        comment="the borrower; null before signing in",
        existing_comment="null before signing in",
        existing_nullable=True,
    )
    op.execute("""
        INSERT INTO log_event (leaf_index, recorded_at, act, reasons, rules)
        SELECT leaf_index, to_timestamp((convert_from(leaf, 'UTF8')::json ->> 't')::bigint / 1000.0), 'earlier', '{}', '{}'
        FROM log_leaf""")
