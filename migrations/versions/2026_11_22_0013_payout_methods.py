"""The ways money leaves to banks, what they cost, and what is withheld."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import append_only, tenant_wall

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("payout_methods", "tax_rules")
PARTS = ("fee_minor", "withheld_minor")


def upgrade() -> None:
    op.create_table(
        "payout_methods",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("reward_id", sa.Uuid, nullable=False),
        sa.Column("country", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("fee_minor", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("fee_ppm", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("is_instant", sa.Boolean, nullable=False),
        sa.Column("arrives_hours", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "reward_id", name="pk_payout_methods"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["rewards.tenant_id", "rewards.id"],
            name="fk_payout_methods_tenant_id_reward_id",
        ),
        sa.CheckConstraint("fee_minor >= 0", name="ck_payout_methods_fee"),
        sa.CheckConstraint("fee_ppm BETWEEN 0 AND 500000", name="ck_payout_methods_fee_ppm"),
        sa.CheckConstraint("arrives_hours BETWEEN 0 AND 720", name="ck_payout_methods_arrives"),
    )
    op.create_table(
        "tax_rules",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("income", sa.Text, server_default=sa.text("'earnings'"), nullable=False),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("threshold_minor", sa.BigInteger, nullable=False),
        sa.Column("ppm", sa.BigInteger, nullable=False),
        sa.Column("basis", sa.Text, server_default=sa.text("'excess'"), nullable=False),
        sa.Column("year_starts", sa.BigInteger, server_default=sa.text("1"), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tax_rules"),
        sa.UniqueConstraint(
            "tenant_id",
            "country",
            "currency",
            "income",
            "from_on",
            name="uq_tax_rules_tenant_id_country_currency_income_from_on",
        ),
        sa.CheckConstraint("income IN ('earnings', 'draw_prize')", name="ck_tax_rules_income"),
        sa.CheckConstraint("basis IN ('excess', 'whole')", name="ck_tax_rules_basis"),
        sa.CheckConstraint("threshold_minor >= 0", name="ck_tax_rules_threshold"),
        sa.CheckConstraint("ppm BETWEEN 0 AND 1000000", name="ck_tax_rules_ppm"),
        sa.CheckConstraint("year_starts BETWEEN 0 AND 12", name="ck_tax_rules_year_starts"),
    )
    for part in PARTS:
        op.add_column(
            "redemptions",
            sa.Column(part, sa.BigInteger, server_default=sa.text("0"), nullable=False),
        )
    op.create_check_constraint(
        op.f("ck_redemptions_parts"),
        "redemptions",
        "fee_minor >= 0 AND withheld_minor >= 0 AND fee_minor + withheld_minor < minor",
    )
    op.create_foreign_key(
        "fk_redemptions_tenant_id_destination_id",
        "redemptions",
        "bank_accounts",
        ["tenant_id", "destination_id"],
        ["tenant_id", "id"],
    )
    tenant_wall(*TABLES)
    append_only("tax_rules")


def downgrade() -> None:
    op.drop_constraint("fk_redemptions_tenant_id_destination_id", "redemptions")
    op.drop_constraint(op.f("ck_redemptions_parts"), "redemptions")
    for part in PARTS:
        op.drop_column("redemptions", part)
    for table in reversed(TABLES):
        op.drop_table(table)
