"""A page of the store in one search, and the words of the store for those who mistype."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.walls import APP_ROLE, tenant_wall

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Their setting is there once the module is, and the module once it was used.
KNOW_TRIGRAMS = "SELECT similarity('', '')"

# Statement by statement for what comes, row by row for the few whose text changes: placing is no change.
WORDS_OF_NEW = """
CREATE FUNCTION catalog_words_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_words (tenant_id, word)
    SELECT DISTINCT n.tenant_id, w
    FROM new_entries n, unnest(string_to_array(btrim(n.search_text), ' ')) AS w
    WHERE w <> ''
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
WORDS_OF_CHANGED = """
CREATE FUNCTION catalog_words_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_words (tenant_id, word)
    SELECT NEW.tenant_id, w FROM unnest(string_to_array(btrim(NEW.search_text), ' ')) AS w
    WHERE w <> ''
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
ON_NEW = """
CREATE TRIGGER catalog_entries_new_words AFTER INSERT ON catalog_entries
  REFERENCING NEW TABLE AS new_entries
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_words_of_new()
"""
ON_CHANGED = """
CREATE TRIGGER catalog_entries_changed_words AFTER UPDATE OF search_text ON catalog_entries
  FOR EACH ROW WHEN (OLD.search_text IS DISTINCT FROM NEW.search_text)
  EXECUTE FUNCTION catalog_words_of_changed()
"""

# As for the search itself: an index of trigrams is never used under the wall of a tenant, so these two
# functions own no wall and keep the tenants apart themselves.
LIKE_WORDS = """
CREATE FUNCTION catalog_words_like(words text[])
RETURNS TABLE (typed text, word text, likeness double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
SET pg_trgm.word_similarity_threshold = 0.4 AS $$
DECLARE mine uuid := laurel_tenant(); said text;
BEGIN
  FOREACH said IN ARRAY words LOOP
    RETURN QUERY
      SELECT said, c.word, (word_similarity(said, c.word) + similarity(said, c.word)) / 2 AS l
      FROM catalog_words c
      WHERE c.tenant_id = mine AND said <% c.word
      ORDER BY l DESC, c.word LIMIT 8;
  END LOOP;
END $$
"""

# `lead`: one of these is in the text. `rest`: all of these are. `ranks`: which of them is, says who comes first.
# `asked`: what it is narrowed to, by name. `among`: these and no others; "in_turn": in this order.
# Rewards are looked at one by one, in the order of the inner query, and only until the page is full: nothing
# stands between the two that could change the order, and a join or an ORDER BY would look at all of them.
PAGE = """
CREATE FUNCTION catalog_page(
    lead text[], rest text[], ranks text[], asked jsonb, among uuid[], skipped bigint, most bigint
) RETURNS TABLE (reward_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE mine uuid := laurel_tenant();
BEGIN
  RETURN QUERY
    SELECT s.reward_id
    FROM (
      SELECT e.reward_id
      FROM catalog_entries e
      WHERE e.tenant_id = mine AND e.retired_at IS NULL
        AND (lead IS NULL OR e.search_text LIKE ANY (lead)) AND e.search_text ~ ALL (rest)
        AND (among IS NULL OR e.reward_id = ANY (among))
        AND (NOT asked ? 'country' OR e.country = asked->>'country')
        AND (NOT asked ? 'kind' OR e.kind = asked->>'kind')
        AND (NOT asked ? 'currency' OR e.currency = asked->>'currency')
        AND (NOT asked ? 'category' OR asked->>'category' = ANY (e.categories))
        AND (NOT asked ? 'is_open' OR e.is_open = (asked->>'is_open')::boolean)
        AND (NOT asked ? 'shown' OR NOT e.is_hidden)
        AND coalesce(asked->'only'->'kind' ? e.kind, true)
        AND coalesce(asked->'only'->'country' ? e.country, true)
        AND coalesce(asked->'only'->'currency' ? e.currency, true)
        AND coalesce(asked->'only'->'category' ?| e.categories, true)
        AND NOT coalesce(asked->'hide'->'kind' ? e.kind, false)
        AND NOT coalesce(asked->'hide'->'country' ? e.country, false)
        AND NOT coalesce(asked->'hide'->'currency' ? e.currency, false)
        AND NOT coalesce(asked->'hide'->'category' ?| e.categories, false)
      ORDER BY CASE WHEN asked ? 'in_turn' THEN array_position(among, e.reward_id) END,
               CASE WHEN e.search_text LIKE ranks[1] THEN 1 WHEN e.search_text LIKE ranks[2] THEN 2
                    WHEN e.search_text LIKE ranks[3] THEN 3 ELSE 4 END,
               e.pinned DESC, e.place, e.popularity DESC, e.name, e.reward_id
    ) s
    WHERE (
      SELECT (NOT asked ? 'shown' OR r.active)
        AND coalesce(asked->'only'->'brand' ? r.brand, true)
        AND NOT coalesce(asked->'hide'->'brand' ? r.brand, false)
        AND (NOT asked ? 'in_stock' OR r.sold_out_at IS NULL AND (r.provider <> 'code_vault' OR EXISTS (
          SELECT FROM vault_codes v
          WHERE v.tenant_id = mine AND v.product_id = r.id AND v.order_key IS NULL)))
      FROM rewards r WHERE r.tenant_id = mine AND r.id = s.reward_id
    )
    OFFSET skipped LIMIT most;
END $$
"""
# What pages were found with before.
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
FUNCTIONS = ("catalog_words_like", "catalog_page")


def upgrade() -> None:
    op.execute("DROP FUNCTION catalog_matches")
    op.create_table(
        "catalog_words",
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "word", name="pk_catalog_words"),
    )
    # Not by tenant: that would be one list of all words, read whole for each that is looked for.
    op.create_index(
        "ix_catalog_words_like",
        "catalog_words",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    tenant_wall("catalog_words")
    op.execute(
        "INSERT INTO catalog_words (tenant_id, word) SELECT DISTINCT tenant_id, w "
        "FROM catalog_entries, unnest(string_to_array(btrim(search_text), ' ')) AS w WHERE w <> ''"
    )
    op.execute(KNOW_TRIGRAMS)
    for statement in (WORDS_OF_NEW, WORDS_OF_CHANGED, ON_NEW, ON_CHANGED, LIKE_WORDS, PAGE):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP_ROLE}")


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for trigger, function in (
        ("catalog_entries_new_words", "catalog_words_of_new"),
        ("catalog_entries_changed_words", "catalog_words_of_changed"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON catalog_entries")
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("catalog_words")
    op.execute(KNOW_TRIGRAMS)
    op.execute(MATCHES)
    op.execute("REVOKE ALL ON FUNCTION catalog_matches FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION catalog_matches TO {APP_ROLE}")
