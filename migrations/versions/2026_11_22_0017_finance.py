"""Frozen statements, and how accounting calls our accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import append_only, tenant_wall

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("statements", "account_names")


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("pdf", sa.LargeBinary, nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_statements"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_statements_tenant_id_person_id",
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "person_id",
            "first_on",
            name="uq_statements_tenant_id_person_id_first_on",
        ),
        sa.CheckConstraint("last_on >= first_on", name="ck_statements_period"),
        sa.CheckConstraint("octet_length(sha256) = 32", name="ck_statements_sha256"),
    )
    op.create_table(
        "account_names",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name="pk_account_names"),
    )
    tenant_wall(*TABLES)
    append_only("statements")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
