"""The tables of people: tenants, people, where they stood when, and how they sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.walls import APP_ROLE, tenant_wall

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "tenants",
    "people",
    "teams",
    "positions",
    "role_grants",
    "passkeys",
    "sessions",
    "invitations",
    "email_codes",
    "challenges",
    "step_ups",
    "api_keys",
    "personas",
    "mails",
)

# What must be known before a tenant is: each function answers one exact question and nothing more.
FUNCTIONS = {
    "laurel_tenant_ids()": """
        RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT tenant_id FROM tenants ORDER BY created_at, tenant_id $$""",
    "laurel_tenant_by_slug(wanted text)": """
        RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT tenant_id FROM tenants WHERE slug = wanted $$""",
    "laurel_demo_tenant()": """
        RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT t.tenant_id FROM tenants t
              WHERE EXISTS (SELECT FROM personas p WHERE p.tenant_id = t.tenant_id)
              ORDER BY t.created_at, t.tenant_id LIMIT 1 $$""",
    "laurel_tenants_of_email(wanted text)": """
        RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT tenant_id FROM people WHERE lower(email) = lower(wanted) AND active
              ORDER BY tenant_id LIMIT 5 $$""",
    "laurel_tenant_of_passkey(wanted bytea)": """
        RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT tenant_id FROM passkeys WHERE credential_id = wanted $$""",
}

# Asked on every request, so in one statement: each opens the tenant it is given, behind the same wall
# as everything else, and looks for one exact hash.
BEHIND_THE_WALL = {
    "laurel_session(tenant uuid, wanted bytea)": """
        RETURNS TABLE (id uuid, person_id uuid, name text, csrf text, language text, zone text,
                       next_zone text, next_zone_from date, roles text[], created_at timestamptz,
                       last_seen_at timestamptz, passkey_at timestamptz, risk boolean)
        LANGUAGE plpgsql AS $$ BEGIN
          PERFORM set_config('app.tenant_id', tenant::text, true);
          RETURN QUERY SELECT s.id, s.person_id, p.name, s.csrf, p.language, p.zone,
              p.next_zone, p.next_zone_from,
              ARRAY(SELECT r.role FROM role_grants r
                    WHERE r.tenant_id = tenant AND r.person_id = s.person_id),
              s.created_at, s.last_seen_at, s.passkey_at, s.risk
            FROM sessions s JOIN people p ON p.tenant_id = tenant AND p.id = s.person_id
            WHERE s.tenant_id = tenant AND s.token_hash = wanted AND s.ended_at IS NULL AND p.active;
        END $$""",
    "laurel_api_key(tenant uuid, wanted bytea)": """
        RETURNS TABLE (id uuid, name text, scopes jsonb) LANGUAGE plpgsql AS $$ BEGIN
          PERFORM set_config('app.tenant_id', tenant::text, true);
          RETURN QUERY SELECT k.id, k.name, k.scopes FROM api_keys k
            WHERE k.tenant_id = tenant AND k.key_hash = wanted AND k.revoked_at IS NULL;
        END $$""",
}


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=nullable, server_default=default)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _table(name: str, *columns: sa.schema.SchemaItem, keyed: bool = True) -> None:
    own = [
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{name}"),
    ]
    op.create_table(
        name, sa.Column("tenant_id", sa.Uuid, nullable=False), *(own if keyed else []), *columns
    )


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _types_of(signature: str) -> str:
    return signature.replace("wanted ", "").replace("tenant ", "")


def upgrade() -> None:
    _people()
    _sign_in()
    _machines_and_demo()
    tenant_wall(*TABLES)
    for signature, body in {**FUNCTIONS, **BEHIND_THE_WALL}.items():
        op.execute(f"CREATE FUNCTION {signature} {body}")
        name = _types_of(signature)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APP_ROLE}")


def _people() -> None:
    _table(
        "tenants",
        *(_text(name) for name in ("name", "slug")),
        sa.Column("brand_hue", sa.BigInteger, nullable=False),
        sa.Column("brand_chroma", sa.Numeric(4, 3), nullable=False),
        *(_text(name) for name in ("currency", "language", "zone")),
        sa.Column("week_starts", sa.BigInteger, nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenants"),
        sa.UniqueConstraint("slug", name="uq_tenants_slug"),
        sa.CheckConstraint("week_starts BETWEEN 1 AND 7", name="ck_tenants_week_starts"),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="ck_tenants_slug"),
        keyed=False,
    )
    _table(
        "people",
        _text("name"),
        _text("email", nullable=True),
        _text("employee_number", nullable=True),
        _text("language"),
        _text("zone"),
        _text("next_zone", nullable=True),
        sa.Column("next_zone_from", sa.Date),
        _text("currency"),
        _text("theme", default="auto"),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("joined_on", sa.Date),
        sa.Column("left_on", sa.Date),
        _bytes("user_handle"),
        _instant("created_at"),
        sa.CheckConstraint("octet_length(user_handle) = 64", name="ck_people_user_handle"),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name="ck_people_theme"),
        sa.CheckConstraint(
            "(next_zone IS NULL) = (next_zone_from IS NULL)", name="ck_people_next_zone"
        ),
    )
    op.create_index(
        "uq_people_tenant_id_employee_number",
        "people",
        ["tenant_id", sa.text("lower(employee_number)")],
        unique=True,
    )
    op.create_index(
        "uq_people_tenant_id_email", "people", ["tenant_id", sa.text("lower(email)")], unique=True
    )
    op.create_index("ix_people_email", "people", [sa.text("lower(email)")])
    _index("people", "tenant_id", "name", "id")
    _table(
        "teams",
        _text("name"),
        _uuid("parent_id", nullable=True),
        _of("teams", "parent_id", "teams"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_teams_tenant_id_name"),
    )
    _table(
        "positions",
        _uuid("person_id"),
        _uuid("team_id", nullable=True),
        _uuid("manager_id", nullable=True),
        _text("title", default=""),
        _text("kind", default="staff"),
        sa.Column("valid", pg.DATERANGE, nullable=False),
        _of("positions", "person_id", "people"),
        _of("positions", "manager_id", "people"),
        _of("positions", "team_id", "teams"),
        pg.ExcludeConstraint(
            ("tenant_id", "="),
            ("person_id", "="),
            ("valid", "&&"),
            name="ex_positions_no_overlap",
            using="gist",
        ),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT lower_inf(valid)", name="ck_positions_valid"
        ),
        sa.CheckConstraint("manager_id <> person_id", name="ck_positions_own_manager"),
        sa.CheckConstraint("kind IN ('staff', 'sub_agent')", name="ck_positions_kind"),
    )
    _index("positions", "tenant_id", "manager_id")
    _index("positions", "tenant_id", "team_id")
    _table(
        "role_grants",
        _uuid("person_id"),
        _text("role"),
        _instant("granted_at"),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "role", name="pk_role_grants"),
        _of("role_grants", "person_id", "people"),
        keyed=False,
    )


def _sign_in() -> None:
    _table(
        "passkeys",
        _uuid("person_id"),
        _bytes("credential_id"),
        _bytes("public_key"),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("transports", pg.JSONB, nullable=False),
        _text("aaguid"),
        sa.Column("backup_eligible", sa.Boolean, nullable=False),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        _text("label"),
        _instant("created_at"),
        _instant("last_used_at", nullable=True),
        _instant("suspect_at", nullable=True),
        _of("passkeys", "person_id", "people"),
    )
    op.create_index("uq_passkeys_credential_id", "passkeys", ["credential_id"], unique=True)
    _index("passkeys", "tenant_id", "person_id")
    _table(
        "sessions",
        _uuid("person_id"),
        _bytes("token_hash"),
        _text("csrf"),
        _text("label"),
        _text("signed_in_by"),
        sa.Column("risk", sa.Boolean, nullable=False, server_default=sa.text("false")),
        _instant("created_at"),
        _instant("last_seen_at"),
        _instant("passkey_at", nullable=True),
        _instant("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        _of("sessions", "person_id", "people"),
        sa.UniqueConstraint("tenant_id", "token_hash", name="uq_sessions_tenant_id_token_hash"),
    )
    _index("sessions", "tenant_id", "person_id")
    _table(
        "invitations",
        _uuid("person_id"),
        _bytes("token_hash"),
        _instant("created_at"),
        _instant("expires_at"),
        _instant("accepted_at", nullable=True),
        _of("invitations", "person_id", "people"),
        sa.UniqueConstraint("tenant_id", "token_hash", name="uq_invitations_tenant_id_token_hash"),
    )
    _index("invitations", "tenant_id", "person_id")
    _table(
        "email_codes",
        _uuid("person_id"),
        _bytes("salt"),
        _bytes("code_hash"),
        _instant("created_at"),
        _instant("expires_at"),
        sa.Column("attempts", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("sent", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        _instant("sent_since"),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_email_codes"),
        _of("email_codes", "person_id", "people"),
        keyed=False,
    )
    _table(
        "challenges",
        _text("purpose"),
        _bytes("challenge"),
        _uuid("person_id", nullable=True),
        _uuid("session_id", nullable=True),
        _bytes("binding_hash", nullable=True),
        _instant("created_at"),
        _instant("expires_at"),
    )
    _index("challenges", "tenant_id", "expires_at")
    _table(
        "step_ups",
        _uuid("session_id"),
        _bytes("token_hash"),
        _bytes("binding_hash"),
        _instant("expires_at"),
        _instant("spent_at", nullable=True),
        _of("step_ups", "session_id", "sessions"),
        sa.UniqueConstraint("tenant_id", "token_hash", name="uq_step_ups_tenant_id_token_hash"),
    )
    _index("step_ups", "tenant_id", "session_id")


def _machines_and_demo() -> None:
    _table(
        "api_keys",
        _text("name"),
        _bytes("key_hash"),
        _text("hint"),
        sa.Column("scopes", pg.JSONB, nullable=False),
        _instant("created_at"),
        _instant("revoked_at", nullable=True),
        sa.UniqueConstraint("tenant_id", "key_hash", name="uq_api_keys_tenant_id_key_hash"),
    )
    _table(
        "personas",
        _text("key"),
        _uuid("person_id"),
        _text("role_title"),
        _text("description"),
        sa.Column("sort", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_personas"),
        _of("personas", "person_id", "people"),
        keyed=False,
    )
    _table("mails", _text("recipient"), _text("subject"), _text("body"), _instant("sent_at"))


def downgrade() -> None:
    for signature in (*FUNCTIONS, *BEHIND_THE_WALL):
        op.execute(f"DROP FUNCTION {_types_of(signature)}")
    for table in reversed(TABLES):
        op.drop_table(table)
