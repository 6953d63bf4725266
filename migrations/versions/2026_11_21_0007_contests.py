"""The tables of contests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import append_only, tenant_wall

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "contests",
    "contest_scores",
    "contest_results",
    "contest_amendments",
    "contest_adjustments",
)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _of(table: str, target: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def upgrade() -> None:
    op.create_table(
        "contests",
        _id("tenant_id"),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        _instant("starts_at"),
        _instant("ends_at"),
        _instant("final_at"),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("sha256", sa.Text),
        _instant("created_at"),
        _id("created_by", nullable=True),
        sa.Column("created_by_label", sa.Text, nullable=False),
        _instant("launched_at", nullable=True),
        _instant("finished_at", nullable=True),
        sa.Column("announced", sa.Text, nullable=False),
        sa.Column("marked_on", sa.Date),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_contests"),
        sa.CheckConstraint("(launched_at IS NULL) = (sha256 IS NULL)", name="ck_contests_sealed"),
        sa.CheckConstraint(
            "announced IN ('draft', 'scheduled', 'running', 'provisional', 'final')",
            name="ck_contests_announced",
        ),
    )
    op.create_index("ix_contests_tenant_id_final_at", "contests", ["tenant_id", "final_at"])
    op.create_table(
        "contest_scores",
        _id("tenant_id"),
        _id("contest_id"),
        _id("person_id"),
        _number("score_micros"),
        sa.Column(
            "minus_score",
            sa.BigInteger,
            sa.Computed("-score_micros", persisted=True),
            nullable=False,
        ),
        _number("activities_count"),
        _instant("reached_at", nullable=True),
        _instant("order_at"),
        _number("marked_place", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "contest_id", "person_id", name="pk_contest_scores"),
        _of("contest_scores", "contests", "contest_id"),
        _of("contest_scores", "people", "person_id"),
    )
    op.create_index(
        "ix_contest_scores_order",
        "contest_scores",
        ["tenant_id", "contest_id", "minus_score", "order_at", "person_id"],
    )
    op.create_index(
        "ix_contest_scores_tenant_id_person_id", "contest_scores", ["tenant_id", "person_id"]
    )
    op.create_table(
        "contest_results",
        _id("tenant_id"),
        _id("contest_id"),
        _id("person_id"),
        _number("place"),
        sa.Column("tied", sa.Boolean, nullable=False),
        _number("score_micros"),
        _instant("reached_at", nullable=True),
        _number("activities_count"),
        sa.Column("prize", JSONB),
        sa.PrimaryKeyConstraint("tenant_id", "contest_id", "person_id", name="pk_contest_results"),
        _of("contest_results", "contests", "contest_id"),
        _of("contest_results", "people", "person_id"),
    )
    op.create_index(
        "ix_contest_results_tenant_id_contest_id_place",
        "contest_results",
        ["tenant_id", "contest_id", "place"],
    )
    op.create_table(
        "contest_amendments",
        _id("tenant_id"),
        _id("contest_id"),
        _number("number"),
        _instant("made_at"),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "contest_id", "number", name="pk_contest_amendments"),
        _of("contest_amendments", "contests", "contest_id"),
    )
    op.create_table(
        "contest_adjustments",
        _id("tenant_id"),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        _id("contest_id"),
        _id("person_id"),
        _instant("noted_at"),
        _id("batch_id"),
        _number("score_micros"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_contest_adjustments"),
        _of("contest_adjustments", "contests", "contest_id"),
        _of("contest_adjustments", "people", "person_id"),
    )
    op.create_index(
        "ix_contest_adjustments_tenant_id_contest_id",
        "contest_adjustments",
        ["tenant_id", "contest_id"],
    )
    tenant_wall(*TABLES)
    append_only("contest_results", "contest_amendments", "contest_adjustments")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
