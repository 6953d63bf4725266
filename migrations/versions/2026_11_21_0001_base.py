"""The ground: the application's role, the tenant of a transaction, the queue, idempotency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

from migrations.walls import APP_ROLE, tenant_wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION laurel_tenant() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

CREATE FUNCTION laurel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  RAISE EXCEPTION 'rows of % are only ever inserted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION laurel_lock_key(key bigint) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN
  PERFORM pg_advisory_xact_lock(key);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$;
"""


def upgrade() -> None:
    op.execute(
        f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS;
          END IF;
        END $$
        """
    )
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}"
    )
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE}"
    )
    op.execute(f"GRANT SELECT ON alembic_version TO {APP_ROLE}")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(FUNCTIONS)
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.create_table(
        "job_slots",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "task", "slot", name="pk_job_slots"),
    )
    op.create_table(
        "idempotency_claims",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("body", sa.LargeBinary),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "key", name="pk_idempotency_claims"),
    )
    op.create_index(
        "ix_idempotency_claims_tenant_id_claimed_at",
        "idempotency_claims",
        ["tenant_id", "claimed_at"],
    )
    tenant_wall("job_slots", "idempotency_claims")


def downgrade() -> None:
    op.drop_table("idempotency_claims")
    op.drop_table("job_slots")
    op.execute(
        """
        DO $$ DECLARE entry record; BEGIN
          FOR entry IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%' LOOP
            EXECUTE format('DROP TABLE %I CASCADE', entry.tablename);
          END LOOP;
          FOR entry IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
            JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'public' AND p.proname LIKE 'procrastinate%' LOOP
            EXECUTE format('DROP FUNCTION %s CASCADE', entry.signature);
          END LOOP;
          FOR entry IN SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE n.nspname = 'public' AND typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
            EXECUTE format('DROP TYPE %I CASCADE', entry.typname);
          END LOOP;
        END $$
        """
    )
    op.execute("DROP FUNCTION laurel_lock_key(bigint)")
    op.execute("DROP FUNCTION laurel_refuse_change() CASCADE")
    op.execute("DROP FUNCTION laurel_tenant() CASCADE")
    op.execute("DROP EXTENSION pg_trgm")
    op.execute("DROP EXTENSION btree_gist")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {APP_ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {APP_ROLE}")
