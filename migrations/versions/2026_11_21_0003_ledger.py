"""The books: double entry, balanced by the database, only ever inserted, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.journals import create_journal, drop_journal
from migrations.walls import append_only, tenant_wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Accounts are checked here, a statement at a time, and not by a foreign key: every posting would
# share-lock the row of the same program expense account. Accounts are never removed or changed.
CHECK_ENTRIES = """
CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE culprit text; BEGIN
  SELECT transaction_id::text INTO culprit FROM inserted
    GROUP BY tenant_id, transaction_id, currency HAVING sum(minor) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', culprit USING ERRCODE = 'check_violation';
  END IF;

  -- One look-up a row: with a join, a planner without statistics pairs every row with every transaction.
  SELECT i.account_id::text INTO culprit FROM inserted i
    WHERE i.currency IS DISTINCT FROM (
      SELECT a.currency FROM ledger_accounts a WHERE a.tenant_id = i.tenant_id AND a.id = i.account_id)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'ledger account % is missing or of another currency', culprit
      USING ERRCODE = 'foreign_key_violation';
  END IF;

  SELECT i.transaction_id::text INTO culprit FROM inserted i
    WHERE i.position <> (
      SELECT t.position FROM ledger_transactions t
      WHERE t.tenant_id = i.tenant_id AND t.id = i.transaction_id)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entries of ledger transaction % are out of place', culprit
      USING ERRCODE = 'check_violation';
  END IF;

  IF (SELECT sum((SELECT count(*) FROM ledger_entries e
                  WHERE e.tenant_id = i.tenant_id AND e.transaction_id = i.transaction_id))
      FROM (SELECT DISTINCT tenant_id, transaction_id FROM inserted) i)
     <> (SELECT count(*) FROM inserted) THEN
    RAISE EXCEPTION 'a posted ledger transaction gets no further entries'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$
"""


def _of_tenant(*columns: sa.Column[object]) -> list[sa.Column[object]]:
    return [sa.Column("tenant_id", sa.Uuid, nullable=False), *columns]


def _to(table: str, target: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def upgrade() -> None:
    op.execute("CREATE SEQUENCE ledger_positions")
    op.create_table(
        "ledger_accounts",
        *_of_tenant(
            sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("owner_id", sa.Uuid),
            sa.Column("currency", sa.Text, nullable=False),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ledger_accounts"),
        sa.UniqueConstraint(
            "tenant_id",
            "owner_id",
            "kind",
            "currency",
            name="uq_ledger_accounts_tenant_id_owner_id_kind_currency",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "ledger_balances",
        *_of_tenant(
            sa.Column("account_id", sa.Uuid, nullable=False),
            sa.Column("side", sa.SmallInteger, nullable=False),
            sa.Column("minor", sa.BigInteger, nullable=False),
            sa.Column("sequence", sa.BigInteger, nullable=False),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_ledger_balances"),
        _to("ledger_balances", "ledger_accounts", "account_id"),
        sa.CheckConstraint("minor * side >= 0", name="ck_ledger_balances_on_its_side_of_zero"),
        sa.CheckConstraint("side IN (1, -1)", name="ck_ledger_balances_side"),
    )
    op.create_table(
        "ledger_totals",
        *_of_tenant(
            sa.Column("account_id", sa.Uuid, nullable=False),
            sa.Column("minor", sa.BigInteger, nullable=False),
            sa.Column("entries", sa.BigInteger, nullable=False),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "account_id", name="pk_ledger_totals"),
        _to("ledger_totals", "ledger_accounts", "account_id"),
    )
    op.create_table(
        "ledger_transactions",
        *_of_tenant(
            sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
            sa.Column("key", sa.Text, nullable=False),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("cause_kind", sa.Text, nullable=False),
            sa.Column("cause_id", sa.Uuid, nullable=False),
            sa.Column("reverses", sa.Uuid),
            sa.Column("memo", JSONB, nullable=False),
            sa.Column("request_hash", sa.LargeBinary, nullable=False),
            sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column(
                "position",
                sa.BigInteger,
                nullable=False,
                server_default=sa.text("nextval('ledger_positions')"),
            ),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ledger_transactions"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_ledger_transactions_tenant_id_key"),
        _to("ledger_transactions", "ledger_transactions", "reverses"),
    )
    op.create_index(
        "uq_ledger_transactions_reverses",
        "ledger_transactions",
        ["tenant_id", "reverses"],
        unique=True,
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_index(
        "ix_ledger_transactions_tenant_id_cause_kind_cause_id",
        "ledger_transactions",
        ["tenant_id", "cause_kind", "cause_id"],
    )
    op.create_table(
        "ledger_entries",
        *_of_tenant(
            sa.Column("transaction_id", sa.Uuid, nullable=False),
            sa.Column("line", sa.SmallInteger, nullable=False),
            sa.Column("account_id", sa.Uuid, nullable=False),
            sa.Column("currency", sa.Text, nullable=False),
            sa.Column("minor", sa.BigInteger, nullable=False),
            sa.Column("position", sa.BigInteger, nullable=False),
            sa.Column("account_sequence", sa.BigInteger),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", "line", name="pk_ledger_entries"),
        _to("ledger_entries", "ledger_transactions", "transaction_id"),
        sa.CheckConstraint("minor <> 0", name="ck_ledger_entries_moves_something"),
    )
    op.create_index(
        "ix_ledger_entries_tenant_id_account_id_position",
        "ledger_entries",
        ["tenant_id", "account_id", "position"],
    )
    op.create_index(
        "uq_ledger_entries_account_sequence",
        "ledger_entries",
        ["tenant_id", "account_id", "account_sequence"],
        unique=True,
        postgresql_where=sa.text("account_sequence IS NOT NULL"),
    )
    op.create_table(
        "ledger_reservations",
        *_of_tenant(
            sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
            sa.Column("person_id", sa.Uuid, nullable=False),
            sa.Column("currency", sa.Text, nullable=False),
            sa.Column("minor", sa.BigInteger, nullable=False),
            sa.Column("cause_kind", sa.Text, nullable=False),
            sa.Column("cause_id", sa.Uuid, nullable=False),
            sa.Column("transaction_id", sa.Uuid, nullable=False),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ledger_reservations"),
        sa.UniqueConstraint(
            "tenant_id", "transaction_id", name="uq_ledger_reservations_tenant_id_transaction_id"
        ),
        _to("ledger_reservations", "ledger_transactions", "transaction_id"),
        sa.CheckConstraint("minor > 0", name="ck_ledger_reservations_positive"),
    )
    op.create_index(
        "ix_ledger_reservations_tenant_id_person_id",
        "ledger_reservations",
        ["tenant_id", "person_id"],
    )
    op.create_table(
        "ledger_resolutions",
        *_of_tenant(
            sa.Column("reservation_id", sa.Uuid, nullable=False),
            sa.Column("outcome", sa.Text, nullable=False),
            sa.Column("captured_minor", sa.BigInteger, nullable=False),
            sa.Column("transaction_id", sa.Uuid, nullable=False),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reservation_id", name="pk_ledger_resolutions"),
        _to("ledger_resolutions", "ledger_reservations", "reservation_id"),
        _to("ledger_resolutions", "ledger_transactions", "transaction_id"),
        sa.CheckConstraint(
            "outcome IN ('captured', 'voided', 'expired')", name="ck_ledger_resolutions_outcome"
        ),
    )
    op.execute(CHECK_ENTRIES)
    op.execute(
        "CREATE TRIGGER ledger_entries_checked AFTER INSERT ON ledger_entries "
        "REFERENCING NEW TABLE AS inserted "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries()"
    )
    tenant_wall("ledger_balances", "ledger_totals")
    journals = (
        "ledger_accounts",
        "ledger_transactions",
        "ledger_entries",
        "ledger_reservations",
        "ledger_resolutions",
    )
    tenant_wall(*journals)
    append_only(*journals)
    create_journal("ledger", "ledger_transactions")


def downgrade() -> None:
    drop_journal("ledger", "ledger_transactions")
    for table in (
        "resolutions",
        "reservations",
        "entries",
        "transactions",
        "totals",
        "balances",
        "accounts",
    ):
        op.drop_table(f"ledger_{table}")
    op.execute("DROP FUNCTION ledger_check_entries()")
    op.execute("DROP SEQUENCE ledger_positions")
