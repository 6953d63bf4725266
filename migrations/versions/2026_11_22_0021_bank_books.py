"""What banks booked, laid beside our pay-outs; findings are explained by one person and agreed to by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import tenant_wall

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("bank_statements", "bank_bookings")
OPEN = "uq_reconciliation_findings_open"
ONE_OPEN = ["tenant_id", "account_id", "kind", "order_key", "reference"]


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "bank_statements",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("read_at", at, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["provider_accounts.tenant_id", "provider_accounts.id"],
            name="fk_bank_statements_tenant_id_account_id",
        ),
        sa.CheckConstraint("first_on <= last_on", name="ck_bank_statements_days"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_bank_statements"),
    )
    op.create_index(
        "ix_bank_statements_tenant_id_account_id_last_on",
        "bank_statements",
        ["tenant_id", "account_id", "last_on"],
    )
    op.create_table(
        "bank_bookings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("statement_id", sa.Uuid, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("booked_on", sa.Date, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reference_list", JSONB, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("bank_reference", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "statement_id"],
            ["bank_statements.tenant_id", "bank_statements.id"],
            name="fk_bank_bookings_tenant_id_statement_id",
        ),
        sa.CheckConstraint("direction IN ('out', 'back')", name="ck_bank_bookings_direction"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_bank_bookings"),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "mark", name="uq_bank_bookings_tenant_id_account_id_mark"
        ),
    )
    op.create_index(
        "ix_bank_bookings_tenant_id_account_id_booked_on",
        "bank_bookings",
        ["tenant_id", "account_id", "booked_on"],
    )
    tenant_wall(*TABLES)
    op.create_index(
        "ix_payout_batches_tenant_id_account_id_pay_on",
        "payout_batches",
        ["tenant_id", "account_id", "pay_on"],
    )
    _legs()
    _four_eyes()


def _legs() -> None:
    """Say of every comparison whether it was with a provider or with a bank's statements."""
    for table in ("reconciliations", "reconciliation_findings"):
        op.add_column(
            table,
            sa.Column("leg", sa.Text, server_default=sa.text("'provider'"), nullable=False),
        )
        op.create_check_constraint(op.f(f"ck_{table}_leg"), table, "leg IN ('provider', 'bank')")
    op.add_column(
        "reconciliations",
        sa.Column("returned", sa.BigInteger, server_default=sa.text("0"), nullable=False),
    )
    op.add_column("reconciliations", sa.Column("covered_until", sa.Date))
    op.drop_index(OPEN, "reconciliation_findings")
    op.create_index(
        OPEN,
        "reconciliation_findings",
        ["tenant_id", "account_id", "leg", *ONE_OPEN[2:]],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _four_eyes() -> None:
    findings = "reconciliation_findings"
    op.add_column(findings, sa.Column("explained_by", sa.Uuid))
    op.add_column(findings, sa.Column("explained_at", sa.DateTime(timezone=True)))
    # What one person closed before this rule has nobody in `explained_by`, and stays as it was closed.
    op.create_check_constraint(
        op.f("ck_reconciliation_findings_four_eyes"), findings, "closed_by <> explained_by"
    )


def downgrade() -> None:
    findings = "reconciliation_findings"
    op.drop_constraint(op.f("ck_reconciliation_findings_four_eyes"), findings)
    op.drop_column(findings, "explained_at")
    op.drop_column(findings, "explained_by")
    op.drop_index(OPEN, findings)
    # Without its leg a finding of a statement would stand for one of a provider.
    for table in (findings, "reconciliations"):
        op.execute(f"DELETE FROM {table} WHERE leg = 'bank'")
    op.create_index(
        OPEN, findings, ONE_OPEN, unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_column("reconciliations", "covered_until")
    op.drop_column("reconciliations", "returned")
    for table in (findings, "reconciliations"):
        op.drop_constraint(op.f(f"ck_{table}_leg"), table)
        op.drop_column(table, "leg")
    op.drop_index("ix_payout_batches_tenant_id_account_id_pay_on", "payout_batches")
    for table in reversed(TABLES):
        op.drop_table(table)
