"""The tables of programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from migrations.walls import append_only, tenant_wall

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "programs",
    "program_versions",
    "enrolments",
    "quotas",
    "credits",
    "earnings",
    "earning_lines",
)

SEAL = """
CREATE FUNCTION laurel_program_version_sealed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF OLD.state = 'published' THEN
    RAISE EXCEPTION 'version % is published and sealed', OLD.version
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER program_versions_sealed BEFORE UPDATE OR DELETE ON program_versions
  FOR EACH ROW EXECUTE FUNCTION laurel_program_version_sealed();
"""


def _tenant() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid, nullable=False)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()"))


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(table: str, parent: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{parent}.tenant_id", f"{parent}.id"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def upgrade() -> None:
    op.create_table(
        "programs",
        _tenant(),
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("published_version", sa.BigInteger),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_programs"),
    )
    op.create_table(
        "program_versions",
        _tenant(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("document", pg.JSONB, nullable=False),
        sa.Column("sha256", sa.Text),
        _instant("created_at"),
        _instant("published_at", nullable=True),
        sa.Column("published_by", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "program_id", "version", name="pk_program_versions"),
        _of("program_versions", "programs", "program_id"),
        sa.CheckConstraint("state IN ('draft', 'published')", name="ck_program_versions_state"),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL AND sha256 IS NOT NULL)",
            name="ck_program_versions_sealed",
        ),
    )
    op.create_index(
        "uq_program_versions_one_draft",
        "program_versions",
        ["tenant_id", "program_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    _create_who_and_how_much()
    _create_earnings()
    op.execute(SEAL)
    append_only("earning_lines")
    tenant_wall(*TABLES)


def _create_who_and_how_much() -> None:
    op.create_table(
        "enrolments",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("valid", pg.DATERANGE, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_enrolments"),
        _of("enrolments", "programs", "program_id"),
        _of("enrolments", "people", "person_id"),
        sa.CheckConstraint("kind IN ('everybody', 'team_of', 'person')", name="ck_enrolments_kind"),
        sa.CheckConstraint(
            "(kind = 'everybody') = (person_id IS NULL)", name="ck_enrolments_person"
        ),
        sa.CheckConstraint("NOT isempty(valid)", name="ck_enrolments_valid"),
    )
    op.create_index("ix_enrolments_tenant_id_program_id", "enrolments", ["tenant_id", "program_id"])
    op.create_table(
        "quotas",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("valid", pg.DATERANGE, nullable=False),
        sa.Column("target_micros", sa.BigInteger, nullable=False),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_quotas"),
        _of("quotas", "programs", "program_id"),
        _of("quotas", "people", "person_id"),
        pg.ExcludeConstraint(
            ("tenant_id", "="),
            ("program_id", "="),
            ("component", "="),
            ("person_id", "="),
            ("valid", "&&"),
            name="ex_quotas_no_overlap",
            using="gist",
        ),
        sa.CheckConstraint("target_micros > 0", name="ck_quotas_target"),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)",
            name="ck_quotas_valid",
        ),
    )
    op.create_index("ix_quotas_tenant_id_person_id", "quotas", ["tenant_id", "person_id"])


def _create_earnings() -> None:
    op.create_table(
        "credits",
        _tenant(),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("payee_id", sa.Uuid, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date),
        _instant("occurred_at"),
        sa.Column("value_micros", sa.BigInteger, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("share", sa.Numeric(12, 6), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "activity_id", "program_id", "component", "payee_id", name="pk_credits"
        ),
    )
    op.create_index(
        "ix_credits_of_earning",
        "credits",
        ["tenant_id", "payee_id", "program_id", "component", "period_start", "occurred_at"],
    )
    op.create_table(
        "earnings",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("payee_id", sa.Uuid, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("total_micros", sa.Numeric, nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("target_micros", sa.BigInteger),
        sa.Column("target_met", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("version", sa.BigInteger),
        sa.Column("amount_minor", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("released_minor", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_earnings"),
        _of("earnings", "programs", "program_id"),
        _of("earnings", "people", "payee_id"),
        sa.UniqueConstraint(
            "tenant_id",
            "payee_id",
            "program_id",
            "component",
            "period_start",
            name="uq_earnings_key",
        ),
    )
    op.create_index(
        "ix_earnings_unreleased",
        "earnings",
        ["tenant_id", "program_id"],
        postgresql_where=sa.text("amount_minor <> released_minor"),
    )
    op.create_table(
        "earning_lines",
        _tenant(),
        _id(),
        sa.Column("earning_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("delta_minor", sa.BigInteger, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("total_micros", sa.Numeric, nullable=False),
        sa.Column("target_micros", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("cause_kind", sa.Text, nullable=False),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.Column("release_on", sa.Date, nullable=False),
        sa.Column("ledger_id", sa.Uuid, nullable=False),
        sa.Column("explanation", pg.JSONB, nullable=False),
        _instant("posted_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_earning_lines"),
        _of("earning_lines", "earnings", "earning_id"),
        sa.UniqueConstraint(
            "tenant_id",
            "earning_id",
            "revision",
            name="uq_earning_lines_tenant_id_earning_id_revision",
        ),
    )
    op.create_index(
        "ix_earning_lines_tenant_id_release_on", "earning_lines", ["tenant_id", "release_on"]
    )
    op.create_index(
        "ix_earning_lines_tenant_id_cause_id", "earning_lines", ["tenant_id", "cause_id"]
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION laurel_program_version_sealed()")
