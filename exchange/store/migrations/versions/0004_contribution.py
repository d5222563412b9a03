"""Contribution: every noun with its versions, submissions that are resumed, reviews of identities, retention.

Submissions from before this step are done: how their files were read is not known, and their sizes are nought.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "retention_run",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("ran_for", sa.Date(), nullable=False, comment="the day that the rules were asked about"),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_subject_key",
            sa.UUID(),
            nullable=True,
            comment="the last borrower whose records were gone through; a run goes on behind",
        ),
        sa.Column("subjects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="by rule and action: how many records",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_retention_run")),
    )
    op.create_table(
        "assessment",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("assessment_key", sa.UUID(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False, comment="sealed: the furnisher's own reference"),
        sa.Column(
            "reference_token",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC of the reference: the same record",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why this version was made"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="taken back by the furnisher",
        ),
        sa.Column("scorecard", sa.Text(), nullable=False, comment="name and version"),
        sa.Column("inputs", sa.LargeBinary(), nullable=False, comment="sealed JSON object"),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reason_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("explanation", sa.LargeBinary(), nullable=True, comment="sealed: in plain words, for the borrower"),
        sa.Column("solely_automated", sa.Boolean(), nullable=False),
        sa.Column("reviewer", sa.LargeBinary(), nullable=True, comment="sealed: the person who reviewed it"),
        sa.Column("contested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
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
        sa.ForeignKeyConstraint(["contributor"], ["member.member_id"], name=op.f("fk_assessment_contributor_member")),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_assessment_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "assessment_key", "version", name=op.f("pk_assessment")),
    )
    op.create_index(
        op.f("ix_assessment_subject_key_reference_token"),
        "assessment",
        ["subject_key", "reference_token"],
        unique=False,
    )
    op.create_table(
        "collection_action",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("action_key", sa.UUID(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False, comment="sealed: the furnisher's own reference"),
        sa.Column(
            "reference_token",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC of the reference: the same record",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why this version was made"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="taken back by the furnisher",
        ),
        sa.Column("account_keys", sa.ARRAY(sa.UUID()), nullable=False, comment="the accounts that it was about"),
        sa.Column("mandate_id", sa.UUID(), nullable=True, comment="under which an agency acted"),
        sa.Column("agent", sa.Text(), nullable=False, comment="pseudonym of who acted"),
        sa.Column("agent_name", sa.LargeBinary(), nullable=True, comment="sealed: opens only to a regulator"),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True, comment="sealed: the number or address"),
        sa.Column("contact_token", sa.LargeBinary(), nullable=True, comment="HMAC of the normalised number or address"),
        sa.Column("clearance_id", sa.UUID(), nullable=True, comment="the clearance that was used"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("promised_minor", sa.BigInteger(), nullable=True),
        sa.Column("promised_currency", sa.Text(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promise_kept", sa.Boolean(), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("recording_digest", sa.LargeBinary(), nullable=True, comment="SHA-256 of the recording"),
        sa.Column(
            "disclosed", sa.ARRAY(sa.Text()), nullable=False, comment="fields that were told; none to third persons"
        ),
        sa.Column("borrower_says", sa.Text(), nullable=True, comment="ACKNOWLEDGED or OBJECTED"),
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
        sa.ForeignKeyConstraint(
            ["contributor"], ["member.member_id"], name=op.f("fk_collection_action_contributor_member")
        ),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_collection_action_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "action_key", "version", name=op.f("pk_collection_action")),
    )
    op.create_index(
        op.f("ix_collection_action_subject_key_reference_token"),
        "collection_action",
        ["subject_key", "reference_token"],
        unique=False,
    )
    op.create_index(
        op.f("ix_collection_action_subject_key_started_at"),
        "collection_action",
        ["subject_key", "started_at"],
        unique=False,
    )
    op.create_table(
        "mandate",
        sa.Column("mandate_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lender", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False, comment="the lender's own reference"),
        sa.Column(
            "portfolio",
            sa.Text(),
            nullable=True,
            comment="the lender's name of a portfolio; null: accounts are named one by one",
        ),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("evaluation_due_on", sa.Date(), nullable=False, comment="within 12 months of the beginning"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="why this version was made"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["member.member_id"], name=op.f("fk_mandate_agency_member")),
        sa.ForeignKeyConstraint(["lender"], ["member.member_id"], name=op.f("fk_mandate_lender_member")),
        sa.PrimaryKeyConstraint("mandate_id", "version", name=op.f("pk_mandate")),
    )
    op.create_index(op.f("ix_mandate_agency"), "mandate", ["agency"], unique=False)
    op.create_index(op.f("ix_mandate_lender"), "mandate", ["lender"], unique=False)
    op.create_table(
        "member_quality",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("completeness", sa.Float(), nullable=True, comment="0 to 1; null: nothing to measure"),
        sa.Column("timeliness", sa.Float(), nullable=True, comment="0 to 1"),
        sa.Column("consistency", sa.Float(), nullable=True, comment="0 to 1"),
        sa.Column(
            "dispute_rate", sa.Float(), nullable=True, comment="0 to 1: the share of accounts that borrowers contest"
        ),
        sa.Column("quality_index", sa.Float(), nullable=True, comment="0 to 100"),
        sa.Column("accounts", sa.BigInteger(), nullable=False),
        sa.Column(
            "measured_level",
            sa.Text(),
            nullable=True,
            comment="the contribution level that it was found to keep; null: not measured",
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_member_quality_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "measured_on", name=op.f("pk_member_quality")),
    )
    op.create_table(
        "member_version",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "record", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the member row as it stood"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_member_version_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "superseded_at", "version_id", name=op.f("pk_member_version")),
        comment="Append-only: what the register said before.",
    )
    op.create_table(
        "public_record",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("record_key", sa.UUID(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False, comment="sealed: the number of the case or file"),
        sa.Column(
            "reference_token",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC of the reference: the same record",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why this version was made"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="taken back by the furnisher",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column(
            "ended_on",
            sa.Date(),
            nullable=True,
            comment="when it was satisfied, dismissed or ended; retention counts from here",
        ),
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
        sa.ForeignKeyConstraint(
            ["contributor"], ["member.member_id"], name=op.f("fk_public_record_contributor_member")
        ),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_public_record_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "record_key", "version", name=op.f("pk_public_record")),
    )
    op.create_index(
        op.f("ix_public_record_subject_key_reference_token"),
        "public_record",
        ["subject_key", "reference_token"],
        unique=False,
    )
    op.create_table(
        "repayment_plan",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("plan_key", sa.UUID(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=False, comment="sealed: the furnisher's own reference"),
        sa.Column(
            "reference_token",
            sa.LargeBinary(),
            nullable=False,
            comment="HMAC of the reference: the same record",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why this version was made"),
        sa.Column(
            "withdrawn",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="taken back by the furnisher",
        ),
        sa.Column("account_keys", sa.ARRAY(sa.UUID()), nullable=False, comment="the accounts that it is about"),
        sa.Column("plan_type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="what was offered: at least two"
        ),
        sa.Column("chosen_option", sa.Integer(), nullable=True, comment="counts from 0"),
        sa.Column(
            "schedule",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="list of [due on, amount in minor units, paid in minor units]",
        ),
        sa.Column("waived_minor", sa.BigInteger(), nullable=True),
        sa.Column("days_past_due_before", sa.Integer(), nullable=True, comment="before the plan"),
        sa.Column("reporting_treatment", sa.Text(), nullable=False),
        sa.Column("stop_collection_until", sa.Date(), nullable=True, comment="until then nobody may collect"),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["contributor"], ["member.member_id"], name=op.f("fk_repayment_plan_contributor_member")
        ),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_repayment_plan_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "plan_key", "version", name=op.f("pk_repayment_plan")),
    )
    op.create_index(
        op.f("ix_repayment_plan_subject_key_reference_token"),
        "repayment_plan",
        ["subject_key", "reference_token"],
        unique=False,
    )
    op.create_table(
        "subject_review",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("review_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contributor", sa.Text(), nullable=False),
        sa.Column(
            "other_subject_key",
            sa.UUID(),
            nullable=True,
            comment="the other file, where the documents of one record disagree",
        ),
        sa.Column("claimed", sa.LargeBinary(), nullable=False, comment="sealed JSON: the identity that was furnished"),
        sa.Column(
            "claim_check",
            sa.LargeBinary(),
            nullable=False,
            comment="commitment to the claim: the same one is kept once",
        ),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contributor"], ["member.member_id"], name=op.f("fk_subject_review_contributor_member")
        ),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_subject_review_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "review_id", name=op.f("pk_subject_review")),
        sa.UniqueConstraint(
            "subject_key",
            "contributor",
            "claim_check",
            name=op.f("uq_subject_review_subject_key_contributor_claim_check"),
        ),
        comment="Identities that a person must look at before they are believed.",
    )
    op.create_index(
        op.f("ix_subject_review_raised_at"),
        "subject_review",
        ["raised_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "subject_version",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "record", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the subject row as it stood"
        ),
        sa.ForeignKeyConstraint(
            ["subject_key"], ["subject.subject_key"], name=op.f("fk_subject_version_subject_key_subject")
        ),
        sa.PrimaryKeyConstraint("subject_key", "version", name=op.f("pk_subject_version")),
        comment="Append-only: who we said it was before.",
    )
    op.create_table(
        "submission_mapping",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.member_id"], name=op.f("fk_submission_mapping_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "name", name=op.f("pk_submission_mapping")),
        comment="A member's mappings of its own columns, by the names that it gave them.",
    )
    op.create_table(
        "account_mandate",
        sa.Column("subject_key", sa.UUID(), nullable=False),
        sa.Column("account_key", sa.UUID(), nullable=False),
        sa.Column("mandate_id", sa.UUID(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject_key", "account_key"],
            ["account.subject_key", "account.account_key"],
            name=op.f("fk_account_mandate_subject_key_account"),
        ),
        sa.PrimaryKeyConstraint(
            "subject_key", "account_key", "mandate_id", "recorded_at", name=op.f("pk_account_mandate")
        ),
        comment="Which accounts a mandate covers.",
    )
    op.add_column(
        "account",
        sa.Column("previous_ref", sa.LargeBinary(), nullable=True, comment="sealed: the furnisher's earlier reference"),
    )
    op.add_column("account", sa.Column("original_creditor", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("sold_to", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("purchased_from", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("repayment_method", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("rate_type", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("rate_basis_points", sa.Integer(), nullable=True, comment="yearly"))
    op.add_column("account", sa.Column("collateral", sa.Text(), nullable=True))
    op.add_column(
        "account",
        sa.Column(
            "co_lender_share_basis_points",
            sa.Integer(),
            nullable=True,
            comment="the furnisher's share of a loan by several lenders",
        ),
    )
    op.add_column(
        "account",
        sa.Column(
            "withdrawal", sa.Text(), nullable=True, comment="DELETED or FRAUD: the furnisher took the account back"
        ),
    )
    op.add_column(
        "account",
        sa.Column("hidden_months", sa.ARRAY(sa.Date()), nullable=True, comment="months that a rule hides and keeps"),
    )
    op.add_column(
        "account",
        sa.Column(
            "annotated_by", sa.Text(), nullable=True, comment="the rule that has readers told something of this account"
        ),
    )
    op.add_column(
        "account_version", sa.Column("correction", sa.Text(), nullable=True, comment="why the furnisher corrected it")
    )
    op.add_column(
        "delinquency",
        sa.Column(
            "display_until",
            sa.Date(),
            nullable=True,
            comment="the last day on which it may be shown; null: its end is not known",
        ),
    )
    op.add_column(
        "delinquency", sa.Column("suppressed_by", sa.Text(), nullable=True, comment="the rule that hides and keeps it")
    )
    op.add_column(
        "delinquency",
        sa.Column("annotated_by", sa.Text(), nullable=True, comment="the rule that has readers told something of it"),
    )
    op.add_column(
        "member",
        sa.Column(
            "measured_level", sa.Text(), nullable=True, comment="what it was found to contribute; null: not measured"
        ),
    )
    op.add_column("subject", sa.Column("emails", sa.LargeBinary(), nullable=True, comment="sealed JSON list"))
    op.add_column("subject", sa.Column("employment", sa.LargeBinary(), nullable=True, comment="sealed JSON list"))
    op.add_column(
        "subject",
        sa.Column(
            "birth_check",
            sa.LargeBinary(),
            nullable=True,
            comment="commitment to the birth date, to compare without opening",
        ),
    )
    op.add_column(
        "subject",
        sa.Column(
            "name_checks",
            sa.ARRAY(sa.LargeBinary()),
            nullable=True,
            comment="commitments to the normalised names that are accepted",
        ),
    )
    op.add_column("subject", sa.Column("deceased_on", sa.Date(), nullable=True))
    op.add_column("subject", sa.Column("incapacity_since", sa.Date(), nullable=True))
    op.add_column(
        "subject",
        sa.Column(
            "fraud_alert",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed JSON: how to reach the borrower before anything is opened",
        ),
    )
    op.add_column("subject", sa.Column("fraud_alert_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subject", sa.Column("vulnerability", sa.Text(), nullable=True, comment="never a diagnosis"))
    op.add_column("subject", sa.Column("vulnerability_verified_by", sa.Text(), nullable=True))
    op.add_column("subject", sa.Column("vulnerability_until", sa.Date(), nullable=True))
    op.add_column(
        "subject", sa.Column("merged_into", sa.UUID(), nullable=True, comment="the file that this one is now part of")
    )
    op.add_column(
        "subject", sa.Column("split_from", sa.UUID(), nullable=True, comment="the file that this one was part of")
    )
    op.add_column("subject", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "submission",
        sa.Column(
            "reading",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="how the file is read and treated",
        ),
    )
    op.add_column("submission", sa.Column("bytes_total", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "submission",
        sa.Column(
            "bytes_read", sa.BigInteger(), server_default="0", nullable=False, comment="of the file as it was sent"
        ),
    )
    op.add_column("submission", sa.Column("records_unchanged", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("submission", sa.Column("faults", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column(
        "submission",
        sa.Column(
            "batches_done", sa.Integer(), server_default="0", nullable=False, comment="where a resumed file goes on"
        ),
    )
    op.add_column(
        "submission",
        sa.Column(
            "notes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="how often each note was made, by its code",
        ),
    )
    op.add_column(
        "submission", sa.Column("file_fault", sa.Text(), nullable=True, comment="why the file as a whole was refused")
    )
    op.add_column("submission", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submission", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column(
        "submission",
        "state",
        existing_type=sa.TEXT(),
        comment="RECEIVED, WORKING, APPLIED or REFUSED",
        existing_comment="APPLIED or REFUSED",
        existing_nullable=False,
    )
    op.alter_column(
        "submission", "records_applied", existing_type=sa.BIGINT(), comment="changed something", existing_nullable=False
    )
    op.create_index(
        op.f("ix_subject_merged_into"),
        "subject",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(op.f("ix_subject_identifier_subject_key"), "subject_identifier", ["subject_key"], unique=False)
    op.create_index(
        op.f("ix_submission_member_id_submitted_at_submission_id"),
        "submission",
        ["member_id", "submitted_at", "submission_id"],
        unique=False,
    )
    op.add_column(
        "submission_fault",
        sa.Column("rule", sa.Text(), nullable=True, comment="the rule of the policy pack that says so"),
    )
    op.add_column(
        "submission_fault",
        sa.Column(
            "detail",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="what the sentence names, in any language",
        ),
    )
    op.execute("UPDATE submission SET finished_at = submitted_at")
    op.alter_column("submission", "reading", server_default=None)
    op.alter_column("submission", "bytes_total", server_default=None)
