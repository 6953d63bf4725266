"""The tables of activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.walls import tenant_wall

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    "sources",
    "imports",
    "import_parts",
    "import_rows",
    "products",
    "activities",
    "claims",
)

# Foreign keys look at each row on its own, which was measured at two thirds of the time of a large
# insert; one look at a whole statement gives the same promise.
KNOWN = """
CREATE FUNCTION laurel_activities_are_of_known() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT tenant_id, person_id FROM fresh WHERE person_id IS NOT NULL) f
    WHERE NOT EXISTS (
      SELECT FROM people p WHERE p.tenant_id = f.tenant_id AND p.id = f.person_id)
  ) OR EXISTS (
    SELECT FROM (SELECT DISTINCT tenant_id, source_id FROM fresh) f
    WHERE NOT EXISTS (
      SELECT FROM sources s WHERE s.tenant_id = f.tenant_id AND s.id = f.source_id)
  ) THEN
    RAISE EXCEPTION 'an activity names a person or source that is not there'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER activities_are_of_known AFTER INSERT ON activities
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
EXECUTE FUNCTION laurel_activities_are_of_known();
"""


def _tenant() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid, nullable=False)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("uuidv7()"))


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=nullable)


def _uuid(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def upgrade() -> None:
    _sources_and_imports()
    _activities()
    _claims()
    op.execute(KNOWN)
    tenant_wall(*TABLES)


def _sources_and_imports() -> None:
    op.create_table(
        "sources",
        _tenant(),
        _id(),
        _text("name"),
        _text("kind"),
        _json("mapping"),
        _json("rules"),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sources"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_sources_tenant_id_name"),
        sa.CheckConstraint("kind IN ('file', 'api', 'claim')", name="ck_sources_kind"),
    )
    op.create_table(
        "imports",
        _tenant(),
        _id(),
        _uuid("source_id", nullable=False),
        _text("file_name"),
        _big("size_bytes"),
        _text("sha256"),
        _text("state"),
        _json("mapping"),
        _json("rules"),
        _json("columns"),
        _big("rows_total", nullable=True),
        *(
            _big(name)
            for name in ("rows_done", "accepted", "fixed", "quarantined", "refused", "unchanged")
        ),
        _json("problem", nullable=True),
        _uuid("started_by"),
        _text("started_by_label"),
        _at("created_at"),
        _at("started_at", nullable=True),
        _at("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_imports"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["sources.tenant_id", "sources.id"],
            name="fk_imports_tenant_id_source_id",
        ),
        sa.CheckConstraint(
            "state IN ('uploaded', 'queued', 'running', 'done', 'failed')", name="ck_imports_state"
        ),
    )
    op.create_index("ix_imports_tenant_id_created_at", "imports", ["tenant_id", "created_at"])
    op.create_table(
        "import_parts",
        _tenant(),
        _uuid("import_id", nullable=False),
        _big("part"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", "part", name="pk_import_parts"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["imports.tenant_id", "imports.id"],
            name="fk_import_parts_tenant_id_import_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "import_rows",
        _tenant(),
        _uuid("import_id", nullable=False),
        _big("row_number"),
        _text("outcome"),
        _text("state"),
        _text("reason"),
        _json("reasons"),
        _json("cells"),
        _text("external_id", nullable=True),
        _text("repaired_by", nullable=True),
        _at("repaired_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", "row_number", name="pk_import_rows"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["imports.tenant_id", "imports.id"],
            name="fk_import_rows_tenant_id_import_id",
        ),
        sa.CheckConstraint(
            "outcome IN ('fixed', 'quarantined', 'refused')", name="ck_import_rows_outcome"
        ),
        sa.CheckConstraint(
            "state IN ('closed', 'open', 'repaired', 'dismissed')", name="ck_import_rows_state"
        ),
    )
    op.create_index(
        "ix_import_rows_tenant_id_import_id_state",
        "import_rows",
        ["tenant_id", "import_id", "state"],
    )


def _activities() -> None:
    op.create_table(
        "products",
        _tenant(),
        _id(),
        _text("sku"),
        _text("name"),
        _text("product_group", nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_products"),
        sa.UniqueConstraint("tenant_id", "sku", name="uq_products_tenant_id_sku"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_products_tenant_id_name"),
    )
    op.create_table(
        "activities",
        _tenant(),
        _id(),
        _uuid("source_id", nullable=False),
        _text("external_id"),
        _big("revision"),
        _text("kind"),
        _uuid("person_id"),
        _at("occurred_at"),
        _at("received_at"),
        _big("amount_micros"),
        _text("currency", nullable=True),
        _big("units_micros"),
        _text("product", nullable=True),
        _text("product_group", nullable=True),
        _text("customer_reference", nullable=True),
        _text("status"),
        _text("source_status"),
        _text("channel", nullable=True),
        _text("country", nullable=True),
        _json("attributes"),
        _uuid("replaces_id"),
        _uuid("import_id"),
        _big("row_number", nullable=True),
        _uuid("claim_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_activities"),
        sa.CheckConstraint(
            "status IN ('counted', 'superseded', 'voided')", name="ck_activities_status"
        ),
    )
    op.create_index(
        "uq_activities_current",
        "activities",
        ["tenant_id", "source_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'superseded'"),
    )
    op.create_index(
        "ix_activities_tenant_id_person_id_occurred_at",
        "activities",
        ["tenant_id", "person_id", "occurred_at"],
    )
    op.create_index(
        "ix_activities_tenant_id_customer_reference",
        "activities",
        ["tenant_id", sa.text("lower(customer_reference)")],
        postgresql_where=sa.text("customer_reference IS NOT NULL"),
    )


def _claims() -> None:
    op.create_table(
        "claims",
        _tenant(),
        _id(),
        _uuid("person_id", nullable=False),
        _text("product"),
        _big("amount_micros"),
        _text("currency", nullable=True),
        _big("units_micros"),
        _text("customer_reference"),
        sa.Column("occurred_on", sa.Date, nullable=False),
        _text("note"),
        _text("state"),
        _at("created_at"),
        _at("decided_at", nullable=True),
        _uuid("decided_by"),
        _text("reason", nullable=True),
        _uuid("activity_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_claims"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_claims_tenant_id_person_id",
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'verified', 'matched', 'refused')", name="ck_claims_state"
        ),
    )
    op.create_index(
        "ix_claims_tenant_id_person_id_state", "claims", ["tenant_id", "person_id", "state"]
    )
    op.create_index(
        "uq_claims_matched",
        "claims",
        ["tenant_id", "activity_id"],
        unique=True,
        postgresql_where=sa.text("activity_id IS NOT NULL"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION laurel_activities_are_of_known()")
