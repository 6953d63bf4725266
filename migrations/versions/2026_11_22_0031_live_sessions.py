"""Which of these sessions go on, over all tenants in one statement: a process asks for its open sockets."""

from __future__ import annotations

from alembic import op

from migrations.walls import APP_ROLE

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# It opens the tenants it is given one after the other, behind the same wall as everything else.
BODY = """
    RETURNS TABLE (tenant_id uuid, id uuid, roles text[], created_at timestamptz,
                   last_seen_at timestamptz)
    LANGUAGE plpgsql AS $$
    DECLARE tenant uuid;
    BEGIN
      FOREACH tenant IN ARRAY tenants LOOP
        PERFORM set_config('app.tenant_id', tenant::text, true);
        RETURN QUERY SELECT s.tenant_id, s.id,
            ARRAY(SELECT r.role FROM role_grants r
                  WHERE r.tenant_id = tenant AND r.person_id = s.person_id),
            s.created_at, s.last_seen_at
          FROM sessions s JOIN people p ON p.tenant_id = tenant AND p.id = s.person_id
          WHERE s.tenant_id = tenant AND s.id = ANY (wanted) AND s.ended_at IS NULL AND p.active;
      END LOOP;
    END $$"""
NAME = "laurel_live_sessions(uuid[], uuid[])"


def upgrade() -> None:
    op.execute(f"CREATE FUNCTION laurel_live_sessions(tenants uuid[], wanted uuid[]) {BODY}")
    op.execute(f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {NAME} TO {APP_ROLE}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {NAME}")
