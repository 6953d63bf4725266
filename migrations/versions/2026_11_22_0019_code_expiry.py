"""Warnings before codes expire, each said once; and that a person has used theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import append_only, tenant_wall

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.add_column("redemptions", sa.Column("used_at", at))
    op.create_index(
        "ix_redemptions_expiring",
        "redemptions",
        ["tenant_id", "expires_on"],
        postgresql_where=sa.text("expires_on IS NOT NULL"),
    )
    op.create_table(
        "expiry_warnings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("redemption_id", sa.Uuid, nullable=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("said_at", at, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "redemption_id", "days", name="pk_expiry_warnings"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name="fk_expiry_warnings_tenant_id_redemption_id",
        ),
    )
    tenant_wall("expiry_warnings")
    append_only("expiry_warnings")


def downgrade() -> None:
    op.drop_table("expiry_warnings")
    op.drop_index("ix_redemptions_expiring", "redemptions")
    op.drop_column("redemptions", "used_at")
