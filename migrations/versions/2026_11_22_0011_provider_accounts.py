"""Accounts with providers, what they gave and said, their webhooks, and where an order goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import tenant_wall

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    "provider_accounts",
    "provider_deliveries",
    "provider_answers",
    "provider_hooks",
    "redemption_directions",
)

KIND = "ck_rewards_ck_rewards_kind"
"""What the naming rule made of it in 0008."""

KINDS = "kind IN ('gift_card', 'experience', 'bank_transfer', 'certificate')"
ATTEMPT = (
    "charged_currency",
    "charged_minor",
    "number",
    "unheard",
    "unknown_since",
    "first_sent_at",
)

OLD_KINDS = "kind IN ('gift_card', 'experience')"


def _row(*columns: sa.Column[object] | sa.Constraint, table: str) -> None:
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
    )


def _sealed(table: str, column: str) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column(column, sa.LargeBinary, nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"],
            ["vault_keys.tenant_id", "vault_keys.key_id"],
            name=f"fk_{table}_tenant_id_key_id",
        ),
    ]


def upgrade() -> None:
    _accounts()
    _what_they_gave()
    _hooks()
    _orders()
    tenant_wall(*TABLES)


def _accounts() -> None:
    at = sa.DateTime(timezone=True)
    _row(
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        *_sealed("provider_accounts", "secrets_sealed"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("paused_because", sa.Text),
        sa.Column("paused_at", at),
        sa.Column("penalty_until", at),
        sa.Column("hook_path", sa.Text, nullable=False),
        sa.Column("hook_at", at),
        sa.Column("hook_silent_since", at),
        sa.Column("old_until", at),
        sa.Column("created_at", at, nullable=False),
        sa.UniqueConstraint("tenant_id", "label", name="uq_provider_accounts_tenant_id_label"),
        sa.UniqueConstraint(
            "tenant_id", "hook_path", name="uq_provider_accounts_tenant_id_hook_path"
        ),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'closed')", name="ck_provider_accounts_state"
        ),
        table="provider_accounts",
    )


def _what_they_gave() -> None:
    at = sa.DateTime(timezone=True)
    _row(
        sa.Column("order_key", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        *_sealed("provider_deliveries", "sealed"),
        sa.Column("code_mac", sa.LargeBinary, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("held_because", sa.Text),
        sa.Column("came_at", at, nullable=False),
        sa.UniqueConstraint(
            "tenant_id",
            "order_key",
            "number",
            name="uq_provider_deliveries_tenant_id_order_key_number",
        ),
        table="provider_deliveries",
    )
    op.create_index(
        "uq_provider_deliveries_code",
        "provider_deliveries",
        ["tenant_id", "code_mac"],
        unique=True,
        postgresql_where=sa.text("held_because IS NULL OR held_because = 'incomplete'"),
    )
    _row(
        sa.Column("order_key", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("silence", sa.Text),
        *_sealed("provider_answers", "sealed"),
        sa.Column("at", at, nullable=False),
        table="provider_answers",
    )
    op.create_index(
        "ix_provider_answers_tenant_id_order_key_at",
        "provider_answers",
        ["tenant_id", "order_key", "at"],
    )


def _hooks() -> None:
    _row(
        sa.Column("account_id", sa.Uuid, nullable=False),
        *_sealed("provider_hooks", "sealed"),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_key", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("order_key", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("tries", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["provider_accounts.tenant_id", "provider_accounts.id"],
            name="fk_provider_hooks_tenant_id_account_id",
        ),
        sa.CheckConstraint(
            "state IN ('new', 'forged', 'repeated', 'followed', 'unknown_order')",
            name="ck_provider_hooks_state",
        ),
        table="provider_hooks",
    )
    op.create_index(
        "uq_provider_hooks_event",
        "provider_hooks",
        ["tenant_id", "account_id", "event_key"],
        unique=True,
        postgresql_where=sa.text("event_key IS NOT NULL"),
    )
    op.create_index(
        "ix_provider_hooks_tenant_id_account_id_came_at",
        "provider_hooks",
        ["tenant_id", "account_id", "came_at"],
    )


def _orders() -> None:
    for table in ("rewards", "redemptions"):
        op.add_column(
            table, sa.Column("product_code", sa.Text, server_default=sa.text("''"), nullable=False)
        )
        op.add_column(table, sa.Column("account_id", sa.Uuid))
        op.create_foreign_key(
            f"fk_{table}_tenant_id_account_id",
            table,
            "provider_accounts",
            ["tenant_id", "account_id"],
            ["tenant_id", "id"],
        )
    op.add_column("rewards", sa.Column("min_minor", sa.BigInteger))
    op.add_column("rewards", sa.Column("max_minor", sa.BigInteger))
    op.add_column("rewards", sa.Column("sold_out_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_rewards_open_amount"), "rewards", "min_minor > 0 AND max_minor >= min_minor"
    )
    op.drop_constraint(op.f(KIND), "rewards")
    op.create_check_constraint(op.f(KIND), "rewards", KINDS)
    op.add_column("redemptions", sa.Column("destination_id", sa.Uuid))
    for column in (
        sa.Column("first_sent_at", sa.DateTime(timezone=True)),
        sa.Column("unknown_since", sa.DateTime(timezone=True)),
        sa.Column("unheard", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("number", sa.BigInteger, server_default=sa.text("1"), nullable=False),
        sa.Column("charged_minor", sa.BigInteger),
        sa.Column("charged_currency", sa.Text),
    ):
        op.add_column("redemption_attempts", column)
    _row(
        *_sealed("redemption_directions", "sealed"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name="fk_redemption_directions_tenant_id_id",
        ),
        table="redemption_directions",
    )


def downgrade() -> None:
    op.drop_table("redemption_directions")
    for column in ATTEMPT:
        op.drop_column("redemption_attempts", column)
    op.drop_column("redemptions", "destination_id")
    op.drop_constraint(op.f(KIND), "rewards")
    op.create_check_constraint(op.f(KIND), "rewards", OLD_KINDS)
    op.drop_constraint(op.f("ck_rewards_open_amount"), "rewards")
    for column in ("sold_out_at", "max_minor", "min_minor"):
        op.drop_column("rewards", column)
    for table in ("redemptions", "rewards"):
        op.drop_column(table, "account_id")
        op.drop_column(table, "product_code")
    for table in ("provider_hooks", "provider_answers", "provider_deliveries", "provider_accounts"):
        op.drop_table(table)
