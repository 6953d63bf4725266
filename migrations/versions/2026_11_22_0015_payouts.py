"""Batches of payments, their files and approvals, what banks said, and where batches are pushed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import append_only, tenant_wall

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = (
    "payout_batches",
    "payout_lines",
    "payout_approvals",
    "payout_steps",
    "payout_answers",
    "payout_discrepancies",
    "payout_endpoints",
    "payout_pushes",
)

AT = sa.DateTime(timezone=True)
BATCH_STATES = (
    "'open', 'prepared', 'approved', 'downloaded', 'sent', 'settled', 'part', 'returned', 'void'"
)
LINE_STATES = "'waiting', 'settled', 'refused', 'returned', 'moved', 'withdrawn'"


def _row(table: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
    )


def _text(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _number(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _sealed(
    table: str, column: str, *, nullable: bool = False
) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column(column, sa.LargeBinary, nullable=nullable),
        sa.Column("data_key", sa.LargeBinary, nullable=nullable),
        sa.Column("key_id", sa.Text, nullable=nullable),
        _to(table, "key_id", "vault_keys", "key_id"),
    ]


def _to(table: str, column: str, other: str, theirs: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{other}.tenant_id", f"{other}.{theirs}"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def _of_batch(table: str) -> list[sa.Column[object] | sa.Constraint]:
    return [
        sa.Column("batch_id", sa.Uuid, nullable=False),
        _to(table, "batch_id", "payout_batches"),
    ]


def upgrade() -> None:
    _batches()
    _lines()
    _approvals()
    _answers()
    _pushes()
    tenant_wall(*TABLES)
    append_only("payout_approvals")


def _batches() -> None:
    table = "payout_batches"
    _row(
        table,
        sa.Column("account_id", sa.Uuid, nullable=False),
        *_text("format", "currency", "lane", "state"),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("moved_at", AT, nullable=False),
        sa.Column("replaces_id", sa.Uuid),
        sa.Column("prepared_by", sa.Uuid),
        *_text("message_id", nullable=True),
        sa.Column("made_on", sa.Date),
        *_number("serial", nullable=True),
        sa.Column("pay_on", sa.Date),
        *_number("total_minor", "file_minor", "count", "approvals_needed", nullable=True),
        *_text("file_name", "media_type", "sha256", nullable=True),
        sa.Column("changes", JSONB),
        *_sealed(table, "file_sealed", nullable=True),
        sa.Column("downloads", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        *_text("reason", nullable=True),
        _to(table, "account_id", "provider_accounts"),
        sa.UniqueConstraint("tenant_id", "message_id", name=f"uq_{table}_tenant_id_message_id"),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "made_on",
            "serial",
            name=f"uq_{table}_tenant_id_account_id_made_on_serial",
        ),
        sa.CheckConstraint(f"state IN ({BATCH_STATES})", name=op.f(f"ck_{table}_state")),
    )
    op.create_index(
        "uq_payout_batches_open",
        table,
        ["tenant_id", "account_id", "currency", "lane"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(f"ix_{table}_tenant_id_state_id", table, ["tenant_id", "state", "id"])


def _lines() -> None:
    table = "payout_lines"
    _row(
        table,
        *_of_batch(table),
        sa.Column("redemption_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        *_text("key", "reference", "short_reference"),
        *_number("minor"),
        *_text("currency", "masked", "state", "reason", "detail"),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("decided_at", AT),
        sa.Column("booked_in", sa.Uuid),
        *_sealed(table, "sealed"),
        _to(table, "redemption_id", "redemptions"),
        sa.CheckConstraint("minor > 0", name=op.f(f"ck_{table}_positive")),
        sa.CheckConstraint(f"state IN ({LINE_STATES})", name=op.f(f"ck_{table}_state")),
    )
    op.create_index(
        "uq_payout_lines_key",
        table,
        ["tenant_id", "key"],
        unique=True,
        postgresql_where=sa.text("state <> 'moved'"),
    )
    op.create_index(f"ix_{table}_tenant_id_batch_id_id", table, ["tenant_id", "batch_id", "id"])
    op.create_index(
        f"ix_{table}_tenant_id_short_reference", table, ["tenant_id", "short_reference"]
    )


def _approvals() -> None:
    op.create_table(
        "payout_approvals",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        *_of_batch("payout_approvals"),
        sa.Column("person_id", sa.Uuid, nullable=False),
        *_number("total_minor"),
        *_text("sha256"),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "batch_id", "person_id", name="pk_payout_approvals"),
    )
    op.create_table(
        "payout_steps",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        *_text("currency"),
        *_number("from_minor", "approvals"),
        sa.PrimaryKeyConstraint("tenant_id", "currency", "from_minor", name="pk_payout_steps"),
        sa.CheckConstraint("approvals BETWEEN 1 AND 5", name=op.f("ck_payout_steps_approvals")),
    )


def _answers() -> None:
    _row(
        "payout_answers",
        *_text("sha256", "kind"),
        sa.Column("came_at", AT, nullable=False),
        *_number("matched", "unmatched"),
        sa.UniqueConstraint("tenant_id", "sha256", name="uq_payout_answers_tenant_id_sha256"),
    )
    table = "payout_discrepancies"
    _row(
        table,
        *_of_batch(table),
        sa.Column("line_id", sa.Uuid),
        *_text("kind"),
        *_number("expected_minor", "said_minor", nullable=True),
        *_text("currency"),
        sa.Column("found_at", AT, nullable=False),
        sa.Column("closed_at", AT),
        sa.Column("closed_by", sa.Uuid),
        *_text("note"),
        sa.UniqueConstraint(
            "tenant_id",
            "batch_id",
            "line_id",
            "kind",
            name=f"uq_{table}_tenant_id_batch_id_line_id_kind",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(f"ix_{table}_tenant_id_closed_at_id", table, ["tenant_id", "closed_at", "id"])


def _pushes() -> None:
    _row(
        "payout_endpoints",
        *_text("url"),
        sa.Column("is_on", sa.Boolean, nullable=False),
        *_text("off_because", nullable=True),
        sa.Column("failing_since", AT),
        sa.Column("old_until", AT),
        sa.Column("changed_at", AT, nullable=False),
        *_sealed("payout_endpoints", "sealed"),
        sa.UniqueConstraint("tenant_id", name="uq_payout_endpoints_tenant_id"),
    )
    table = "payout_pushes"
    _row(
        table,
        *_of_batch(table),
        *_text("state"),
        *_number("tries"),
        sa.Column("lease", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", AT),
        *_text("last_said"),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.UniqueConstraint("tenant_id", "batch_id", name=f"uq_{table}_tenant_id_batch_id"),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'confirmed', 'given_up')",
            name=op.f(f"ck_{table}_state"),
        ),
    )
    op.create_index(
        f"ix_{table}_due",
        table,
        ["tenant_id", "due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
