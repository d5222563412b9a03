"""borrowers sign in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "attempt_limit",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="HMAC of the door and of whom it is about"),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_attempt_limit")),
    )
    op.create_table(
        "authorization_code",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the code"),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("consent_id", sa.UUID(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.Text(), nullable=False),
        sa.Column("key_thumbprint", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("authorization_details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_authorization_code")),
    )
    op.create_index(op.f("ix_authorization_code_expires_at"), "authorization_code", ["expires_at"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="given by the borrower"),
        sa.Column("transports", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=True, comment="the borrower's log entry that registered it"),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_passkey")),
        comment="Look-up table, sharded by its credential.",
    )
    op.create_table(
        "pushed_request",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the request_uri"),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_thumbprint", sa.Text(), nullable=True, comment="dpop_jkt"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), nullable=True, comment="at the decision, not at the page load"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pushed_request")),
    )
    op.create_index(op.f("ix_pushed_request_expires_at"), "pushed_request", ["expires_at"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("consent_id", sa.UUID(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("authorization_details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_token")),
    )
    op.create_index(
        op.f("ix_refresh_token_subject_key_consent_id"), "refresh_token", ["subject_key", "consent_id"], unique=False
    )
    op.create_table(
        "web_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie's value"),
        sa.Column("subject_key", sa.UUID(), nullable=True, comment="null before signing in"),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False, comment="browser and system, in words"),
        sa.Column("signed_in_by", sa.Text(), nullable=True, comment="PASSKEY, TOTP or RECOVERY_CODE"),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_session")),
        comment="Look-up table, sharded by its digest.",
    )
    op.create_table(
        "enrolment",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("proofed_by", sa.Text(), nullable=False, comment="name of the identity provider"),
        sa.Column("proofed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False, comment="sealed: what the provider said"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_enrolment_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_enrolment")),
        comment="A borrower whose identity was proofed, and who may therefore sign in.",
    )
    op.create_table(
        "notice",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("notice_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True, comment="a member's id; null: the borrower"),
        sa.Column("about", sa.UUID(), nullable=True, comment="the consent, inquiry or account meant"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="what is said, as signed JSON"),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True, comment="when an answer is due"),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the borrower saw it, or the member fetched it",
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True, comment="STOPPED, DELETED or RETAINED_UNDER(article)"),
        sa.ForeignKeyConstraint(["subject_key"], ["subject.subject_key"], name=op.f("fk_notice_subject_key_subject")),
        sa.PrimaryKeyConstraint("subject_key", "notice_id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_recipient_written_at"), "notice", ["recipient", "written_at"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("code_no", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="Argon2id"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_recovery_code_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "code_no", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "representative",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("acting_subject_key", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="DELEGATE or GUARDIAN"),
        sa.Column("document_digest", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=False, comment="the borrower's log entry that recorded it"),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_representative_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "entry_id", name=op.f("pk_representative")),
    )
    op.create_index(
        op.f("ix_representative_acting_subject_key"), "representative", ["acting_subject_key"], unique=False
    )
    op.create_table(
        "lawful_ground",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("ground_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="COURT, REGULATOR or FRAUD_DUTY"),
        sa.Column("reference", sa.LargeBinary(), nullable=False, comment="sealed: the case or file number"),
        sa.Column("document_digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the order"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("field_classes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.UUID(), nullable=False, comment="the borrower's log entry that recorded it"),
        sa.ForeignKeyConstraint(["recipient"], ["member.member_id"], name=op.f("fk_lawful_ground_recipient_member")),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_lawful_ground_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "ground_id", name=op.f("pk_lawful_ground")),
    )
    op.create_table(
        "statement",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("statement_id", sa.UUID(), nullable=False),
        sa.Column("about", sa.UUID(), nullable=True, comment="the account meant; null: the whole file"),
        sa.Column("words", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_statement_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "statement_id", name=op.f("pk_statement")),
    )
    op.create_table(
        "totp",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="sealed"),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False, comment="a code works once"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["subject_key"], ["subject.subject_key"], name=op.f("fk_totp_subject_key_subject")),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_totp")),
    )
    op.create_table(
        "unrecognised_look",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("inquiry_key", sa.UUID(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True, comment="sealed"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_key", "inquiry_key"],
            ["inquiry.subject_key", "inquiry.inquiry_key"],
            name=op.f("fk_unrecognised_look_subject_key_inquiry"),
        ),
        sa.PrimaryKeyConstraint("subject_key", "inquiry_key", name=op.f("pk_unrecognised_look")),
    )
    op.add_column("member", sa.Column("redirect_uris", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column(
        "member",
        sa.Column(
            "contact",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="how a borrower reaches the member (PIPL 23)",
        ),
    )
    op.add_column("consent", sa.Column("signer_key", sa.UUID(), comment="whose passkey signed; null: nobody's"))
    op.add_column(
        "consent", sa.Column("key_entry", sa.UUID(), comment="the signer's log entry that registered the passkey")
    )
    op.add_column(
        "consent",
        sa.Column("authority_entry", sa.UUID(), comment="the borrower's log entry that lets a representative act"),
    )
    op.add_column(
        "consent", sa.Column("notice", sa.Text(), comment="what the borrower was shown, as its digest in the artefact says")
    )
    op.add_column("consent_move", sa.Column("entry_id", sa.UUID(), comment="the borrower's log entry about it"))
    op.create_index(
        op.f("ix_consent_expires_at"),
        "consent",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('ACTIVE', 'PAUSED')"),
    )
    op.add_column("inquiry", sa.Column("ground_id", sa.UUID()))
