"""What every sealed journal gets: a queue filled by trigger, its seals, its head."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import append_only, tenant_wall


def create_journal(name: str, journaled: str) -> None:
    """Make the tables that seal the rows of `journaled`, and queue each new row in its own transaction."""
    op.create_table(
        f"{name}_queued",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=f"pk_{name}_queued"),
    )
    op.create_table(
        f"{name}_seals",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Uuid, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=f"pk_{name}_seals"),
        sa.UniqueConstraint("tenant_id", "item_id", name=f"uq_{name}_seals_tenant_id_item_id"),
    )
    op.create_table(
        f"{name}_heads",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=f"pk_{name}_heads"),
    )
    op.execute(
        f"""
        CREATE FUNCTION {name}_queue_for_seal() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          INSERT INTO {name}_queued (tenant_id, position, item_id)
            SELECT tenant_id, position, id FROM inserted;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {journaled}_queued AFTER INSERT ON {journaled} "
        f"REFERENCING NEW TABLE AS inserted "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_queue_for_seal()"
    )
    tenant_wall(f"{name}_queued", f"{name}_seals", f"{name}_heads")
    append_only(f"{name}_seals")


def drop_journal(name: str, journaled: str) -> None:
    """Undo `create_journal`."""
    op.execute(f"DROP TRIGGER {journaled}_queued ON {journaled}")
    op.execute(f"DROP FUNCTION {name}_queue_for_seal()")
    for table in ("heads", "seals", "queued"):
        op.drop_table(f"{name}_{table}")
