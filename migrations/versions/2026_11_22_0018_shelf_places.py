"""The place of a reward on the shelf of its country, where popularity and the alphabet were."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BEFORE = ("pinned DESC", "popularity DESC", "name", "reward_id")
AFTER = ("pinned DESC", "place", "popularity DESC", "name", "reward_id")


def upgrade() -> None:
    op.add_column(
        "catalog_entries",
        sa.Column("place", sa.BigInteger, server_default=sa.text("1000000"), nullable=False),
    )
    _sort_by(AFTER)


def downgrade() -> None:
    _sort_by(BEFORE)
    op.drop_column("catalog_entries", "place")


def _sort_by(order: Sequence[str]) -> None:
    for name, columns in (("shelf", ["tenant_id"]), ("country", ["tenant_id", "country"])):
        op.drop_index(f"ix_catalog_entries_{name}", "catalog_entries")
        op.create_index(
            f"ix_catalog_entries_{name}",
            "catalog_entries",
            [*columns, *map(sa.text, order)],
            postgresql_where=sa.text("retired_at IS NULL"),
        )
