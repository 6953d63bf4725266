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
    "earning_portions",
    "mandates",
    "exchange_rates",
    "payee_attributes",
    "amendments",
    "terms_acceptances",
    "simulations",
)

NO_ACTIVITY = "'00000000-0000-0000-0000-000000000000'"

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
        sa.Column("settled_on", sa.Date),
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
    _create_portions()
    _create_mandates_and_rates()
    _create_amendments()
    _create_simulations()
    op.execute(SEAL)
    append_only("earning_lines", "amendments", "terms_acceptances")
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
        sa.Column("figure", sa.Text, nullable=False, server_default=sa.text("'measure'")),
        sa.Column("payee_id", sa.Uuid, nullable=False),
        sa.Column("period_start", sa.Date, nullable=False),
        sa.Column("period_end", sa.Date),
        _instant("occurred_at"),
        sa.Column("value_micros", sa.BigInteger, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("share", sa.Numeric(12, 6), nullable=False),
        sa.Column("part_micros", sa.BigInteger),
        sa.Column("factor", sa.Numeric, nullable=False, server_default=sa.text("1")),
        sa.Column("distinct_text", sa.Text),
        sa.Column("rate_id", sa.Uuid),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "activity_id",
            "program_id",
            "component",
            "figure",
            "payee_id",
            name="pk_credits",
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
        sa.Column("activity_id", sa.Uuid, nullable=False, server_default=sa.text(NO_ACTIVITY)),
        sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.text("false")),
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
            "activity_id",
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


def _create_portions() -> None:
    op.create_table(
        "earning_portions",
        _tenant(),
        sa.Column("earning_id", sa.Uuid, nullable=False),
        sa.Column("nth", sa.SmallInteger, nullable=False),
        sa.Column("minor", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("release_on", sa.Date),
        sa.Column("waits_for", sa.Text),
        sa.Column("step", pg.JSONB),
        sa.PrimaryKeyConstraint("tenant_id", "earning_id", "nth", name="pk_earning_portions"),
        _of("earning_portions", "earnings", "earning_id"),
        sa.CheckConstraint(
            "state IN ('payable', 'held', 'clawed_back')", name="ck_earning_portions_state"
        ),
        sa.CheckConstraint(
            "(release_on IS NULL) = (waits_for IS NOT NULL)", name="ck_earning_portions_waits"
        ),
    )


def _create_mandates_and_rates() -> None:
    op.create_table(
        "mandates",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("component", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Uuid, nullable=False),
        sa.Column("sub_agent_id", sa.Uuid, nullable=False),
        sa.Column("rate", sa.Numeric(21, 6), nullable=False),
        sa.Column("valid", pg.DATERANGE, nullable=False),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mandates"),
        _of("mandates", "programs", "program_id"),
        _of("mandates", "people", "agent_id"),
        _of("mandates", "people", "sub_agent_id"),
        pg.ExcludeConstraint(
            ("tenant_id", "="),
            ("program_id", "="),
            ("component", "="),
            ("sub_agent_id", "="),
            ("valid", "&&"),
            name="ex_mandates_no_overlap",
            using="gist",
        ),
        sa.CheckConstraint("rate >= 0", name="ck_mandates_rate"),
        sa.CheckConstraint("agent_id <> sub_agent_id", name="ck_mandates_own"),
        sa.CheckConstraint("NOT isempty(valid) AND NOT lower_inf(valid)", name="ck_mandates_valid"),
    )
    op.create_index("ix_mandates_tenant_id_agent_id", "mandates", ["tenant_id", "agent_id"])
    op.create_table(
        "exchange_rates",
        _tenant(),
        _id(),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("into", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("rate", sa.Numeric(21, 6), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        _instant("changed_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_exchange_rates"),
        sa.UniqueConstraint(
            "tenant_id", "currency", "into", "from_on", name="uq_exchange_rates_day"
        ),
        sa.CheckConstraint("rate > 0", name="ck_exchange_rates_rate"),
    )
    op.create_table(
        "payee_attributes",
        _tenant(),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "name", name="pk_payee_attributes"),
        _of("payee_attributes", "people", "person_id"),
    )


def _create_amendments() -> None:
    op.create_table(
        "amendments",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("from_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("lowers", sa.Boolean, nullable=False),
        sa.Column("effects", pg.JSONB, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        _instant("made_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_amendments"),
        _of("amendments", "programs", "program_id"),
        sa.UniqueConstraint(
            "tenant_id",
            "program_id",
            "version",
            name="uq_amendments_tenant_id_program_id_version",
        ),
    )
    op.create_table(
        "terms_acceptances",
        _tenant(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        _instant("accepted_at"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "program_id", "version", "person_id", name="pk_terms_acceptances"
        ),
        _of("terms_acceptances", "programs", "program_id"),
        _of("terms_acceptances", "people", "person_id"),
    )


def _create_simulations() -> None:
    op.create_table(
        "simulations",
        _tenant(),
        _id(),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("asked", pg.JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("percent", sa.SmallInteger, nullable=False),
        sa.Column("result", pg.JSONB),
        sa.Column("asked_by", sa.Text, nullable=False),
        _instant("asked_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_simulations"),
        _of("simulations", "programs", "program_id"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name="ck_simulations_state"
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION laurel_program_version_sealed()")
