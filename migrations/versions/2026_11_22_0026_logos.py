"""The company's logo, drawn anew from what was handed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import tenant_wall

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "logos",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.BigInteger, nullable=False),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name="pk_logos"),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="ck_logos_digest"),
    )
    tenant_wall("logos")
    op.add_column("tenants", sa.Column("logo", sa.Text))
    op.create_foreign_key(
        "fk_tenants_tenant_id_logo",
        "tenants",
        "logos",
        ["tenant_id", "logo"],
        ["tenant_id", "digest"],
    )


def downgrade() -> None:
    op.drop_constraint("fk_tenants_tenant_id_logo", "tenants")
    op.drop_column("tenants", "logo")
    op.drop_table("logos")
