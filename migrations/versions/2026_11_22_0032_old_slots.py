"""Slots of the clock say when they were claimed, so that old ones are found and swept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "job_slots",
        sa.Column(
            "claimed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.create_index("ix_job_slots_tenant_id_claimed_at", "job_slots", ["tenant_id", "claimed_at"])


def downgrade() -> None:
    op.drop_column("job_slots", "claimed_at")
