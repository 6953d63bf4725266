"""Mobile numbers, proven by a code, and texts: what was sent where, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import tenant_wall

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_E164 = r"number ~ '^\+[1-9][0-9]{6,14}$'"


def upgrade() -> None:
    _texts()
    _numbers()
    _codes()
    tenant_wall("text_messages", "phone_numbers", "phone_codes")
    _notices()


def _texts() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "text_messages",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("segments", sa.BigInteger),
        sa.Column("reference", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("queued_at", at, nullable=False),
        sa.Column("sent_at", at),
        sa.Column("ended_at", at),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_text_messages"),
        sa.CheckConstraint(
            "purpose IN ('code', 'voucher', 'number_gone')", name="ck_text_messages_purpose"
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'dropped')",
            name="ck_text_messages_state",
        ),
    )


def _numbers() -> None:
    op.create_table(
        "phone_numbers",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_phone_numbers"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_phone_numbers_tenant_id_person_id",
        ),
        sa.CheckConstraint(_E164, name="ck_phone_numbers_number"),
    )


def _codes() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "phone_codes",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("text_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", at, nullable=False),
        sa.Column("attempts", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("asked_at", at, nullable=False),
        sa.Column("sent", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("sent_since", at, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_phone_codes"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_phone_codes_tenant_id_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "text_id"],
            ["text_messages.tenant_id", "text_messages.id"],
            name="fk_phone_codes_tenant_id_text_id",
        ),
        sa.CheckConstraint(_E164, name="ck_phone_codes_number"),
    )


def _notices() -> None:
    op.add_column("voucher_notices", sa.Column("text_id", sa.Uuid))
    op.create_foreign_key(
        "fk_voucher_notices_tenant_id_text_id",
        "voucher_notices",
        "text_messages",
        ["tenant_id", "text_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        "ck_voucher_notices_text_id",
        "voucher_notices",
        "(channel = 'sms') = (text_id IS NOT NULL)",
    )


def downgrade() -> None:
    op.execute("DELETE FROM voucher_notices WHERE channel = 'sms'")
    op.drop_column("voucher_notices", "text_id")
    op.drop_table("phone_codes")
    op.drop_table("phone_numbers")
    op.drop_table("text_messages")
