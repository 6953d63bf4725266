"""Who may order what, by role and country too, and how much of it in one order and in a period."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.walls import tenant_wall

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ABOUT = "'kind', 'country', 'category', 'currency', 'brand'"
RULE_BEFORE = ("team_id", "effect", "about", "value")
RULE_AFTER = ("team_id", "role", "country", "effect", "about", "value")


def upgrade() -> None:
    op.add_column("catalog_rules", sa.Column("role", sa.Text))
    op.add_column("catalog_rules", sa.Column("country", sa.Text))
    _rules_are_told_apart_by(RULE_BEFORE, RULE_AFTER)
    _effects("'only', 'hide', 'open'")
    op.create_table(
        "order_limits",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("team_id", sa.Uuid),
        sa.Column("role", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("least_minor", sa.BigInteger),
        sa.Column("most_minor", sa.BigInteger),
        sa.Column("period", sa.Text),
        sa.Column("period_minor", sa.BigInteger),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_order_limits"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["teams.tenant_id", "teams.id"],
            name="fk_order_limits_tenant_id_team_id",
        ),
        sa.CheckConstraint(f"about IN ('everything', {ABOUT})", name="ck_order_limits_about"),
        sa.CheckConstraint("(about = 'everything') = (value = '')", name="ck_order_limits_value"),
        sa.CheckConstraint("period IN ('month', 'quarter', 'year')", name="ck_order_limits_period"),
        sa.CheckConstraint(
            "(period IS NULL) = (period_minor IS NULL)", name="ck_order_limits_in_a_period"
        ),
        sa.CheckConstraint(
            "least_minor > 0 AND most_minor >= least_minor AND period_minor >= most_minor"
            " AND period_minor >= least_minor AND most_minor > 0 AND period_minor > 0",
            name="ck_order_limits_amounts",
        ),
        sa.CheckConstraint(
            "num_nonnulls(least_minor, most_minor, period_minor) > 0",
            name="ck_order_limits_says_something",
        ),
    )
    tenant_wall("order_limits")


def downgrade() -> None:
    op.drop_table("order_limits")
    # Without its audience a rule would hold for everybody.
    op.execute(
        "DELETE FROM catalog_rules WHERE effect = 'open' OR role IS NOT NULL OR country IS NOT NULL"
    )
    _effects("'only', 'hide'")
    _rules_are_told_apart_by(RULE_AFTER, RULE_BEFORE)
    op.drop_column("catalog_rules", "country")
    op.drop_column("catalog_rules", "role")


def _effects(known: str) -> None:
    name = op.f("ck_catalog_rules_ck_catalog_rules_effect")
    op.drop_constraint(name, "catalog_rules")
    op.create_check_constraint(name, "catalog_rules", f"effect IN ({known})")


def _rules_are_told_apart_by(before: Sequence[str], after: Sequence[str]) -> None:
    op.drop_constraint(op.f(f"uq_catalog_rules_tenant_id_{'_'.join(before)}"), "catalog_rules")
    op.create_unique_constraint(
        op.f(f"uq_catalog_rules_tenant_id_{'_'.join(after)}"),
        "catalog_rules",
        ["tenant_id", *after],
        postgresql_nulls_not_distinct=True,
    )
