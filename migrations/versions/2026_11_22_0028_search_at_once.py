"""What is written about the store is found by its index at once, not from a list that each search reads whole."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# A GIN index keeps what is new in such a list until the next vacuum. After a catalog was read it was most of
# what a search cost.
INDEXES = ("ix_catalog_entries_search", "ix_catalog_words_like")


def upgrade() -> None:
    for index in INDEXES:
        op.execute(f"ALTER INDEX {index} SET (fastupdate = off)")
        op.execute(f"SELECT gin_clean_pending_list('{index}')")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"ALTER INDEX {index} RESET (fastupdate)")
