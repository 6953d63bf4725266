"""The store: entries that are searched, favourites, rules of what is shown, readings of catalogs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.walls import APP_ROLE, tenant_wall

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("catalog_entries", "catalog_favourites", "catalog_rules", "catalog_syncs")

# Operators of trigrams may not look past the wall of a tenant (they are not leakproof), so an index of them is
# never used under it. This function owns no wall and keeps the tenants apart itself.
MATCHES = """
CREATE FUNCTION catalog_matches(
    longest text, patterns text[], words text[], in_country text, loosely boolean
) RETURNS TABLE (reward_id uuid, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET pg_trgm.word_similarity_threshold = 0.45 AS $$
BEGIN
  IF loosely THEN
    RETURN QUERY
      SELECT e.reward_id, s.least
      FROM catalog_entries e
      CROSS JOIN LATERAL (
        SELECT min(word_similarity(w, e.search_text)) AS least FROM unnest(words) AS w
      ) s
      WHERE e.tenant_id = laurel_tenant() AND e.retired_at IS NULL AND longest <% e.search_text
        AND (in_country IS NULL OR e.country = in_country) AND s.least >= 0.45;
  ELSE
    RETURN QUERY
      SELECT e.reward_id, CASE WHEN e.search_text LIKE patterns[1] THEN 2.0 ELSE 1.0 END::real
      FROM catalog_entries e
      WHERE e.tenant_id = laurel_tenant() AND e.retired_at IS NULL
        AND e.search_text LIKE '%' || longest || '%' AND e.search_text LIKE ALL (patterns[2:])
        AND (in_country IS NULL OR e.country = in_country);
  END IF;
END $$
"""


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.create_table(
        "catalog_entries",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("reward_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("code", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("low_minor", sa.BigInteger, nullable=False),
        sa.Column("high_minor", sa.BigInteger, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("terms", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("expiry_text", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("image_url", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("digest", sa.Text, server_default=sa.text("''"), nullable=False),
        sa.Column("is_hidden", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("pinned", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("popularity", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("listed_at", at, nullable=False),
        sa.Column("changed_at", at, nullable=False),
        sa.Column("retired_at", at),
        sa.PrimaryKeyConstraint("tenant_id", "reward_id", name="pk_catalog_entries"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["rewards.tenant_id", "rewards.id"],
            name="fk_catalog_entries_tenant_id_reward_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["provider_accounts.tenant_id", "provider_accounts.id"],
            name="fk_catalog_entries_tenant_id_account_id",
        ),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "code", name="uq_catalog_entries_tenant_id_account_id_code"
        ),
        sa.CheckConstraint(
            "low_minor > 0 AND high_minor >= low_minor", name="ck_catalog_entries_amounts"
        ),
        sa.CheckConstraint(
            "(account_id IS NULL) = (code IS NULL)", name="ck_catalog_entries_listed_by_somebody"
        ),
    )
    shelf = [sa.text("pinned DESC"), sa.text("popularity DESC"), "name", "reward_id"]
    offered = sa.text("retired_at IS NULL")
    op.create_index(
        "ix_catalog_entries_shelf",
        "catalog_entries",
        ["tenant_id", *shelf],
        postgresql_where=offered,
    )
    op.create_index(
        "ix_catalog_entries_country",
        "catalog_entries",
        ["tenant_id", "country", *shelf],
        postgresql_where=offered,
    )
    op.create_index(
        "ix_catalog_entries_search",
        "catalog_entries",
        ["tenant_id", "search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_where=offered,
    )
    op.create_table(
        "catalog_favourites",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("reward_id", sa.Uuid, nullable=False),
        sa.Column("marked_at", at, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "person_id", "reward_id", name="pk_catalog_favourites"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["people.tenant_id", "people.id"],
            name="fk_catalog_favourites_tenant_id_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_id"],
            ["rewards.tenant_id", "rewards.id"],
            name="fk_catalog_favourites_tenant_id_reward_id",
        ),
    )
    op.create_table(
        "catalog_rules",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("team_id", sa.Uuid),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("made_at", at, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_catalog_rules"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["teams.tenant_id", "teams.id"],
            name="fk_catalog_rules_tenant_id_team_id",
        ),
        sa.CheckConstraint("effect IN ('only', 'hide')", name="ck_catalog_rules_effect"),
        sa.CheckConstraint(
            "about IN ('kind', 'country', 'category', 'currency', 'brand')",
            name="ck_catalog_rules_about",
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "team_id",
            "effect",
            "about",
            "value",
            name="uq_catalog_rules_tenant_id_team_id_effect_about_value",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "catalog_syncs",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("is_full", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", at, nullable=False),
        sa.Column("ended_at", at),
        *(
            sa.Column(name, sa.BigInteger, server_default=sa.text("0"), nullable=False)
            for name in ("added", "changed", "unchanged", "retired", "malformed")
        ),
        sa.Column("examples", postgresql.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_catalog_syncs"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["provider_accounts.tenant_id", "provider_accounts.id"],
            name="fk_catalog_syncs_tenant_id_account_id",
        ),
        sa.CheckConstraint("state IN ('running', 'done', 'broken')", name="ck_catalog_syncs_state"),
    )
    op.create_index(
        "ix_catalog_syncs_tenant_id_account_id_started_at",
        "catalog_syncs",
        ["tenant_id", "account_id", "started_at"],
    )
    op.execute(MATCHES)
    op.execute("REVOKE ALL ON FUNCTION catalog_matches FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION catalog_matches TO {APP_ROLE}")
    tenant_wall(*TABLES)


def downgrade() -> None:
    op.execute("DROP FUNCTION catalog_matches")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP EXTENSION btree_gin")
