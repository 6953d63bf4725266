"""Word of a voucher by mail: how each order's owner asked to be told, what was sent; the company's own face."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import append_only, tenant_wall

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    nothing = sa.text("''")
    op.add_column(
        "tenants", sa.Column("store_name", sa.Text, server_default=nothing, nullable=False)
    )
    op.add_column(
        "tenants", sa.Column("mail_footer", sa.Text, server_default=nothing, nullable=False)
    )
    op.add_column("tenants", sa.Column("mail_reply_to", sa.Text))
    op.add_column("mails", sa.Column("sender", sa.Text, server_default=nothing, nullable=False))
    op.create_table(
        "notice_wishes",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("redemption_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "redemption_id", name="pk_notice_wishes"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name="fk_notice_wishes_tenant_id_redemption_id",
        ),
        sa.CheckConstraint("channel IN ('email', 'sms')", name="ck_notice_wishes_channel"),
    )
    op.create_table(
        "voucher_notices",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("redemption_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("asked_at", at, nullable=False),
        sa.Column("sent_at", at),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_voucher_notices"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name="fk_voucher_notices_tenant_id_redemption_id",
        ),
        sa.CheckConstraint("channel IN ('email', 'sms')", name="ck_voucher_notices_channel"),
    )
    op.create_index(
        "ix_voucher_notices_tenant_id_redemption_id_id",
        "voucher_notices",
        ["tenant_id", "redemption_id", "id"],
    )
    tenant_wall("notice_wishes", "voucher_notices")
    append_only("notice_wishes")


def downgrade() -> None:
    op.drop_table("voucher_notices")
    op.drop_table("notice_wishes")
    op.drop_column("mails", "sender")
    for column in ("mail_reply_to", "mail_footer", "store_name"):
        op.drop_column("tenants", column)
