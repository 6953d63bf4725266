"""Prizes of money are posted when a contest becomes final; orders say what of their price was won."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PARTS = ("prize_minor", "prize_withheld_minor")


def upgrade() -> None:
    op.add_column(
        "contests",
        sa.Column("prizes_outside", sa.Boolean, server_default=sa.text("false"), nullable=False),
    )
    # Until now finance paid prizes on its own: posting them again would pay them twice.
    op.execute("UPDATE contests SET prizes_outside = true WHERE finished_at IS NOT NULL")
    for part in PARTS:
        op.add_column(
            "redemptions",
            sa.Column(part, sa.BigInteger, server_default=sa.text("0"), nullable=False),
        )
    op.create_check_constraint(
        op.f("ck_redemptions_prize"),
        "redemptions",
        "prize_minor BETWEEN 0 AND minor AND prize_withheld_minor >= 0"
        " AND prize_withheld_minor <= least(prize_minor, withheld_minor)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_redemptions_prize"), "redemptions")
    for part in reversed(PARTS):
        op.drop_column("redemptions", part)
    op.drop_column("contests", "prizes_outside")
