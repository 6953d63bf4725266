"""What every table of a tenant gets: the wall, and for journals the rule that rows stay as they are."""

from __future__ import annotations

from alembic import op

APP_ROLE = "laurel_app"


def tenant_wall(*tables: str) -> None:
    """Let the application see only rows of the tenant its transaction was opened for."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant_wall ON {table} "
            "USING (tenant_id = (SELECT laurel_tenant())) "
            "WITH CHECK (tenant_id = (SELECT laurel_tenant()))"
        )


def append_only(*tables: str) -> None:
    """Take away the right to change or remove rows, and refuse it by trigger to everybody else too."""
    for table in tables:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION laurel_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION laurel_refuse_change()"
        )
