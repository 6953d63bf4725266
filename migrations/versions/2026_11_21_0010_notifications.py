"""The tables of notifications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import tenant_wall

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("inbox_messages", "nudges", "nudge_settings", "nudges_due")


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "person_id"],
        ["people.tenant_id", "people.id"],
        name=f"fk_{table}_tenant_id_person_id",
    )


def upgrade() -> None:
    op.create_table(
        "inbox_messages",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("link", sa.Text),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("merge_key", sa.Text),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("things", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_inbox_messages"),
        _of_person("inbox_messages"),
        sa.CheckConstraint(
            "kind IN ('earning', 'badge', 'nudge', 'result', 'reply', 'redemption')",
            name="ck_inbox_messages_kind",
        ),
    )
    op.create_index(
        "ix_inbox_messages_of_person",
        "inbox_messages",
        ["tenant_id", "person_id", "told_at", "id"],
    )
    op.create_index(
        "ix_inbox_messages_unread",
        "inbox_messages",
        ["tenant_id", "person_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "uq_inbox_messages_merge_key",
        "inbox_messages",
        ["tenant_id", "person_id", "merge_key"],
        unique=True,
        postgresql_where=sa.text("merge_key IS NOT NULL"),
    )
    op.create_table(
        "nudges",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "kind", "day", name="pk_nudges"),
        _of_person("nudges"),
    )
    op.create_table(
        "nudge_settings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("muted", JSONB, nullable=False),
        sa.Column("quiet_from", sa.Time, nullable=False),
        sa.Column("quiet_to", sa.Time, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_nudge_settings"),
        _of_person("nudge_settings"),
    )
    op.create_table(
        "nudges_due",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_nudges_due"),
        _of_person("nudges_due"),
    )
    tenant_wall(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
