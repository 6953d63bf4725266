"""Reconciliations with providers, what they found, and what people decided about stuck orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import tenant_wall

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("reconciliations", "reconciliation_findings", "redemption_verdicts")


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "account_id"],
        ["provider_accounts.tenant_id", "provider_accounts.id"],
        name=f"fk_{table}_tenant_id_account_id",
    )


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "reconciliations",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("started_at", at, nullable=False),
        sa.Column("since", at, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("matched", sa.BigInteger, nullable=False),
        sa.Column("ours", sa.BigInteger, nullable=False),
        sa.Column("theirs", sa.BigInteger, nullable=False),
        sa.Column("balance", JSONB, nullable=False),
        sa.Column("clearing", JSONB, nullable=False),
        sa.Column("total", JSONB, nullable=False),
        _of_account("reconciliations"),
        sa.CheckConstraint("state IN ('done', 'unreadable')", name="ck_reconciliations_state"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_reconciliations"),
    )
    op.create_index(
        "ix_reconciliations_tenant_id_account_id_started_at",
        "reconciliations",
        ["tenant_id", "account_id", "started_at"],
    )
    op.create_table(
        "reconciliation_findings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("order_key", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("ours", sa.Text, nullable=False),
        sa.Column("theirs", sa.Text, nullable=False),
        sa.Column("minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("found_at", at, nullable=False),
        sa.Column("seen_at", at, nullable=False),
        sa.Column("closed_at", at),
        sa.Column("closed_by", sa.Uuid),
        sa.Column("note", sa.Text),
        _of_account("reconciliation_findings"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_reconciliation_findings"),
    )
    op.create_index(
        "uq_reconciliation_findings_open",
        "reconciliation_findings",
        ["tenant_id", "account_id", "kind", "order_key", "reference"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "redemption_verdicts",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("redemption_id", sa.Uuid, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", at, nullable=False),
        sa.Column("approved_by", sa.Uuid),
        sa.Column("decided_at", at),
        sa.Column("was_dropped", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name="fk_redemption_verdicts_tenant_id_redemption_id",
        ),
        sa.CheckConstraint(
            "verdict IN ('settled', 'refused')", name="ck_redemption_verdicts_verdict"
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name="ck_redemption_verdicts_four_eyes"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_redemption_verdicts"),
    )
    op.create_index(
        "uq_redemption_verdicts_open",
        "redemption_verdicts",
        ["tenant_id", "redemption_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    tenant_wall(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
