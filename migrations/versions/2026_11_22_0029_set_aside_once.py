"""A row that was set aside before is not set aside again: it points at the first one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STATE = "ck_import_rows_ck_import_rows_state"
STATES = "'closed', 'open', 'repaired', 'dismissed'"


def upgrade() -> None:
    op.add_column("import_rows", sa.Column("fingerprint", sa.Uuid))
    op.add_column("import_rows", sa.Column("nth", sa.BigInteger))
    op.add_column("import_rows", sa.Column("first_import_id", sa.Uuid))
    op.add_column("import_rows", sa.Column("first_row_number", sa.BigInteger))
    _allow(f"{STATES}, 'copied'")
    op.create_check_constraint(
        op.f("ck_import_rows_copied"),
        "import_rows",
        "(state = 'copied') = (first_import_id IS NOT NULL)"
        " AND (first_import_id IS NULL) = (first_row_number IS NULL)",
    )
    op.create_foreign_key(
        op.f("fk_import_rows_first"),
        "import_rows",
        "import_rows",
        ["tenant_id", "first_import_id", "first_row_number"],
        ["tenant_id", "import_id", "row_number"],
    )
    op.create_index(
        "ix_import_rows_tenant_id_fingerprint",
        "import_rows",
        ["tenant_id", "fingerprint", "nth"],
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_import_rows_first"), "import_rows")
    op.drop_constraint(op.f("ck_import_rows_copied"), "import_rows")
    # The first one counts already when it was repaired: the copy has nothing to wait for.
    op.execute(
        "UPDATE import_rows c SET state = CASE f.state WHEN 'open' THEN 'open' ELSE 'dismissed' END"
        " FROM import_rows f WHERE f.tenant_id = c.tenant_id AND f.import_id = c.first_import_id"
        " AND f.row_number = c.first_row_number"
    )
    _allow(STATES)
    op.drop_index("ix_import_rows_tenant_id_fingerprint")
    for column in ("first_row_number", "first_import_id", "nth", "fingerprint"):
        op.drop_column("import_rows", column)


def _allow(states: str) -> None:
    op.drop_constraint(op.f(STATE), "import_rows")
    op.create_check_constraint(op.f(STATE), "import_rows", f"state IN ({states})")
