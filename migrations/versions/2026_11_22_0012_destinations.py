"""Bank accounts of people, the checks of them, and how long a change is held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import APP_ROLE, tenant_wall

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("bank_accounts", "account_checks", "destination_settings")

SAME_NUMBER = """
CREATE FUNCTION bank_account_same_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ROW(new.person_id, new.kind, new.country, new.currency, new.label, new.number_mac)
     IS DISTINCT FROM
     ROW(old.person_id, old.kind, old.country, old.currency, old.label, old.number_mac)
     OR (new.details_sealed IS NOT NULL
         AND new.details_sealed IS DISTINCT FROM old.details_sealed) THEN
    RAISE EXCEPTION 'The number of a bank account does not change; another account is another row.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN new;
END $$
"""


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.create_table(
        "bank_accounts",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("details_sealed", sa.LargeBinary),
        sa.Column("data_key", sa.LargeBinary),
        sa.Column("key_id", sa.Text),
        sa.Column("number_mac", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("masked_name", sa.Text),
        sa.Column("asked_bank", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("is_primary", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("added_at", at, nullable=False),
        sa.Column("moved_at", at, nullable=False),
        sa.Column("usable_from", at),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_bank_accounts"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_bank_accounts_tenant_id_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"],
            ["vault_keys.tenant_id", "vault_keys.key_id"],
            name="fk_bank_accounts_tenant_id_key_id",
        ),
        sa.CheckConstraint(
            "kind IN ('iban', 'ifsc', 'id_bank', 'us_ach')", name="ck_bank_accounts_kind"
        ),
        sa.CheckConstraint(
            "state IN ('new', 'checking', 'review', 'matched', 'active', 'refused', 'removed')",
            name="ck_bank_accounts_state",
        ),
        sa.CheckConstraint(
            "(state = 'removed') = (details_sealed IS NULL)", name="ck_bank_accounts_sealed"
        ),
        sa.CheckConstraint(
            "(details_sealed IS NULL) = (data_key IS NULL)", name="ck_bank_accounts_data_key"
        ),
        sa.CheckConstraint(
            "(state <> 'active') OR usable_from IS NOT NULL", name="ck_bank_accounts_held"
        ),
        sa.CheckConstraint("NOT is_primary OR state = 'active'", name="ck_bank_accounts_primary"),
    )
    op.create_index(
        "uq_bank_accounts_number",
        "bank_accounts",
        ["tenant_id", "person_id", "number_mac"],
        unique=True,
        postgresql_where=sa.text("state <> 'removed'"),
    )
    op.create_index(
        "uq_bank_accounts_primary",
        "bank_accounts",
        ["tenant_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_index(
        "ix_bank_accounts_tenant_id_number_mac", "bank_accounts", ["tenant_id", "number_mac"]
    )
    op.create_index(
        "ix_bank_accounts_tenant_id_state_id", "bank_accounts", ["tenant_id", "state", "id"]
    )
    op.create_table(
        "account_checks",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("asked_at", at, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("tries", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", at),
        sa.Column("reference", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_account_checks"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["bank_accounts.tenant_id", "bank_accounts.id"],
            name="fk_account_checks_tenant_id_account_id",
        ),
    )
    op.create_index(
        "ix_account_checks_tenant_id_person_id_asked_at",
        "account_checks",
        ["tenant_id", "person_id", "asked_at"],
    )
    op.create_index(
        "uq_account_checks_open",
        "account_checks",
        ["tenant_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "destination_settings",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("hold_hours", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_destination_settings"),
        sa.CheckConstraint(
            "hold_hours BETWEEN 24 AND 72", name="ck_destination_settings_hold_hours"
        ),
    )
    op.execute(SAME_NUMBER)
    op.execute(
        "CREATE TRIGGER bank_accounts_same_number BEFORE UPDATE ON bank_accounts "
        "FOR EACH ROW EXECUTE FUNCTION bank_account_same_number()"
    )
    for table in ("bank_accounts", "account_checks"):
        op.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM {APP_ROLE}")
    tenant_wall(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION bank_account_same_number()")
