"""The audit journal: who changed what, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.journals import create_journal, drop_journal
from migrations.walls import append_only, tenant_wall

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE audit_positions")
    op.create_table(
        "audit_records",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
        sa.Column(
            "position",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("nextval('audit_positions')"),
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_label", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object_kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_records"),
    )
    op.create_index(
        "ix_audit_records_tenant_id_position", "audit_records", ["tenant_id", "position"]
    )
    op.create_index(
        "ix_audit_records_tenant_id_object_kind_object_id_position",
        "audit_records",
        ["tenant_id", "object_kind", "object_id", "position"],
    )
    tenant_wall("audit_records")
    append_only("audit_records")
    create_journal("audit", "audit_records")


def downgrade() -> None:
    drop_journal("audit", "audit_records")
    op.drop_table("audit_records")
    op.execute("DROP SEQUENCE audit_positions")
