"""The tables of recognition."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import append_only, tenant_wall

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badge_awards",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("first_won_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause_kind", sa.Text, nullable=False),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_badge_awards"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_badge_awards_tenant_id_person_id",
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "person_id",
            "code",
            "scope",
            name="uq_badge_awards_tenant_id_person_id_code_scope",
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (reason IS NULL)", name="ck_badge_awards_reason"
        ),
    )
    op.create_table(
        "badge_steps",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("award_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("cause_kind", sa.Text, nullable=False),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_badge_steps"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "award_id"],
            ["badge_awards.tenant_id", "badge_awards.id"],
            name="fk_badge_steps_tenant_id_award_id",
        ),
        sa.CheckConstraint(
            "what IN ('won', 'revoked', 'won_again', 'moved')", name="ck_badge_steps_what"
        ),
    )
    op.create_index("ix_badge_steps_tenant_id_award_id", "badge_steps", ["tenant_id", "award_id"])
    tenant_wall("badge_awards", "badge_steps")
    append_only("badge_steps")


def downgrade() -> None:
    op.drop_table("badge_steps")
    op.drop_table("badge_awards")
