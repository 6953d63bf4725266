"""How debts of people who were paid too much are settled: one person says how, another agrees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import tenant_wall

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "debt_settlements"


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", at, nullable=False),
        sa.Column("approved_by", sa.Uuid),
        sa.Column("decided_at", at),
        sa.Column("was_dropped", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("minor > 0", name="ck_debt_settlements_positive"),
        sa.CheckConstraint(
            "way IN ('from_wallet', 'paid_back', 'written_off')", name="ck_debt_settlements_way"
        ),
        sa.CheckConstraint(
            "approved_by <> proposed_by AND person_id <> ALL (ARRAY[approved_by, proposed_by])",
            name="ck_debt_settlements_four_eyes",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_debt_settlements"),
    )
    op.create_index(
        "uq_debt_settlements_open",
        TABLE,
        ["tenant_id", "person_id", "currency"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    tenant_wall(TABLE)


def downgrade() -> None:
    op.drop_table(TABLE)
