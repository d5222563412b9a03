"""Members' requests: budgets, kept documents, and requests that may be sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "member_budget",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column(
            "points_max", sa.BigInteger(), nullable=True, comment="points of a window; null: as the setting says"
        ),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased", sa.BigInteger(), nullable=False, comment="points of the window that workers have taken"),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_member_budget_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_budget")),
    )
    op.create_table(
        "kept_document",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the text"),
        sa.Column("text", sa.Text(), nullable=False, comment="a GraphQL document that is valid"),
        sa.Column(
            "trusted", sa.Boolean(), nullable=False, comment="by the operator; else kept by the member itself"
        ),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.member_id"], name=op.f("fk_kept_document_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "digest", name=op.f("pk_kept_document")),
    )
    op.create_table(
        "idempotent_request",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the Idempotency-Key"),
        sa.Column(
            "request_digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the body that it came with first"
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True, comment="of the answer; null: not answered yet"),
        sa.Column("answer", sa.LargeBinary(), nullable=True, comment="the answer's exact bytes"),
        sa.Column(
            "leaves",
            sa.ARRAY(sa.LargeBinary()),
            nullable=True,
            comment="hashes of the log entries behind the answer",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.member_id"], name=op.f("fk_idempotent_request_member_id_member")
        ),
        sa.PrimaryKeyConstraint("member_id", "key_digest", name=op.f("pk_idempotent_request")),
    )
    op.create_index(
        op.f("ix_idempotent_request_expires_at"), "idempotent_request", ["expires_at"], unique=False
    )
