"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "account_identifier",
        sa.Column("bidx", sa.LargeBinary(), nullable=False, comment="HMAC-SHA256 of contributor and account reference"),
        sa.Column("index_key_id", sa.Integer(), nullable=False),
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("account_key", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("bidx", "index_key_id", name=op.f("pk_account_identifier")),
        comment="Look-up table, sharded by its index.",
    )
    op.create_table(
        "account_version",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("account_key", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "record", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the account row as it stood"
        ),
        sa.PrimaryKeyConstraint("subject_key", "account_key", "version", name=op.f("pk_account_version")),
        comment="Append-only: what we said before.",
    )
    op.create_table(
        "erasure",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_erasure")),
        comment="Replayed after every restore.",
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tree_size", "signed_at", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_integrator",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1: its row lock makes the integrator single"),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_integrator")),
    )
    op.create_table(
        "log_leaf",
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_leaf")),
    )
    op.create_index(op.f("ix_log_leaf_entry_id"), "log_leaf", ["entry_id"], unique=True)
    op.create_index(op.f("ix_log_leaf_leaf_hash"), "log_leaf", ["leaf_hash"], unique=False)
    op.create_table(
        "log_opening",
        sa.Column("subject_key", sa.UUID(), nullable=False, comment="the nil UUID where no borrower is meant"),
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True, comment="dense per borrower"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("subject_opening", sa.LargeBinary(), nullable=True, comment="sealed under the borrower's key"),
        sa.Column("service_opening", sa.LargeBinary(), nullable=False, comment="sealed under the log key"),
        sa.PrimaryKeyConstraint("subject_key", "entry_id", name=op.f("pk_log_opening")),
    )
    op.create_index("uq_log_opening_sequence", "log_opening", ["subject_key", "sequence"], unique=True)
    op.create_table(
        "log_pending",
        sa.Column("entry_id", sa.UUID(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_log_pending")),
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("tile_index", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False, comment="1 to 256 hashes of 32 bytes; grows until full"),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_log_tile")),
    )
    op.create_table(
        "member",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("member_class", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("contribution_level", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("jwks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
    )
    op.create_table(
        "one_time",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "kind", name=op.f("pk_one_time")),
        comment="Proof and assertion ids already seen; rows may go once expired.",
    )
    op.create_index(op.f("ix_one_time_expires_at"), "one_time", ["expires_at"], unique=False)
    op.create_table(
        "revoked_token",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_revoked_token")),
    )
    op.create_table(
        "subject",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("id_number", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("names", sa.LargeBinary(), nullable=False, comment="sealed JSON list"),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True, comment="sealed ISO date"),
        sa.Column("phones", sa.LargeBinary(), nullable=True, comment="sealed JSON list"),
        sa.Column("addresses", sa.LargeBinary(), nullable=True, comment="sealed JSON list"),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("security_freeze", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("synthetic_identity", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_subject")),
    )
    op.create_table(
        "subject_identifier",
        sa.Column("bidx", sa.LargeBinary(), nullable=False, comment="HMAC-SHA256 of the normalised id"),
        sa.Column("index_key_id", sa.Integer(), nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("bidx", "index_key_id", name=op.f("pk_subject_identifier")),
        comment="Look-up table, sharded by its index.",
    )
    op.create_table(
        "subject_key",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("key_no", sa.Integer(), nullable=False),
        sa.Column("kek_ref", sa.Text(), nullable=False),
        sa.Column("kek_version", sa.Integer(), nullable=False),
        sa.Column("suite", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="ACTIVE, RETIRED or WIPED"),
        sa.PrimaryKeyConstraint("subject_key", "key_no", name=op.f("pk_subject_key")),
    )
    op.create_table(
        "account",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("account_key", sa.UUID(), nullable=False),
        sa.Column("account_ref", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("portfolio", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("five_class", sa.Text(), nullable=True),
        sa.Column("compliance_flag", sa.Text(), server_default="NONE", nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("matures_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("original_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("highest_balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("past_due_minor", sa.BigInteger(), nullable=True),
        sa.Column("scheduled_payment_minor", sa.BigInteger(), nullable=True),
        sa.Column("last_payment_minor", sa.BigInteger(), nullable=True),
        sa.Column("last_payment_on", sa.Date(), nullable=True),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("term_count", sa.Integer(), nullable=True),
        sa.Column("term_frequency", sa.Text(), nullable=True),
        sa.Column("history_month", sa.Date(), nullable=True, comment="first day of the newest month"),
        sa.Column("history_codes", sa.Text(), server_default="", nullable=False),
        sa.Column("history_days_past_due", sa.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("history_past_due_minor", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("history_balance_minor", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("history_paid_minor", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["contributor"], ["member.member_id"], name=op.f("fk_account_contributor_member")),
        sa.ForeignKeyConstraint(["subject_key"], ["subject.subject_key"], name=op.f("fk_account_subject_key_subject")),
        sa.PrimaryKeyConstraint("subject_key", "account_key", name=op.f("pk_account")),
    )
    op.create_table(
        "consent",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("consent_id", sa.UUID(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "window_started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="start of the running frequency window",
        ),
        sa.Column("window_uses", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("artefact", sa.LargeBinary(), nullable=False, comment="canonical bytes (RFC 8785), frozen"),
        sa.Column("signatures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["recipient"], ["member.member_id"], name=op.f("fk_consent_recipient_member")),
        sa.ForeignKeyConstraint(["subject_key"], ["subject.subject_key"], name=op.f("fk_consent_subject_key_subject")),
        sa.PrimaryKeyConstraint("subject_key", "consent_id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_subject_key_recipient"), "consent", ["subject_key", "recipient"], unique=False)
    op.create_table(
        "inquiry",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("inquiry_key", sa.UUID(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("staff", sa.LargeBinary(), nullable=True, comment="sealed: staff id and name (art. 22)"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.UUID(), nullable=True),
        sa.Column("consent_use", sa.BigInteger(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("requested", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("released", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("withheld", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subject_key"], ["subject.subject_key"], name=op.f("fk_inquiry_subject_key_subject")),
        sa.PrimaryKeyConstraint("subject_key", "inquiry_key", name=op.f("pk_inquiry")),
    )
    op.create_index(op.f("ix_inquiry_subject_key_sequence"), "inquiry", ["subject_key", "sequence"], unique=True)
    op.create_table(
        "subject_sequence",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False, comment="number of log entries about this borrower"),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_subject_sequence_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_subject_sequence")),
    )
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the file and of how it is to be read"
        ),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="APPLIED or REFUSED"),
        sa.Column("records_read", sa.BigInteger(), nullable=False),
        sa.Column("records_applied", sa.BigInteger(), nullable=False),
        sa.Column("records_faulty", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_submission_member_id_member")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission")),
        sa.UniqueConstraint("member_id", "digest", name=op.f("uq_submission_member_id_digest")),
    )
    op.create_table(
        "consent_move",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("consent_id", sa.UUID(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("move_id", sa.UUID(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_key", "consent_id"],
            ["consent.subject_key", "consent.consent_id"],
            name=op.f("fk_consent_move_subject_key_consent"),
        ),
        sa.PrimaryKeyConstraint("subject_key", "consent_id", "moved_at", "move_id", name=op.f("pk_consent_move")),
        comment="Append-only: every move of a consent's state.",
    )
    op.create_table(
        "delinquency",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("delinquency_key", sa.UUID(), nullable=False),
        sa.Column("account_key", sa.UUID(), nullable=False),
        sa.Column(
            "first_delinquent_on",
            sa.Date(),
            nullable=False,
            comment="never moves; a cured one that repeats is a new row",
        ),
        sa.Column("peak_days_past_due", sa.Integer(), nullable=False),
        sa.Column("cured_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True, comment="when the conduct ended; retention counts from here"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("charge_off_on", sa.Date(), nullable=True),
        sa.Column("charge_off_minor", sa.BigInteger(), nullable=True),
        sa.Column("prior_notice_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prior_notice_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prior_notice_channel", sa.Text(), nullable=True),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["contributor"], ["member.member_id"], name=op.f("fk_delinquency_contributor_member")),
        sa.ForeignKeyConstraint(
            ["subject_key", "account_key"],
            ["account.subject_key", "account.account_key"],
            name=op.f("fk_delinquency_subject_key_account"),
        ),
        sa.PrimaryKeyConstraint("subject_key", "delinquency_key", name=op.f("pk_delinquency")),
    )
    op.create_table(
        "submission_fault",
        sa.Column("submission_id", sa.UUID(), nullable=False),
        sa.Column("fault_no", sa.Integer(), nullable=False),
        sa.Column("record_no", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.submission_id"], name=op.f("fk_submission_fault_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("submission_id", "fault_no", name=op.f("pk_submission_fault")),
    )
    op.execute("INSERT INTO log_integrator (id, tree_size) VALUES (1, 0)")
